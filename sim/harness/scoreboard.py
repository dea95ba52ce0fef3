"""Counts differences, and keeps of the first one what is needed to understand it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Stuck(Exception):  # noqa: N818  # the name is what a reader of a log needs
    """A bounded wait ran out; the text says what was waited for."""


class Aborted(Exception):  # noqa: N818  # an end, not an error: the differences are the result
    """There are `MAX_DIFFERENCES`: a broken design could go on for ever."""


MAX_DIFFERENCES = 1000


class Scoreboard:
    """Differences between the design and the golden model.

    Members
    -------
    differences : how many.
    first : step, synapse (or space and index), field, both values, clock and event of the first
        one, and for a step its state before and its inputs; None without a difference.
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
        """Record a difference.

        Parameters
        ----------
        field, expected, got : what differs.
        step, clock, event : when, and in which operation.
        synapse : where in a lane or bank.
        space, index : where in a layer.
        state_before, inputs : of the step, where there is one.

        Raises
        ------
        Aborted
            There are too many differences.
        """
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
