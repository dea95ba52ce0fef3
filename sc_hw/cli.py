"""The command `sc-hw`: parses, calls the flow, prints. Nothing else happens here."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sc_hw.build.elaborate import DEFAULT_ROOT, AuditError
from sc_hw.build.elaborate import elaborate as run_elaborate
from sc_hw.commands.demo import demo as run_demo
from sc_hw.commands.new import new as run_new
from sc_hw.fabric.targets import target_names
from sc_hw.files import OutputError
from sc_hw.progress import Progress
from sc_hw.reporting.files import ReportError
from sc_hw.tools.tools import Status, ToolError
from sc_hw.tools.tools import doctor as run_doctor
from sc_model.spec import ConfigError, ConfigTypeError, load_design

EXIT_FAILED, EXIT_BAD_INPUT, EXIT_TOOL, EXIT_INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    help="From a learning rule to proven Verilog with its price, with open tools only.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DesignFile = Annotated[
    Path, typer.Argument(metavar="DESIGN", help="Design file (TOML); `sc-hw new NAME` writes one.")
]
Root = Annotated[
    Path, typer.Option("--build", help="Folder of builds; a design's files lie in <folder>/<id>.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON on standard output.")
]
Jobs = Annotated[int, typer.Option(min=1, help="Processes at a time.")]
Seeds = Annotated[
    int, typer.Option(min=1, help="Place-and-route runs a target; median and spread are over them.")
]
TargetList = Annotated[
    list[str] | None, typer.Option("--target", help="Target; may be given more than once.")
]

errors = Console(stderr=True, highlight=False, soft_wrap=True)
out = Console(
    highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160
)  # a file has no edge to fold at


@contextmanager
def _progress(as_json: bool) -> Iterator[Progress]:
    """Say what is being waited for: a live line on a terminal, a line a stage elsewhere; standard
    error, never output.
    """
    if errors.is_terminal and not as_json:
        with errors.status("starting") as status:
            yield lambda text: status.update(text)
    else:
        yield lambda text: errors.print(f"... {text}", markup=False)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=1) + "\n")


def _verdict(passed: bool) -> str:
    return "[green]passed[/green]" if passed else "[red]FAILED[/red]"


@app.command(epilog="Example: sc-hw doctor")
def doctor(as_json: AsJson = False) -> None:
    """List every tool: version found, version needed, where it comes from, what to type if it is
    missing.
    """
    rows = run_doctor()
    if as_json:
        _print_json([_doctor_row(row) for row in rows])
    else:
        table = Table("tool", "needed for", "needed", "found", "from", "to do")
        for row in rows:
            shown = _doctor_row(row)
            table.add_row(
                *(
                    str(shown[key] or "-")
                    for key in ("tool", "purpose", "needed", "found", "source", "to_do")
                )
            )
        out.print(table)
    if any(row.found is None for row in rows):
        raise typer.Exit(EXIT_TOOL)


def _doctor_row(row: Status) -> dict[str, Any]:
    passed_over = (
        f"{row.tool.program} {row.passed_over} is too old and passed over"
        if row.passed_over and row.found
        else None
    )
    return {
        "tool": row.tool.name,
        "purpose": row.tool.purpose,
        "needed": row.tool.minimum,
        "found": row.found.version if row.found else None,
        "source": row.found.source if row.found else None,
        "to_do": row.problem or passed_over,
    }


@app.command(epilog="Example: sc-hw new my_lane --block lane")
def new(
    name: Annotated[
        str, typer.Argument(help="Name of the design: lower-case letters, digits, underscores.")
    ],
    block: Annotated[str, typer.Option(help="lane, bank, layer or network.")] = "bank",
    synapses: Annotated[int, typer.Option(help="Synapses of a bank, 1 to 65,536.")] = 1024,
    inputs: Annotated[int, typer.Option(help="Inputs of a layer, or of a network's first.")] = 64,
    neurons: Annotated[int, typer.Option(help="Neurons of a layer, or of each of a network.")] = 16,
    lanes: Annotated[int, typer.Option(help="Lanes of a layer, or of each of a network.")] = 1,
) -> None:
    """Write a commented design file NAME.toml."""
    out.print(
        "wrote"
        f" {run_new(name, block=block, synapses=synapses, inputs=inputs, neurons=neurons, lanes=lanes)}"
    )


@app.command(
    "import",
    epilog="Example: sc-hw import digits_snn.nir --source snntorch --reset subtract --reset-delay",
)
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A network in the Neuromorphic Intermediate Representation."
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for design and parameters; else one of its name."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the design; else the file's.")] = None,
    source: Annotated[
        str | None, typer.Option(help="What wrote the file: snntorch, norse, spikingjelly or sc.")
    ] = None,
    dt_ms: Annotated[
        float | None, typer.Option(help="Length of a step, in ms, where the source leaves it open.")
    ] = None,
    reset: Annotated[
        str | None, typer.Option(help="What a spike does to the potential: zero or subtract.")
    ] = None,
    reset_delay: Annotated[
        bool | None,
        typer.Option(
            "--reset-delay/--no-reset-delay", help="Whether it does so in the step after."
        ),
    ] = None,
    weight_bits: Annotated[int, typer.Option(help="Signed bits of a weight, 2 to 18.")] = 8,
    scale: Annotated[
        str, typer.Option(help="A weight's unit: tensor (one a layer) or row (one a neuron).")
    ] = "tensor",
    leak: Annotated[
        str, typer.Option(help="How potentials leak: factor (multiplier) or shift.")
    ] = "factor",
    lanes: Annotated[
        int, typer.Option(min=1, max=64, help="Lanes of each layer, one synapse a clock each.")
    ] = 1,
    fabric: Annotated[str, typer.Option(help="Family that the pipelines are cut for.")] = "generic",
    plasticity: Annotated[
        str, typer.Option(help="Connections that learn: refuse them, or freeze them.")
    ] = "refuse",
    as_json: AsJson = False,
) -> None:
    """Write NAME.toml and NAME.npz for a network from snnTorch, Norse, SpikingJelly or another
    (NIR), and what rounding costs.
    """
    from sc_hw.commands.import_nir import import_nir

    result = import_nir(
        file, folder, lanes=lanes, name=name, source=source, dt_ms=dt_ms, reset=reset, reset_delay=reset_delay,
        weight_bits=weight_bits, scale=scale, leak=leak, fabric=fabric, plasticity=plasticity,
    )  # fmt: skip
    if as_json:
        _print_json({key: value for key, value in result.items() if key != "text"})
    else:
        out.print(result["text"], markup=False)
        out.print(f"wrote {result['design']} and {result['parameters']}")


@app.command(epilog="Example: sc-hw elaborate my_lane.toml")
def elaborate(design: DesignFile, build: Root = DEFAULT_ROOT, as_json: AsJson = False) -> None:
    """Write Verilog (top.v) and manifest.json: ports, parameters, latency, named signals, state
    layout.
    """
    chosen = load_design(design)
    with _progress(as_json) as progress:
        progress(f"{chosen.name}: elaborating")
        made = run_elaborate(chosen, build)
    if as_json:
        _print_json({"id": made.id, "folder": str(made.folder), "manifest": made.manifest})
    else:
        lines = len(made.verilog.read_text().splitlines())
        out.print(f"{made.design.name}: {made.verilog} ({lines} lines), manifest.json beside it")


@app.command(epilog="Example: sc-hw audit my_lane.toml")
def audit(design: DesignFile, build: Root = DEFAULT_ROOT, as_json: AsJson = False) -> None:
    """Check every path between two clocks of the Verilog; writes audit.json. `elaborate` does so
    for every network.
    """
    from sc_hw.build.audit_design import audit_design

    chosen = load_design(design)
    with _progress(as_json) as progress:
        progress(f"{chosen.name}: looking for crossings")
        answer = audit_design(chosen, build)
    if as_json:
        _print_json(answer)
    else:
        for finding in answer["findings"]:
            out.print(f"[red]{finding['kind']}[/red]: ", end="")
            out.print(finding["text"], markup=False)
        found, expected = len(answer["crossings"]), answer["expected"]
        out.print(
            f"{chosen.name}: {_verdict(answer['passed'])}: {found} crossings found, {expected}"
            " expected; not judged:"
        )
        for what in answer["not_judged"]:
            out.print(f"    {what}", markup=False)
    if not answer["passed"]:
        raise typer.Exit(EXIT_FAILED)


@app.command(epilog="Example: sc-hw prove my_lane.toml")
def prove(
    design: DesignFile,
    build: Root = DEFAULT_ROOT,
    controls: Annotated[
        bool, typer.Option(help="Also refute seeded bugs: a proof that can't fail proves nothing.")
    ] = True,
    check: Annotated[
        bool,
        typer.Option("--check", help="Only check that the certificate belongs to the Verilog."),
    ] = False,
    limit: Annotated[float, typer.Option(min=0.1, help="Seconds for one claim.")] = 60.0,
    jobs: Jobs = 2,
    as_json: AsJson = False,
) -> None:
    """Prove that the emitted Verilog equals the rule for all states and inputs; writes
    proof.json.
    """
    from sc_hw.proof import prove as prover

    chosen = load_design(design)
    if check:
        certificate = prover.check(chosen, root=build)
    else:
        with _progress(as_json) as progress:
            certificate = prover.prove(
                chosen, root=build, controls=controls, limit_s=limit, jobs=jobs, progress=progress
            )
    if as_json:
        _print_json(certificate)
    else:
        for claim in certificate["claims"]:
            if claim["verdict"] != "proved":
                out.print(f"[red]{claim['verdict']}[/red] {claim['name']}: {claim['statement']}")
                for signal, value in (claim.get("counterexample") or {}).items():
                    out.print(f"    {signal:32} {value}", markup=False)
        for control in certificate["controls"]:
            if control["verdict"] != control["expected"]:
                out.print(
                    f"[red]seeded bug not refuted[/red]: {control['name']} ({control['bug']})"
                )
        proved = sum(claim["verdict"] == "proved" for claim in certificate["claims"])
        refuted = sum(control["verdict"] == "refuted" for control in certificate["controls"])
        out.print(
            f"{chosen.name}: {_verdict(certificate['passed'])}: {proved} of"
            f" {len(certificate['claims'])} claims proved, {refuted} of"
            f" {len(certificate['controls'])} seeded bugs refuted, {certificate['seconds']} s"
        )
    if not certificate["passed"]:
        raise typer.Exit(EXIT_FAILED)


@app.command(epilog="Example: sc-hw cosim my_lane.toml --steps 2000")
def cosim(
    design: DesignFile,
    build: Root = DEFAULT_ROOT,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps, or sweeps of a bank.")] = None,
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

    with _progress(as_json) as progress:
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
        _print_json(results)
    else:
        first = results["first_difference"]
        if first:
            out.print(
                "first difference: " + ", ".join(f"{key} {value}" for key, value in first.items()),
                markup=False,
            )
        missed = results["coverage"]["missed"]
        out.print(
            f"{results['block']}: {_verdict(results['passed'])}: {results['differences']}"
            f" differences in {results['synapse_steps']:,} synapse steps,"
            f" {results['cycles_per_s']:,.0f} clocks/s, {len(missed)} of"
            f" {len(results['coverage']['bins'])} coverage bins not hit"
        )
    if not results["passed"]:
        raise typer.Exit(EXIT_FAILED)


@app.command(epilog="Example: sc-hw estimate my_lane.toml --target ice40-up5k --seeds 1")
def estimate(
    design: DesignFile,
    target: TargetList = None,
    build: Root = DEFAULT_ROOT,
    seeds: Seeds = 5,
    jobs: Jobs = 2,
    as_json: AsJson = False,
) -> None:
    """Synthesise, place and route: LUT, FF, BRAM, DSP and Fmax; writes
    estimate/<target>/metrics.json.

    Without --target: all of them.
    """
    from sc_hw.price.estimate import estimate as run_estimate

    with _progress(as_json) as progress:
        rows = run_estimate(
            load_design(design),
            target or target_names(),
            root=build,
            seeds=seeds,
            jobs=jobs,
            progress=progress,
        )
    if as_json:
        _print_json(rows)
        return
    table = Table(
        "target",
        "LUT",
        "FF",
        "BRAM",
        "DSP",
        "nextpnr MHz (min..max)",
        "limit",
        "quoted",
        "M updates/s",
    )
    for row in rows:
        fmax = row["fmax"]
        speed = (
            "-"
            if fmax["median_mhz"] is None
            else f"{fmax['median_mhz']} ({fmax['min_mhz']}..{fmax['max_mhz']})"
        )
        binds = row["device_limit"]
        limit = "-" if binds is None else f"{binds['mhz']} ({binds['what']})"
        quoted = "-" if row["quoted_mhz"] is None else str(row["quoted_mhz"])
        rate = (
            "-"
            if row["quoted_updates_per_s"] is None
            else f"{row['quoted_updates_per_s'] / 1e6:.1f}"
        )
        table.add_row(
            row["target"],
            *(str(row[key]) for key in ("lut", "ff", "bram", "dsp")),
            speed,
            limit,
            quoted,
            rate,
        )
    out.print(table)
    for row in rows:
        for role, clock in (row.get("fmax_by_clock") or {}).items():
            spread = f"{clock['median_mhz']} ({clock['min_mhz']}..{clock['max_mhz']})"
            out.print(f"{row['target']}: clock {role}: {spread} MHz", markup=False)
        if row["fmax"]["median_mhz"] is None:
            out.print(f"{row['target']}: no Fmax: {row['fmax']['reason']}", markup=False)
        if row["limit_reason"] is not None:
            out.print(f"{row['target']}: {row['limit_reason']}", markup=False)


@app.command(epilog="Example: sc-hw report my_lane.toml")
def report(
    design: DesignFile,
    build: Root = DEFAULT_ROOT,
    recording: Annotated[
        Path | None, typer.Option(help="The recording that was replayed, to show what was learned.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write report.html, report.md and report.json from what the other commands have left; compares
    with the last one.
    """
    from sc_hw.reporting.report import report as run_report

    chosen = load_design(design)
    with _progress(as_json) as progress:
        progress(f"{chosen.name}: writing the report")
        folder = run_elaborate(chosen, build).folder
        last = folder / "report.json"
        written = run_report(folder, previous=last if last.exists() else None, recording=recording)
    if as_json:
        _print_json(written)
    else:
        out.print(f"wrote {folder / 'report.html'}, report.md and report.json beside it")


@app.command(epilog="Example: sc-hw bench adaptation")
def bench(
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
    """Measure how learning goes, in the models: scalar, NumPy and compiled, which must agree in
    every step.
    """
    from sc_hw.commands.bench import bench as run_bench

    with _progress(as_json) as progress:
        progress(f"bench {name}")
        result = run_bench(name, steps=steps, reward=reward, seed=seed, out=save)
    if as_json:
        _print_json(result)
    else:
        table = Table("pairing", "reward", "from", "to", "steps to 50 %", "steps to 90 %", "note")
        for case in result["cases"]:
            shares = (case["steps_to_50_percent"], case["steps_to_90_percent"])
            shown = ["-" if share is None else str(share) for share in shares]
            cells = (
                case["pairing"],
                case["reward"],
                case["initial"],
                case["final"],
                *shown,
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


@app.command(epilog="Example: sc-hw demo --steps 30 --seeds 1 --target ecp5-25f-6")
def demo(
    build: Root = DEFAULT_ROOT,
    target: TargetList = None,
    seeds: Seeds = 2,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps of the recording to replay; all by default.")
    ] = None,
    jobs: Jobs = 2,
    as_json: AsJson = False,
) -> None:
    """The whole chain on handwritten digits: elaborate, prove, replay in RTL, place and route,
    report.
    """
    options = {"targets": tuple(target)} if target else {}
    with _progress(as_json) as progress:
        summary = run_demo(
            root=build, seeds=seeds, steps=steps, jobs=jobs, progress=progress, **options
        )
    if as_json:
        _print_json(summary)
    else:
        bugs = f"{summary['controls_refuted']} seeded bugs refuted"
        out.print(f"proof: {_verdict(summary['proved'])}, {summary['claims']} claims, {bugs}")
        out.print(
            f"RTL against golden model: {summary['differences']} differences in"
            f" {summary['synapse_steps']:,} synapse steps"
        )
        learned = summary["learned"]
        if learned["status"] == "measured" and learned["after"] is not None:
            first, after = (f"{100 * learned[key]:.1f} %" for key in ("first", "after"))
            out.print(
                f"learned: {first} right in the first {learned['block']} trials, {after} of"
                f" {learned['samples']} held out"
            )
        for row in summary["estimates"]:
            out.print(
                f"{row['target']}: {row['lut']} LUT, {row['bram']} BRAM, {row['dsp']} DSP,"
                f" {row['quoted_mhz']} MHz"
            )
        out.print(f"report: {summary['report']}")
    if not summary["passed"]:
        raise typer.Exit(EXIT_FAILED)


def main() -> None:
    """Entry point: every error of the flow is one line on standard error and an exit code."""
    try:
        app()
    except (ConfigError, ConfigTypeError, OutputError, ReportError) as error:
        _fail(error, EXIT_BAD_INPUT)
    except AuditError as error:
        _fail(error, EXIT_FAILED)
    except ToolError as error:
        _fail(error, EXIT_TOOL)
    except KeyboardInterrupt:
        errors.print("interrupted; what had been finished is kept")
        raise SystemExit(EXIT_INTERRUPTED) from None


def _fail(error: Exception, code: int) -> None:
    errors.print(f"error: {error}", markup=False)
    raise SystemExit(code) from None


if __name__ == "__main__":
    main()
