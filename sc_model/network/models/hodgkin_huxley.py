r"""Hodgkin and Huxley's membrane (1952, doi:10.1113/jphysiol.1952.sp004764), with their parameters
of the squid's axon.

    c dv/dt = I - g_na m^3 h (v - e_na) - g_k n^4 (v - e_k) - g_l (v - e_l),     dx/dt = alpha_x (1
    - x) - beta_x x,  x in m, h, n

in mV, ms, uA/cm2, mS/cm2, uF/cm2, with rest at -65 mV::

    alpha_m = 0.1 (v+40) / (1 - exp(-(v+40)/10))     beta_m = 4 exp(-(v+65)/18)
    alpha_h = 0.07 exp(-(v+65)/20)                   beta_h = 1 / (1 + exp(-(v+35)/10))
    alpha_n = 0.01 (v+55) / (1 - exp(-(v+55)/10))    beta_n = 0.125 exp(-(v+65)/80)

Integrator: exponential steps for gates (Rush & Larsen 1978) and membrane, which no step length
makes unstable, with gates half a step behind the membrane (as NEURON's staggered scheme), which
makes the method second order: gates go from t - dt/2 to t + dt/2 with the rates at v(t), then v
from t to t + dt with the conductances at t + dt/2. 0.01 to 0.05 ms are good steps.

A spike is v rising through 0 mV.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import exprel

from sc_model.network.models.model import Floats, Model, NotNegative, Positive, Real, State, filled

SPIKE_MV = 0.0


def rates(v: Floats) -> dict[str, tuple[Floats, Floats]]:
    """alpha and beta of m, h and n, 1/ms, at v mV."""
    return {
        # u / (1 - exp(-u)) is 1 / exprel(-u), also where u is 0
        "m": (1.0 / exprel(-(v + 40.0) / 10.0), 4.0 * np.exp(-(v + 65.0) / 18.0)),
        "h": (0.07 * np.exp(-(v + 65.0) / 20.0), 1.0 / (1.0 + np.exp(-(v + 35.0) / 10.0))),
        "n": (0.1 / exprel(-(v + 55.0) / 10.0), 0.125 * np.exp(-(v + 65.0) / 80.0)),
    }


@dataclass(frozen=True, eq=False, kw_only=True)
class HodgkinHuxley(Model):
    """Squid axon. State: `v` (mV), gates `m`, `h`, `n` (half a step earlier), `crossing`.

    `crossing` is when in the last step v rose through 0 mV, as a part of the step in (0, 1], by
    linear interpolation; 1 where it did not. `SpikeMonitor` takes spike times from it.

    Parameters
    ----------
    c : capacitance, uF/cm2.
    g_na, g_k, g_l : conductances, mS/cm2.
    e_na, e_k, e_l : their reversal potentials, mV.
    v_init : where v begins, mV, with the gates at their steady state.
    """

    c: Positive = 1.0
    g_na: NotNegative = 120.0
    g_k: NotNegative = 36.0
    g_l: Positive = 0.3
    e_na: Real = 50.0
    e_k: Real = -77.0
    e_l: Real = -54.387
    v_init: Real = -65.0

    def initial(self, n: int) -> State:
        """At `v_init`, gates in their steady state."""
        v = filled(n, self.v_init)
        gates = {name: alpha / (alpha + beta) for name, (alpha, beta) in rates(v).items()}
        return {"v": v, **gates, "crossing": filled(n, 1.0)}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Gates, membrane, spike."""
        v = state["v"]
        gates = {}
        for name, (alpha, beta) in rates(v).items():
            both = alpha + beta
            gates[name] = state[name] - np.expm1(-dt_ms * both) * (alpha / both - state[name])
        g_na = self.g_na * gates["m"] ** 3 * gates["h"]
        g_k = self.g_k * gates["n"] ** 4
        g = g_na + g_k + self.g_l
        drive = (g_na * self.e_na + g_k * self.e_k + self.g_l * np.asarray(self.e_l) + current) / g
        after = v - np.expm1(-dt_ms * g / self.c) * (drive - v)
        fired = (v < SPIKE_MV) & (after >= SPIKE_MV)
        crossing = np.ones_like(v)
        crossing[fired] = (SPIKE_MV - v[fired]) / (after[fired] - v[fired])
        return {"v": after, **gates, "crossing": crossing}, fired.astype(np.float64)
