"""Plots of a sweep: all points that have figures, by two objectives, and the front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import stdev
from typing import Any

from matplotlib.figure import Figure

from sc_hw.reporting.plots import COLOURS, INK, MUTED, WIDTH_IN, styled, svg_text
from sc_hw.sweep.front import judged
from sc_hw.sweep.spec import OBJECTIVES, SweepSpec
from sc_hw.sweep.work import PRICES

HEIGHT_IN = 4.2
Bar = tuple[float, float]  # how far it reaches below and above the figure


@dataclass(frozen=True)
class FrontPlot:
    """A picture of the points of a target and task.

    Members
    -------
    target, task : of the front; a sweep without tasks has the task "".
    objectives : of the horizontal and of the vertical axis.
    svg : the picture; a point of the front links to ``#front-<target>-<task>-<number>``.
    """

    target: str
    task: str
    objectives: tuple[str, str]
    svg: str

    @property
    def name(self) -> str:
        """Of its file, without suffix."""
        return "_".join(
            part for part in ("front", self.target, self.task, *self.objectives) if part
        )


def anchor(target: str, task: str, number: int) -> str:
    """Where a page has the row of a front's point."""
    return "-".join(part for part in ("front", target, task, str(number)) if part)


def draw_fronts(
    spec: SweepSpec,
    outcomes: Sequence[Mapping[str, Any]],
    front: Mapping[tuple[str, str], Sequence[int]],
) -> list[FrontPlot]:
    """The first objective by each other one, for each target and task; none for a single one."""
    return [
        _front_plot(spec, outcomes, target, task, numbers, other)
        for (target, task), numbers in front.items()
        for other in spec.objectives[1:]
    ]


def _front_plot(
    spec: SweepSpec,
    outcomes: Sequence[Mapping[str, Any]],
    target: str,
    task: str,
    front: Sequence[int],
    other: str,
) -> FrontPlot:
    first, place = spec.objectives[0], spec.objectives.index(other)
    places = {
        number: (values[place], values[0])
        for number, outcome in enumerate(outcomes)
        if (values := judged(spec, outcome, target, task)) is not None
    }
    with styled():
        figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
        axes = figure.add_subplot()
        others = sorted(set(places) - set(front))
        axes.scatter(*_axes(places, others), s=16, color=MUTED, alpha=0.45, label="points")
        order = sorted(front, key=lambda number: places[number])
        across, along = _axes(places, order)
        bars = [
            [error_bar(outcomes[n], target, task, name) for n in order] for name in (other, first)
        ]
        axes.errorbar(
            across,
            along,
            xerr=_pairs(bars[0]),
            yerr=_pairs(bars[1]),
            fmt="none",
            ecolor=COLOURS[1],
            alpha=0.6,
        )
        marks = axes.scatter(across, along, s=34, color=COLOURS[1], zorder=3, label="front")
        marks.set_urls([f"#{anchor(target, task, number)}" for number in order])
        for number in order[:: max(1, len(order) // 12)]:
            axes.annotate(
                str(number),
                places[number],
                xytext=(5, 5),
                textcoords="offset points",
                fontsize=8,
                color=INK,
            )
        axes.grid()
        axes.xaxis.set_major_formatter("{x:,g}")
        axes.set_xlabel(titled(other))
        axes.set_ylabel(titled(first))
        figure.legend(loc="outside upper right", ncols=2, frameon=False)
        return FrontPlot(target, task, (first, other), svg_text(figure))


def _axes(
    places: Mapping[int, tuple[float, float]], numbers: Sequence[int]
) -> tuple[list[float], list[float]]:
    return [places[number][0] for number in numbers], [places[number][1] for number in numbers]


def _pairs(bars: Sequence[Bar]) -> list[list[float]]:
    """Bars as matplotlib takes them: all lower ends, then all upper ones."""
    return [[bar[0] for bar in bars], [bar[1] for bar in bars]]


def error_bar(outcome: Mapping[str, Any], target: str, task: str, objective: str) -> Bar:
    """How far a figure may be off: a price's bar, or the standard deviation over seeds; or 0."""
    if objective == "accuracy":
        seeds = list(outcome["accuracies"][task].values())
        spread = stdev(seeds) if len(seeds) > 1 else 0.0
        return spread, spread
    price = outcome["prices"][target]
    low, high = price.get(f"{objective}_low"), price.get(f"{objective}_high")
    if objective not in PRICES or low is None or high is None:
        return 0.0, 0.0
    return max(0.0, price[objective] - low), max(0.0, high - price[objective])


def titled(objective: str) -> str:
    """An objective, and which way it is better."""
    return f"{objective} ({'more' if OBJECTIVES[objective] else 'less'} is better)"
