"""Results of several seeds: those that a run has already, and their spread."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sc_hw.files import write_json

SPREAD_HEAD = ("| mean | sd | least | greatest |", "|--:|--:|--:|--:|")


def once(file: Path, make: Callable[[], Any]) -> Any:
    """What a JSON file holds; where there is none, it is made first.

    A run that was stopped goes on behind its last result in this way.
    """
    if not file.exists():
        write_json(file, make())
    return json.loads(file.read_text(encoding="utf-8"))


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean, standard deviation (n - 1; 0 of one value), least and greatest: `mean`, `sd`, ..."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return {
        "mean": statistics.mean(values),
        "sd": deviation,
        "min": min(values),
        "max": max(values),
    }


def spread_cells(values: Mapping[str, float], sign: str = "") -> str:
    """A spread as cells of a table under `SPREAD_HEAD`; with sign `+` each number has its sign."""
    return (
        f"{values['mean']:{sign}.3f} | {values['sd']:.3f} | {values['min']:{sign}.3f} |"
        f" {values['max']:{sign}.3f} |"
    )
