"""`sc-hw sweep`: many designs, their accuracy and their prices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from sc_hw.cli.terminal import AsJson, Jobs, out, print_json, progress_lines
from sc_hw.errors import EXIT_FAILED
from sc_model.entry_points import pass_over_broken_lists

SHOWN = 12  # points of a front that are printed; sweep.md has all


def sweep(
    file: Annotated[
        Path, typer.Argument(metavar="SWEEP", help="Sweep file (TOML); docs/sweep.md shows one.")
    ],
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="Folder of the results; by default sweep_<name>."),
    ] = None,
    jobs: Jobs = 2,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Address of a Dask scheduler (tcp://HOST:8786): its workers do the work, each with"
            " this package installed."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Price many designs and measure their accuracy; find those that no other one beats.

    Results are kept in one table: stopped at any time, the same command goes on. Writes sweep.html
    (fronts, plots, all points), sweep.md, table.csv, sweep.sqlite, and the front's designs. The
    exit code is 1 where all points failed, or a design of a front is not proved.
    """
    from sc_hw.sweep.sweep import sweep as run_sweep

    if scheduler is not None:  # Dask has this package in place of the library's before Python 3.12
        pass_over_broken_lists("importlib_metadata")
    with progress_lines(as_json) as progress:
        result = run_sweep(file, out=folder, jobs=jobs, scheduler=scheduler, progress=progress)
    if as_json:
        print_json(result)
    else:
        _print_sweep(result)
    verdicts = (row.get("proved", True) for front in result["fronts"] for row in front["points"])
    if result["failed"] == result["points"] or not all(verdicts):
        raise typer.Exit(EXIT_FAILED)


def _print_sweep(result: dict[str, Any]) -> None:
    """The fronts, and where everything is."""
    for front in result["fronts"]:
        task = f", task {front['task']}" if front["task"] else ""
        keys = list(dict.fromkeys(key for row in front["points"] for key in row["values"]))
        title = f"{front['target']}{task}: points on the front: {len(front['points'])}"
        table = Table("point", *keys, *result["objectives"], title=title, title_justify="left")
        for row in front["points"][:SHOWN]:
            values = [str(row["values"].get(key, "")) for key in keys]
            objectives = [f"{value:,.6g}" for value in row["objectives"].values()]
            table.add_row(str(row["point"]), *values, *objectives)
        out.print(table)
    out.print(
        f"{result['points']} points, {result['failed']} failed, {result['worked_on']} done now;"
        f" wrote {result['folder']}: sweep.html, table.csv and more",
        markup=False,
    )
    if result["first_failure"] is not None:
        out.print(f"the first that failed: {result['first_failure']}", markup=False)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(epilog="Example: sc-hw sweep digits_sweep.toml --jobs 2")(sweep)
