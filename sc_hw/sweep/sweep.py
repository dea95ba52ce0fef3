"""`sc-hw sweep`: work on all points of a sweep file, and write table, page and the front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import tomli_w

from sc_hw.files import PathLike, make_folder, write_json, write_text
from sc_hw.progress import Progress, silent
from sc_hw.proof.prove import prove
from sc_hw.sweep.engines import Cluster, Processes
from sc_hw.sweep.front import columns, fronts, judged, rows
from sc_hw.sweep.page import PAGE, design_file, write_page
from sc_hw.sweep.plots import draw_fronts
from sc_hw.sweep.points import Point, batches, with_values
from sc_hw.sweep.spec import OBJECTIVES, SweepSpec, load_sweep
from sc_hw.sweep.table import Table, write_csv
from sc_hw.sweep.work import item_of, key_of, outcome_of
from sc_hw.tools import find
from sc_model.spec import ConfigError, parse_design
from sc_model.spec.design import design_tables

SWEEP_SCHEMA = "sc-hw.sweep.v1"
DATABASE = "sweep.sqlite"


def sweep(
    file: PathLike,
    *,
    out: PathLike | None = None,
    jobs: int = 2,
    scheduler: str | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Work on the points of a sweep, those that are known already left out.

    Parameters
    ----------
    file : the sweep file (TOML).
    out : folder of the results; None: ``sweep_<name>`` in the working folder.
    jobs : processes on this machine, >= 1.
    scheduler : address of a Dask scheduler, whose workers do the work in their place.
    progress : called with a line of text at each step.

    Returns
    -------
    What `sweep.json` in the folder holds: numbers of points, of failed ones and why the first did,
    of those that were worked on now; the fronts, and the files.

    Raises
    ------
    ConfigError : the file is no sweep, or its design no design.
    ToolError : a tool is missing, or no scheduler answers.
    """
    spec, folder = load_sweep(file)
    tables = design_tables(folder / spec.design)
    parse_design(tables)
    if scheduler is None:  # workers of a cluster have files of their own
        _check_files(spec, folder)
    find("yosys")
    results = make_folder(Path(out) if out is not None else Path(f"sweep_{spec.name}"))
    engine = Cluster(scheduler) if scheduler is not None else Processes(jobs)
    context = closing(engine) if isinstance(engine, Cluster) else nullcontext()
    with context, Table(results / DATABASE) as table:
        run = _Run(spec, folder, tables, table, engine, progress)
        points, outcomes = run.all_points()
        front = fronts(spec, outcomes)
        proofs = run.proofs(points, front, results) if spec.prove else {}
        keys = sorted({key for point in points for key in point})
        names = columns(spec, keys)
        table.write_rows(names, rows(spec, points, outcomes, front))
        write_csv(results / "table.csv", names, rows(spec, points, outcomes, front))
    designs = _write_front(results, spec, tables, points, front)
    plots = draw_fronts(spec, outcomes, front)
    for plot in plots:
        write_text(results / f"{plot.name}.svg", plot.svg)
    summary = {
        "schema_version": SWEEP_SCHEMA,
        "name": spec.name,
        "sweep": spec.model_dump(mode="json"),
        "folder": str(results),
        "points": len(points),
        "failed": sum("failed" in outcome for outcome in outcomes),
        "first_failure": next((o["failed"] for o in outcomes if "failed" in o), None),
        "worked_on": run.worked_on,
        "objectives": list(spec.objectives),
        "fronts": [
            _front_row(spec, target, task, numbers, points, outcomes, proofs)
            for (target, task), numbers in front.items()
        ],
        "files": [DATABASE, "table.csv", PAGE, *(f"{plot.name}.svg" for plot in plots), *designs],
    }
    write_json(results / "sweep.json", summary)
    write_page(results / PAGE, spec, points, outcomes, front, summary, plots)
    write_text(results / "sweep.md", markdown(summary))
    return summary


def _check_files(spec: SweepSpec, folder: Path) -> None:
    """ConfigError where the samples of a task are missing, which each point would find out."""
    for task in spec.task:
        if task.kind == "samples" and not (folder / task.file).is_file():
            raise ConfigError(
                f"[[task]] file: there is no file {folder / task.file}; it is looked for from the"
                " sweep's folder."
            )


def _front_row(
    spec: SweepSpec,
    target: str,
    task: str,
    numbers: Sequence[int],
    points: Sequence[Point],
    outcomes: Sequence[Mapping[str, Any]],
    proofs: Mapping[int, bool],
) -> dict[str, Any]:
    """A front for the summary: its points with their objectives, the best of the first in front."""
    front_rows = []
    for number in numbers:
        values = judged(spec, outcomes[number], target, task) or ()
        row: dict[str, Any] = {
            "point": number,
            "values": dict(points[number]),
            "objectives": dict(zip(spec.objectives, values, strict=True)),
        }
        if spec.prove:
            row["proved"] = proofs[number]
        front_rows.append(row)
    first = spec.objectives[0]
    sign = -1 if OBJECTIVES[first] else 1
    front_rows.sort(key=lambda row: (sign * row["objectives"][first], row["point"]))
    return {"target": target, "task": task or None, "points": front_rows}


class _Run:
    """One run of a sweep.

    Members
    -------
    worked_on : points whose outcome was not in the table.
    """

    def __init__(
        self,
        spec: SweepSpec,
        folder: Path,
        tables: Mapping[str, Any],
        table: Table,
        engine: Cluster | Processes,
        progress: Progress,
    ) -> None:
        self._spec, self._folder, self._tables = spec, folder, tables
        self._table, self._engine, self._progress = table, engine, progress
        self._known = table.outcomes()
        self.worked_on = 0

    def all_points(self) -> tuple[list[Point], list[Mapping[str, Any]]]:
        """All points, and the outcome of each."""
        points: list[Point] = []
        outcomes: list[Mapping[str, Any]] = []
        target, task = self._spec.targets[0], [each.title for each in self._spec.task][:1]
        for batch, tell in batches(self._spec):
            results = self._outcomes(batch)
            tell([judged(self._spec, each, target, task[0] if task else "") for each in results])
            points += batch
            outcomes += results
        return points, outcomes

    def _outcomes(self, points: Sequence[Point]) -> list[Mapping[str, Any]]:
        """Outcomes of some points, known ones from the table."""
        items = [
            item_of(with_values(self._tables, point), self._spec, self._folder) for point in points
        ]
        keys = [key_of(item) for item in items]
        # Two points may be the same design, as a sampler draws it twice: it is worked on once.
        missing = {
            key: item for key, item in zip(keys, items, strict=True) if key not in self._known
        }
        for count, (key, outcome) in enumerate(self._engine.run(outcome_of, missing), 1):
            self._table.keep(key, outcome)
            self._known[key] = outcome
            self.worked_on += 1
            self._progress(f"{self._spec.name}: {count} of {len(missing)} points")
        return [self._known[key] for key in keys]

    def proofs(
        self,
        points: Sequence[Point],
        front: Mapping[tuple[str, str], Sequence[int]],
        results: Path,
    ) -> dict[int, bool]:
        """Whether each design on a front is proved; those proved before are not proved again."""
        verdict_by_key = self._table.outcomes("proof")
        verdicts = {}
        for number in sorted({number for numbers in front.values() for number in numbers}):
            tables = with_values(self._tables, points[number])
            key = key_of(item_of(tables, self._spec, self._folder))
            if key not in verdict_by_key:
                self._progress(f"{self._spec.name}: proving point {number}")
                design = parse_design(tables)
                certificate = prove(design, root=results / "build", mutants=False)
                verdict_by_key[key] = bool(certificate["passed"])
                self._table.keep(key, verdict_by_key[key], "proof")
            verdicts[number] = bool(verdict_by_key[key])
        return verdicts


def _write_front(
    results: Path,
    spec: SweepSpec,
    tables: Mapping[str, Any],
    points: Sequence[Point],
    front: Mapping[tuple[str, str], Sequence[int]],
) -> list[str]:
    """Write the design files of all fronts; their names, from the folder's own."""
    numbers_on_front = sorted({number for numbers in front.values() for number in numbers})
    files = {design_file(spec, number): number for number in numbers_on_front}
    folder = make_folder(results / "front")
    for old in folder.glob("*.toml"):  # of an earlier run with fewer points
        if f"front/{old.name}" not in files:
            old.unlink()
    for name, number in files.items():
        values = ", ".join(f"{key} = {value}" for key, value in points[number].items())
        head = f"# Point {number} of the sweep {spec.name}: {values}\n"
        write_text(results / name, head + tomli_w.dumps(with_values(tables, points[number])))
    return list(files)


def markdown(summary: Mapping[str, Any]) -> str:
    """The fronts as tables."""
    lines = [
        f"# Sweep {summary['name']}",
        "",
        f"{summary['points']} points, {summary['failed']} of them failed. Prices are predicted, not"
        " measured: see `sc-hw price`; `sc-hw estimate` measures one. The table of all points is"
        " `table.csv`.",
    ]
    for front in summary["fronts"]:
        task = f", task {front['task']}" if front["task"] else ""
        keys = list(dict.fromkeys(key for row in front["points"] for key in row["values"]))
        heads = ["point", *keys, *summary["objectives"]]
        lines += ["", f"## {front['target']}{task}", ""]
        lines += ["| " + " | ".join(heads) + " |", "|" + "--:|" * len(heads)]
        for row in front["points"]:
            cells = [row["point"], *(row["values"].get(key, "") for key in keys)]
            cells += [f"{value:.6g}" for value in row["objectives"].values()]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join([*lines, ""])
