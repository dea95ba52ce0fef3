"""`Relay`: a population without dynamics, for the input of a network."""

from __future__ import annotations

from dataclasses import dataclass

from sc_model.network.models.model import Floats, Model, State


@dataclass(frozen=True, eq=False, kw_only=True)
class Relay(Model):
    """Its output is its input of the same step; an output that is not 0 counts as a spike.

    It has no state and no parameters.
    """

    def initial(self, n: int) -> State:
        """No state."""
        return {}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """The input."""
        return {}, current.copy()
