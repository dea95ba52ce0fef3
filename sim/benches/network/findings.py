"""What a network's bench has found: differences, and bins of what has happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Findings:
    """Differences, the first of them, and bins of what has happened.

    Members
    -------
    differences : how many.
    first : run, event, step, layer, neuron, field, and both values; None without a difference.
    bins : coverage.
    """

    differences: int = 0
    first: dict[str, Any] | None = None
    bins: Counter[str] = field(default_factory=Counter)

    def differ(
        self,
        *,
        run: int,
        event: str,
        field: str,
        want: Any,
        got: Any,
        step: int | None = None,
        layer: str | None = None,
        neuron: int | None = None,
        count: int = 1,
        time_ps: int | None = None,
    ) -> None:
        """Record a difference, or `count` of which this is the first.

        `time_ps` is when it was seen, where that is known; so waves can show it.
        """
        self.differences += count
        if self.first is None:
            self.first = {
                "run": run,
                "event": event,
                "step": step,
                "layer": layer,
                "neuron": neuron,
                "field": field,
                "expected": want,
                "got": got,
                **({} if time_ps is None else {"time_ps": time_ps}),
            }
