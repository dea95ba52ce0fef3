"""Plots of a sweep: all points that fit by two objectives, and the front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sc_hw.files import replacing
from sc_hw.sweep.front import judged
from sc_hw.sweep.spec import OBJECTIVES, SweepSpec


def draw_fronts(
    folder: Path,
    spec: SweepSpec,
    outcomes: Sequence[Mapping[str, Any]],
    front: Mapping[tuple[str, str], Sequence[int]],
) -> list[Path]:
    """A picture for each target and task: the first two objectives; none for a single one."""
    if len(spec.objectives) < 2:
        return []
    # matplotlib takes a second to load
    from matplotlib.figure import Figure

    made = []
    for (target, task), chosen in front.items():
        shown = {
            number: values
            for number, outcome in enumerate(outcomes)
            if (values := judged(spec, outcome, target, task)) is not None
        }
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axes = figure.add_subplot()
        for label, numbers, color, size in (
            ("points", sorted(set(shown) - set(chosen)), "0.65", 14),
            ("front", sorted(chosen), "tab:red", 26),
        ):
            axes.scatter(
                [shown[number][1] for number in numbers],
                [shown[number][0] for number in numbers],
                label=f"{label} ({len(numbers)})",
                color=color,
                s=size,
            )
        axes.set_xlabel(_titled(spec.objectives[1]))
        axes.set_ylabel(_titled(spec.objectives[0]))
        axes.set_title(f"{spec.name} on {target}" + (f", {task}" if task else ""))
        axes.legend()
        name = "_".join(part for part in ("front", target, task) if part)
        file = folder / f"{name}.png"
        with replacing(file) as temporary:
            # the same bytes each time: no date and no version in the file
            figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})
        made.append(file)
    return made


def _titled(objective: str) -> str:
    return f"{objective} ({'more' if OBJECTIVES[objective] else 'less'} is better)"
