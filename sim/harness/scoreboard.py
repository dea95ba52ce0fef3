"""Counts differences and keeps the first one with all that is needed to understand it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Stuck(Exception):  # noqa: N818  # the name is what a reader of a log needs
    """A bounded wait ran out; the text says what was waited for."""


class Aborted(Exception):  # noqa: N818  # an end, not an error: the differences are the result
    """There are so many differences that going on shows nothing new."""


MAX_DIFFERENCES = 1000


class Scoreboard:
    """Differences between the design and the golden model.

    `first` names step, synapse, field, what was expected and what came, the clock, the event, and
    for a step its state before and its inputs. The run ends at 1000 differences: a broken design
    may go on for ever.
    """

    def __init__(self) -> None:
        self.differences = 0
        self.first: dict[str, Any] | None = None

    def differ(
        self,
        *,
        field: str,
        expected: Any,
        got: Any,
        step: int,
        clock: int,
        event: str,
        synapse: int = 0,
        space: str | None = None,
        index: Sequence[int] = (),
        state_before: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a difference; Aborted when there are too many."""
        self.differences += 1
        if self.first is None:
            self.first = {
                "step": step,
                **(
                    {"space": space, "index": list(index)}
                    if space is not None
                    else {"synapse": synapse}
                ),
                "field": field,
                "expected": expected,
                "got": got,
                "clock": clock,
                "event": event,
                "state_before": dict(state_before) if state_before is not None else None,
                "inputs": dict(inputs) if inputs is not None else None,
            }
        if self.differences >= MAX_DIFFERENCES:
            raise Aborted
