"""The rows of a sweep, and which of its points no other one beats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from sc_hw.sweep.points import Point
from sc_hw.sweep.spec import OBJECTIVES, SweepSpec
from sc_hw.sweep.work import NUMBERS, PRICES

Row = dict[str, Any]


def columns(spec: SweepSpec, keys: Sequence[str]) -> list[str]:
    """Names of the columns of the table: point and keys first, then what was found."""
    prices = [f"{name}{end}" for name in PRICES for end in ("", "_low", "_high")]
    tasks = ["task", "seed", "accuracy"] if spec.task else []
    results = [*prices, *NUMBERS, "device_share", "failed", "on_front"]
    return ["point", *keys, "target", *tasks, *results]


def rows(
    spec: SweepSpec,
    points: Sequence[Point],
    outcomes: Sequence[Mapping[str, Any]],
    front: Mapping[tuple[str, str], Sequence[int]],
) -> Iterator[Row]:
    """A row for each point, target, task and seed, in this order."""
    tasks = [task.title for task in spec.task] or [""]
    for number, (point, outcome) in enumerate(zip(points, outcomes, strict=True)):
        for target in spec.targets:
            for task in tasks:
                for seed in spec.seeds if task else (None,):
                    row: Row = {"point": number, **point, "target": target}
                    if task:
                        row |= {"task": task, "seed": seed}
                    if "failed" in outcome:
                        row["failed"] = outcome["failed"]
                    else:
                        row |= outcome["prices"][target]
                        if task:
                            row["accuracy"] = outcome["accuracies"][task][str(seed)]
                    row["on_front"] = number in front[target, task]
                    yield row


def judged(
    spec: SweepSpec, outcome: Mapping[str, Any], target: str, task: str
) -> tuple[float, ...] | None:
    """A point's objectives, in the order of the sweep; None for one that failed or lacks one.

    Accuracy is the mean over seeds.
    """
    if "failed" in outcome:
        return None
    price = outcome["prices"][target]
    objectives = [
        fmean(outcome["accuracies"][task].values()) if name == "accuracy" else price[name]
        for name in spec.objectives
    ]
    return None if None in objectives else tuple(map(float, objectives))


def fronts(
    spec: SweepSpec, outcomes: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, str], list[int]]:
    """Numbers of the points on the front, by target and task.

    A design that does not fit its device is on no front. Of points with the same objectives all
    are on it.
    """
    tasks = [task.title for task in spec.task] or [""]
    result = {}
    for target in spec.targets:
        for task in tasks:
            values = {}
            for number, outcome in enumerate(outcomes):
                one = judged(spec, outcome, target, task)
                if one is not None and outcome["prices"][target]["fits"]:
                    signs = [1 if OBJECTIVES[name] else -1 for name in spec.objectives]
                    values[number] = tuple(s * v for s, v in zip(signs, one, strict=True))
            result[target, task] = [
                number
                for number, own in values.items()
                if not any(_beats(other, own) for other in values.values())
            ]
    return result


def _beats(other: Sequence[float], own: Sequence[float]) -> bool:
    """Whether `other` is as good in all and better in one; more is better."""
    return all(a >= b for a, b in zip(other, own, strict=True)) and tuple(other) != tuple(own)
