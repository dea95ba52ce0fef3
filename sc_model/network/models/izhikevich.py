r"""Izhikevich's neuron (2003, doi:10.1109/TNN.2003.820440).

    dv/dt = 0.04 v^2 + 5 v + 140 - u + I
    du/dt = a (b v - u)
    where v >= 30 mV: a spike, v <- c, u <- u + d

Integration is the paper's: Euler's method, v in two half steps, then u from the new v. The paper's
program looks for spikes at the beginning of a step, before it integrates; this model looks at the
end of the step in which v passes 30 mV. The sequence is the same, and each spike belongs to the
step before the one that the paper gives it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sc_model.network.models.model import Floats, Model, Real, State, filled

PEAK_MV = 30.0  # v at which a spike is cut off


@dataclass(frozen=True, eq=False, kw_only=True)
class Izhikevich(Model):
    """Quadratic membrane with recovery; regular spiking by default. State: `v` (mV), `u` (mV/ms).

    Parameters
    ----------
    a : rate of the recovery, 1/ms.
    b : sensitivity of the recovery to v, 1/ms.
    c : v after a spike, mV.
    d : what a spike adds to u, mV/ms.
    v_init : v at the beginning, mV; u begins at b * v_init.
    """

    a: Real = 0.02
    b: Real = 0.2
    c: Real = -65.0
    d: Real = 8.0
    v_init: Real = -65.0

    def initial(self, n: int) -> State:
        """At `v_init`."""
        v = filled(n, self.v_init)
        return {"v": v, "u": self.b * v}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Two half steps of v, one of u, spike, reset."""
        v, u = state["v"], state["u"]
        for _ in range(2):  # two half steps "for numerical stability", as in the paper's program
            v = v + dt_ms / 2 * (0.04 * v**2 + 5.0 * v + 140.0 - u + current)
        u = u + dt_ms * self.a * (self.b * v - u)
        fired = v >= PEAK_MV
        after = {"v": np.where(fired, self.c, v), "u": np.where(fired, u + self.d, u)}
        return after, fired.astype(np.float64)
