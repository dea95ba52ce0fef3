r"""Adaptive LIF: every spike raises the threshold for a while (ALIF of Bellec et al. 2020,
doi:10.1038/s41467-020-17236-y).

    a <- exp(-dt / tau_a_ms) * a + s          with the spikes s of the step before
    s  = v > threshold + beta * a

The membrane is LIF's. Bellec et al. write v <- alpha * v + x - threshold * s: that is reset
"subtract" with `reset_delay`, and a resistance of 1 / (1 - alpha), alpha = exp(-dt / tau_ms). What
is taken off is the threshold of the parameters, not the raised one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sc_model.network.models.leaky import LIF, share
from sc_model.network.models.model import Floats, NotNegative, Positive, State, filled


@dataclass(frozen=True, eq=False, kw_only=True)
class AdaptiveLIF(LIF):
    """LIF whose threshold adapts. State: `v`, `fired`, `held`, `a`.

    Parameters
    ----------
    beta : what a spike adds to the threshold, >= 0.
    tau_a_ms : how long it stays, > 0. The others as LIF.
    """

    beta: NotNegative = 0.2
    tau_a_ms: Positive = 200.0

    def initial(self, n: int) -> State:
        """At rest, not adapted."""
        return {**super().initial(n), "a": filled(n)}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Adaptation, leak and input, spike, reset."""
        a = np.exp(-dt_ms / np.asarray(self.tau_a_ms)) * state["a"] + state["fired"]
        gone = share(self.tau_ms, dt_ms, self.method)
        drive = self.v_rest + self.resistance * current
        firing, spikes = self._fire(
            state, lambda v: v + gone * (drive - v), self.threshold + self.beta * a, dt_ms
        )
        return {**firing, "a": a}, spikes
