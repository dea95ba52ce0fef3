"""`sc-hw price`, `estimate`, `report`: what a design costs, and all results on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from sc_hw.cli.terminal import (
    DEFAULT_ROOT,
    AsJson,
    DesignFile,
    Jobs,
    Root,
    Seeds,
    TargetList,
    out,
    print_json,
    progress_lines,
)
from sc_hw.errors import EXIT_FAILED, ToolError
from sc_model.spec import ConfigError, load_design

# Keys of `timing` that are shown where the clocks of a step depend on its spikes and errors.
CLOCKS = ("event_clocks", "step_clocks", "sweep_clocks", "readout_clocks", "learn_clocks")


def estimate(
    design: DesignFile,
    target: TargetList = None,
    build: Root = DEFAULT_ROOT,
    seeds: Seeds = 5,
    jobs: Jobs = 2,
    as_json: AsJson = False,
) -> None:
    """Synthesise, place and route: LUT, FF, BRAM, DSP, how much of the device that is, and Fmax.

    Without --target on all targets. Writes estimate/<target>/metrics.json. A design that does not
    fit is not placed, and the exit code is 1; it is 2 where it can't be made for a target, and 3
    where a tool is missing or fails, with the figures of the other targets all the same.
    """
    from sc_hw.fabric.targets import target_names
    from sc_hw.price.estimate import estimate as run_estimate

    failures: dict[str, ConfigError | ToolError] = {}
    with progress_lines(as_json) as progress:
        rows = run_estimate(
            load_design(design),
            target or target_names(),
            root=build,
            seeds=seeds,
            jobs=jobs,
            progress=progress,
            on_failure=lambda name, error: failures.update({name: error}),
        )
    if as_json:
        print_json(rows)
    elif rows:
        _print_estimate(rows)
    failures |= {
        row["target"]: ToolError(row["tool_failure"]) for row in rows if row["tool_failure"]
    }
    _raise_failures(failures)
    if any(row["fits"] is False for row in rows):
        raise typer.Exit(EXIT_FAILED)


def _raise_failures(failures: dict[str, ConfigError | ToolError]) -> None:
    """One error for the targets that failed, in one line; none where all are well."""
    if failures:
        text = "; ".join(f"{name}: {error}" for name, error in failures.items())
        tools = any(isinstance(error, ToolError) for error in failures.values())
        raise ToolError(text) if tools else ConfigError(text)


def _print_estimate(rows: list[dict[str, Any]]) -> None:
    """The table of all targets, and below it what needs a sentence."""
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
            *(_share(row["device"]["resources"][key]) for key in ("lut", "ff", "bram", "dsp")),
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
        spram = row["device"]["resources"].get("spram")
        if spram is not None and spram["used"]:
            out.print(f"{row['target']}: SPRAM {_share(spram)}", markup=False)
        for note in row["product_notes"]:
            out.print(f"{row['target']}: {note}", markup=False)
        if row["fits"] is False:
            out.print(f"{row['target']}: {row['fits_reason']}; not placed", markup=False)
        elif row["fmax"]["median_mhz"] is None:
            out.print(f"{row['target']}: no Fmax: {row['fmax']['reason']}", markup=False)
        if row["limit_reason"] is not None:
            out.print(f"{row['target']}: {row['limit_reason']}", markup=False)


def _share(resource: dict[str, float | None]) -> str:
    """`289/30 (963%)`, or the number alone where the device's total is not known."""
    used, available, percent = (resource[key] for key in ("used", "available", "percent"))
    if used is None:
        return "-"
    if available is None:
        return f"{used:,}"
    return f"{used:,}/{available:,}" + ("" if percent is None else f" ({percent:.3g}%)")


def price(
    design: DesignFile,
    target: TargetList = None,
    build: Root = DEFAULT_ROOT,
    as_json: AsJson = False,
) -> None:
    """Predict LUT, FF, BRAM, DSP, clock and rate in seconds, by part, without synthesis.

    Block RAM, multipliers and the clocks of a step are exact; in brackets the middle 80 % of the
    designs that the model was tried on. Without --target on all targets that have a model. Writes
    price/<target>.json, which `report` shows. The exit code is 1 where a design does not fit, 2
    where it can't be made for a target, and 3 where Yosys is missing or fails, with the figures of
    the other targets all the same.
    """
    from sc_hw.price.price import price as run_price

    failures: dict[str, ConfigError | ToolError] = {}
    with progress_lines(as_json) as progress:
        rows = run_price(
            load_design(design),
            target or (),
            root=build,
            progress=progress,
            on_failure=lambda name, error: failures.update({name: error}),
        )
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            _print_price(row)
    _raise_failures(failures)
    if any(row["fits"] is False for row in rows):
        raise typer.Exit(EXIT_FAILED)


def _print_price(row: dict[str, Any]) -> None:
    """One target: cells by part, and below them the clock and the rate."""
    table = Table("part", "LUT", "FF", "BRAM", "DSP", title=row["title"], title_justify="left")
    parts = {name: part for name, part in row["parts"].items() if any(_numbers(part))}
    for name, part in parts.items():
        table.add_row(name, _bar(part["lut"]), *(f"{each:,g}" for each in _numbers(part)[1:]))
    table.add_section()
    table.add_row("all", _bar(row["lut"]), _bar(row["ff"]), f"{row['bram']:,g}", f"{row['dsp']:g}")
    out.print(table)
    resources = row["device"]["resources"]
    shares = (f"{unit.upper()} {_share(each)}" for unit, each in resources.items())
    out.print(f"of the device: {', '.join(shares)}", markup=False)
    _print_speed(row)
    if row["model_note"] is not None:
        out.print(row["model_note"], markup=False)
    if row["fits_reason"] is not None:
        out.print(row["fits_reason"], markup=False)


def _print_speed(row: dict[str, Any]) -> None:
    """Clock, clocks and rate; where there is no figure, why."""
    if row["quoted_mhz"] is None:
        out.print(f"clock: {row['quoted_reason']}", markup=False)
    else:
        binds = "" if row["quoted_from"] == "nextpnr" else f"; {row['quoted_from']} limits it"
        out.print(
            f"clock: {_bar(row['fmax_mhz'])} MHz expected, {row['quoted_mhz']:g} quoted{binds}",
            markup=False,
        )
    at_most, at_least = ("at most ", "at least ") if row["step_clocks_at_most"] else ("", "")
    step = f"a step: {at_most}{row['step_clocks']:,.0f} clocks" if row["step_clocks"] else "a step"
    if row["step_clocks"] is None:
        clock_counts = {key: row["timing"].get(key) for key in CLOCKS}
        step += f": {row['step_clocks_reason']}" + "".join(
            f"; {key.replace('_', ' ')} {clocks}" for key, clocks in clock_counts.items() if clocks
        )
    if row["steps_per_s"] is not None:
        step += f"; {at_least}{row['steps_per_s']:,.0f} steps a second"
    if row["updates_per_s"] is not None:
        step += f"; {row['updates_per_s'] / 1e6:.1f} million synapse updates a second, at most"
    out.print(step, markup=False)


def _numbers(part: dict[str, Any]) -> tuple[float, float, float, float]:
    return part["lut"]["value"], part["ff"], part["bram"], part["dsp"]


def _bar(bar: dict[str, float]) -> str:
    """`941 (935..962)`; without brackets where there is no bar, or none of any width."""
    if bar["low"] == bar["high"]:
        return f"{bar['value']:,g}"
    return f"{bar['value']:,g} ({bar['low']:,g}..{bar['high']:,g})"


def report(
    design: DesignFile,
    build: Root = DEFAULT_ROOT,
    recording: Annotated[
        Path | None, typer.Option(help="The recording that was replayed, to show what was learned.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="Compare with this design, build folder or report.json instead."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write report.html, report.md and report.json from what the other commands have left.

    Figures that have changed since the last report are listed, or with --against those that differ
    from another design's.
    """
    from sc_hw.build.elaborate import elaborate as run_elaborate
    from sc_hw.reporting.report import report as run_report

    subject = load_design(design)
    with progress_lines(as_json) as progress:
        progress(f"{subject.name}: writing the report")
        folder = run_elaborate(subject, build).folder
        last = folder / "report.json"
        if against is not None and against.suffix == ".toml":
            against = run_elaborate(load_design(against), build).folder
        result = run_report(
            folder,
            previous=last if last.exists() else None,
            recording=recording,
            against=against,
        )
    if as_json:
        print_json(result)
    else:
        out.print(f"wrote {folder / 'report.html'}, report.md and report.json beside it")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: sc-hw estimate my_lane.toml --target ice40-up5k --seeds 1")(
        estimate
    )
    app.command(epilog="Example: sc-hw price my_layer.toml --target ice40-up5k")(price)
    app.command(epilog="Example: sc-hw report my_lane.toml")(report)
