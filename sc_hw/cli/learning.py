"""`sc-hw bench`, `demo`: how learning goes, in the models and in hardware."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sc_hw.cli.terminal import (
    DEFAULT_ROOT,
    AsJson,
    Jobs,
    Root,
    Seeds,
    TargetList,
    out,
    print_json,
    progress_lines,
    verdict,
)
from sc_hw.errors import EXIT_FAILED


def benchmark(
    name: Annotated[
        str, typer.Argument(help="adaptation: how fast a weight adapts to pairs of spikes.")
    ],
    steps: Annotated[int, typer.Option(help="Steps of each run.")] = 20_000,
    reward: Annotated[int, typer.Option(help="Size of the reward.")] = 8,
    seed: Annotated[int, typer.Option(help="Seed of uncorrelated spikes.")] = 1,
    save: Annotated[
        Path | None, typer.Option("--out", help="Also write the result to this file (JSON).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how fast a weight adapts, in the scalar, NumPy and compiled models.

    The models must agree in every step.
    """
    from sc_hw.commands.benchmark import benchmark as run_benchmark

    with progress_lines(as_json) as progress:
        progress(f"bench {name}")
        result = run_benchmark(name, steps=steps, reward=reward, seed=seed, out=save)
    if as_json:
        print_json(result)
    else:
        table = Table("pairing", "reward", "from", "to", "steps to 50 %", "steps to 90 %", "note")
        for case in result["cases"]:
            shares = (case["steps_to_50_percent"], case["steps_to_90_percent"])
            texts = ["-" if share is None else str(share) for share in shares]
            cells = (
                case["pairing"],
                case["reward"],
                case["initial"],
                case["final"],
                *texts,
                case["reason"] or "",
            )
            table.add_row(*map(str, cells))
        out.print(table)
        parity = result["parity_with_scalar"]
        same = all(value for key, value in parity.items() if key != "compared_steps")
        out.print(
            f"models agree in {parity['compared_steps']} steps: {'yes' if same else 'no'}; no"
            " hardware was measured"
        )
    if not all(
        value for key, value in result["parity_with_scalar"].items() if key != "compared_steps"
    ):
        raise typer.Exit(EXIT_FAILED)


def demo(
    build: Root = DEFAULT_ROOT,
    data: Annotated[
        Path | None,
        typer.Option(help="Images with classes (idx file or .npz), as MNIST's; else 8 x 8 digits."),
    ] = None,
    target: TargetList = None,
    seeds: Seeds = 1,
    samples: Annotated[
        int | None,
        typer.Option(min=1, help="Samples to learn from; by default 12,000, of --data 24,000."),
    ] = None,
    mutants: Annotated[
        bool,
        typer.Option(
            "--mutants/--no-mutants", help="Also refute mutants, most of the proof's time."
        ),
    ] = True,
    jobs: Jobs = 2,
    as_json: AsJson = False,
) -> None:
    """Learn digits in a hidden layer: elaborate, prove, learn in RTL, place and route, report."""
    from sc_hw.commands.demo import demo as run_demo

    # Without --target the demo chooses its own targets.
    options = {"targets": tuple(target)} if target else {}
    with progress_lines(as_json) as progress:
        summary = run_demo(
            root=build,
            data=data,
            seeds=seeds,
            samples=samples,
            mutants=mutants,
            jobs=jobs,
            progress=progress,
            **options,
        )
    if as_json:
        print_json(summary)
    else:
        refuted = f"{summary['mutants_refuted']} mutants refuted" if mutants else "no mutants tried"
        out.print(f"proof: {verdict(summary['proved'])}, {summary['claims']} claims, {refuted}")
        learning = summary["learned"]
        out.print(
            f"RTL against golden model: {summary['differences']} differences, in"
            f" {learning['samples_in_rtl']:,} samples that both have learned and in"
            f" {summary['synapse_steps']:,} random updates of synapses"
        )
        before, after = (f"{100 * learning[key]:.1f} %" for key in ("before", "after"))
        out.print(
            f"learned: {before} of {learning['held_out']:,} held-out images right before,"
            f" {after} after {learning['samples']:,} samples"
        )
        for row in summary["estimates"]:
            out.print(
                f"{row['target']}: {row['lut']} LUT, {row['bram']} BRAM, {row['dsp']} DSP,"
                f" {row['quoted_mhz']} MHz"
            )
        out.print(f"report: {summary['report']}")
    if not summary["passed"]:
        raise typer.Exit(EXIT_FAILED)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("bench", epilog="Example: sc-hw bench adaptation")(benchmark)
    app.command(epilog="Example: sc-hw demo --samples 1000 --target ecp5-25f-6 --no-mutants")(demo)
