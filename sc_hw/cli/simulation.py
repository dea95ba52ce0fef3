"""`sc-hw cosim` and `waves`: the Verilog against the golden model, and what it looks like."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sc_hw.cli.terminal import (
    DEFAULT_ROOT,
    AsJson,
    DesignFile,
    Root,
    out,
    print_json,
    progress_lines,
    verdict,
)
from sc_hw.errors import EXIT_FAILED
from sc_model.spec import load_design

# Ten million steps of a lane take an hour; a number beyond that is a slip.
MAX_STEPS = 10_000_000
MAX_WAVE_STEPS = 100_000  # a lane's waves of them take 100 MB


class WaveFormat(StrEnum):
    """Formats of waves that viewers read."""

    VCD = "vcd"
    FST = "fst"


def cosim(
    design: DesignFile,
    build: Root = DEFAULT_ROOT,
    steps: Annotated[
        int | None, typer.Option(min=1, max=MAX_STEPS, help="Steps, or sweeps of a bank.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the stimulus; the design's own by default.")
    ] = None,
    events: Annotated[
        Path | None, typer.Option(help="Recording (.npz) to replay in place of random stimulus.")
    ] = None,
    stall: Annotated[float, typer.Option(min=0.0, max=0.95, help="Share of idle clocks.")] = 0.3,
    waves: Annotated[bool, typer.Option("--waves", help="Keep all signals in waves.vcd.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the Verilog (cocotb, Verilator) against the golden model; writes sim/results.json."""
    from sc_hw.simulation.cosim import cosim as run_cosim

    with progress_lines(as_json) as progress:
        results = run_cosim(
            load_design(design),
            root=build,
            steps=steps,
            seed=seed,
            events=events,
            stall=stall,
            waves=waves,
            progress=progress,
        )
    if as_json:
        print_json(results)
    else:
        first = results["first_difference"]
        if first:
            out.print(
                "first difference: " + ", ".join(f"{key} {value}" for key, value in first.items()),
                markup=False,
            )
        gaps = results["coverage"]["missed"]
        out.print(
            f"{results['block']}: {verdict(results['passed'])}: {results['differences']}"
            f" differences in {results['synapse_steps']:,} synapse steps,"
            f" {results['cycles_per_s']:,.0f} clocks/s, {len(gaps)} of"
            f" {len(results['coverage']['bins'])} coverage bins not hit"
        )
    if not results["passed"]:
        raise typer.Exit(EXIT_FAILED)


def waves(
    design: DesignFile,
    build: Root = DEFAULT_ROOT,
    steps: Annotated[int, typer.Option(min=1, max=MAX_WAVE_STEPS, help="Steps of a run.")] = 200,
    events: Annotated[
        Path | None, typer.Option(help="Recording (.npz) to replay in place of random stimulus.")
    ] = None,
    file_format: Annotated[
        WaveFormat, typer.Option("--format", help="Format of the waves that the view is of.")
    ] = WaveFormat.VCD,
    as_json: AsJson = False,
) -> None:
    """Keep the waves of a co-simulation, with a view of clock, ports and the rule's values.

    The view is a save file of GTKWave, which Surfer opens too; it has a marker at the first
    difference from the golden model.
    """
    from sc_hw.simulation.wave_views import show_waves

    with progress_lines(as_json) as progress:
        result = show_waves(
            load_design(design),
            root=build,
            steps=steps,
            events=events,
            fst=file_format is WaveFormat.FST,
            progress=progress,
        )
    if as_json:
        print_json(result)
    else:
        where = (
            "" if result["time"] is None else f"; the first difference is at {result['time']} ps"
        )
        out.print(f"waves: {result['waves']}{where}", markup=False)
        out.print(f"view: gtkwave {result['view']}", markup=False)
    if not result["passed"]:
        raise typer.Exit(EXIT_FAILED)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: sc-hw cosim my_lane.toml --steps 2000")(cosim)
    app.command(epilog="Example: sc-hw waves my_lane.toml --steps 100")(waves)
