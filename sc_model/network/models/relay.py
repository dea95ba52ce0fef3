"""A neuron that hands on what it is given: the input of a network, as a population."""

from __future__ import annotations

from dataclasses import dataclass

from sc_model.network.models.model import Floats, Model, State


@dataclass(frozen=True, eq=False, kw_only=True)
class Relay(Model):
    """Its output is its input of the same step; what is not 0 counts as a spike. It has no
    state.
    """

    def initial(self, n: int) -> State:
        """Nothing."""
        return {}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """The input."""
        return {}, current.copy()
