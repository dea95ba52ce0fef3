r"""Adaptive LIF: every spike raises the threshold for a while.

    a <- exp(-dt / tau_a_ms) * a + s          s: the neuron's spikes of the step before
    s  = v > threshold + beta * a

This is ALIF of Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y), with the membrane of `LIF`.
They write v <- alpha * v + x - threshold * s: that is reset "subtract" with `reset_delay` and a
resistance of 1 / (1 - alpha), alpha = exp(-dt / tau_ms). A reset takes the threshold of the
parameters off, not the raised one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sc_model.network.models.leaky import LIF
from sc_model.network.models.model import Floats, NotNegative, Positive, State, filled


@dataclass(frozen=True, eq=False, kw_only=True)
class AdaptiveLIF(LIF):
    """LIF whose threshold adapts. State: `v`, `fired`, `held`, and `a`, the adaptation.

    Parameters
    ----------
    beta : what a spike adds to the threshold, >= 0, in units of the potential.
    tau_a_ms : time constant of the adaptation's decay, ms, > 0.
    others : see `LIF`.
    """

    beta: NotNegative = 0.2
    tau_a_ms: Positive = 200.0

    def initial(self, n: int) -> State:
        """At rest, without adaptation."""
        return {**super().initial(n), "a": filled(n)}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Adaptation, leak and input, spike, reset."""
        a = np.exp(-dt_ms / np.asarray(self.tau_a_ms)) * state["a"] + state["fired"]
        fired, spikes = self._leak_and_fire(state, current, self.threshold + self.beta * a, dt_ms)
        return {**fired, "a": a}, spikes
