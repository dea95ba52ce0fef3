r"""Izhikevich's neuron (2003, doi:10.1109/TNN.2003.820440).

    dv/dt = 0.04 v^2 + 5 v + 140 - u + I,   du/dt = a (b v - u);   v >= 30 mV: spike, v <- c, u <- u
    + d

By the paper's scheme: Euler, v in two half steps, then u from the new v. The paper's program looks
for spikes at the beginning of a step, before it integrates; here they are found at the end of the
step in which v passes 30 mV, which is the same sequence, one step earlier by name.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sc_model.network.models.model import Floats, Model, Real, State, filled

PEAK = 30.0  # mV


@dataclass(frozen=True, eq=False, kw_only=True)
class Izhikevich(Model):
    """Quadratic membrane with recovery; regular spiking by default. State: `v` (mV), `u`.

    Parameters
    ----------
    a : rate of the recovery, 1/ms.
    b : its sensitivity to v.
    c : v after a spike, mV.
    d : what a spike adds to u.
    v_init : where v begins, mV; u begins at b * v_init.
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
        for _ in range(2):
            v = v + dt_ms / 2 * (0.04 * v**2 + 5.0 * v + 140.0 - u + current)
        u = u + dt_ms * self.a * (self.b * v - u)
        fired = v >= PEAK
        return {"v": np.where(fired, self.c, v), "u": np.where(fired, u + self.d, u)}, fired.astype(
            np.float64
        )
