"""The page of a sweep: fronts with plots and design files, and a table of all points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sc_hw.files import write_text
from sc_hw.reporting.pages import render
from sc_hw.sweep.front import columns, rows
from sc_hw.sweep.plots import FrontPlot, anchor, error_bar, titled
from sc_hw.sweep.points import Point
from sc_hw.sweep.spec import SweepSpec

PAGE = "sweep.html"
MAX_ROWS = 2000  # of the table of all points; table.csv has more
# Left out of that table: bars, which the fronts have, and what a row says by its marks.
_HIDDEN = ("point", "target", "task", "on_front", "fits", "failed")


def write_page(
    file: Path,
    spec: SweepSpec,
    points: Sequence[Point],
    outcomes: Sequence[Mapping[str, Any]],
    front: Mapping[tuple[str, str], Sequence[int]],
    summary: Mapping[str, Any],
    plots: Sequence[FrontPlot],
) -> Path:
    """Write the page, one file with its pictures in it.

    Parameters
    ----------
    file : where to.
    spec, points, outcomes : the sweep.
    front : numbers of the points on the fronts, by target and task.
    summary : what `sweep.json` has.
    plots : of the fronts.
    """
    keys = sorted({key for point in points for key in point})
    context = {
        "summary": summary,
        "spec": spec,
        "titles": {name: titled(name) for name in spec.objectives},
        "keys": keys,
        "fronts": [_front(spec, each, outcomes, keys, plots) for each in summary["fronts"]],
        "failures": Counter(
            outcome["failed"] for outcome in outcomes if "failed" in outcome
        ).most_common(),
        "on_fronts": len({number for numbers in front.values() for number in numbers}),
        **_all_points(spec, points, outcomes, front, keys),
    }
    return write_text(file, render(PAGE, context))


def _front(
    spec: SweepSpec,
    front: Mapping[str, Any],
    outcomes: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    plots: Sequence[FrontPlot],
) -> dict[str, Any]:
    """A front: its pictures and its rows, each with the name of its design file."""
    target, task = front["target"], front["task"] or ""
    table = []
    for row in front["points"]:
        number = row["point"]
        figures = [
            (value, *error_bar(outcomes[number], target, task, name))
            for name, value in row["objectives"].items()
        ]
        table.append(
            {
                "point": number,
                "anchor": anchor(target, task, number),
                "file": design_file(spec, number),
                "values": [row["values"].get(key) for key in keys],
                "figures": [_figure(*each) for each in figures],
                "proved": row.get("proved"),
            }
        )
    pictures = [
        # without the head of an SVG file, which has no place in a page
        {"svg": Markup(plot.svg[plot.svg.index("<svg") :]), "objectives": plot.objectives}
        for plot in plots
        if (plot.target, plot.task) == (target, task)
    ]
    return {"target": target, "task": task, "rows": table, "pictures": pictures}


def design_file(spec: SweepSpec, number: int) -> str:
    """The design file of a point on a front, from the folder of the results."""
    return f"front/{spec.name}_{number}.toml"


def _figure(value: float, below: float, above: float) -> dict[str, str]:
    bar = f"{_text(value - below)} to {_text(value + above)}" if below or above else ""
    return {"text": _text(value), "bar": bar}


def _text(value: Any) -> str:
    """A value as a cell of the table of all points has it."""
    if isinstance(value, float):
        return f"{value:,.5g}" if abs(value) < 1e5 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _all_points(
    spec: SweepSpec,
    points: Sequence[Point],
    outcomes: Sequence[Mapping[str, Any]],
    front: Mapping[tuple[str, str], Sequence[int]],
    keys: Sequence[str],
) -> dict[str, Any]:
    """The table of all points, as that of the files but for the bars."""
    names = [
        name
        for name in columns(spec, keys)
        if name not in (*_HIDDEN, *keys) and not name.endswith(("_low", "_high"))
    ]
    table: list[dict[str, Any]] = []
    for row in rows(spec, points, outcomes, front):
        if len(table) == MAX_ROWS:
            break
        cells = ["" if row.get(name) is None else _text(row[name]) for name in (*keys, *names)]
        fits = "failed" not in row and row.get("fits")
        table.append({**row, "cells": cells, "fits": fits, "failed": row.get("failed")})
    total = len(points) * len(spec.targets) * max(1, len(spec.task) * len(spec.seeds))
    return {"all_rows": table, "all_columns": [*keys, *names], "row_count": total}
