r"""Hodgkin and Huxley's membrane, with their parameters of the squid's giant axon.

    c dv/dt = I - g_na m^3 h (v - e_na) - g_k n^4 (v - e_k) - g_l (v - e_l)
    dx/dt = alpha_x (1 - x) - beta_x x                                         x in m, h, n

in mV, ms, uA/cm2, mS/cm2, uF/cm2, with rest at -65 mV (1952, doi:10.1113/jphysiol.1952.sp004764)::

    alpha_m = 0.1 (v+40) / (1 - exp(-(v+40)/10))     beta_m = 4 exp(-(v+65)/18)
    alpha_h = 0.07 exp(-(v+65)/20)                   beta_h = 1 / (1 + exp(-(v+35)/10))
    alpha_n = 0.01 (v+55) / (1 - exp(-(v+55)/10))    beta_n = 0.125 exp(-(v+65)/80)

Gates and membrane take exponential steps (Rush & Larsen 1978), which are stable for every step
length. The gates are half a step behind the membrane, as in NEURON's staggered scheme, which makes
the method second order: gates go from t - dt/2 to t + dt/2 with the rates at v(t), then v goes from
t to t + dt with the conductances at t + dt/2. Steps of 0.01 to 0.05 ms are short enough: at a
current of 10 uA/cm2 they shift the second spike, which comes at 16.8 ms, by 0.001 to 0.026 ms. A
step of 0.1 ms shifts it by 0.1 ms.

A spike is an upward crossing of 0 mV.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import exprel

from sc_model.firing import approach
from sc_model.network.models.model import Floats, Model, NotNegative, Positive, Real, State, filled

# The potential that a spike crosses upwards, mV. It lies far above the threshold (about -50 mV) and
# far below the peak of a spike (about 40 mV), so each spike crosses it once.
SPIKE_MV = 0.0


def rates(v: Floats) -> dict[str, tuple[Floats, Floats]]:
    """Rates alpha and beta of the gates m, h and n, in 1/ms, at potentials `v` in mV."""
    return {
        # u / (1 - exp(-u)) is 0 / 0 at v = -40 and v = -55 mV; 1 / exprel(-u) is the same function
        # without that hole
        "m": (1.0 / exprel(-(v + 40.0) / 10.0), 4.0 * np.exp(-(v + 65.0) / 18.0)),
        "h": (0.07 * np.exp(-(v + 65.0) / 20.0), 1.0 / (1.0 + np.exp(-(v + 35.0) / 10.0))),
        "n": (0.1 / exprel(-(v + 55.0) / 10.0), 0.125 * np.exp(-(v + 65.0) / 80.0)),
    }


@dataclass(frozen=True, eq=False, kw_only=True)
class HodgkinHuxleyNeuron(Model):
    """Hodgkin and Huxley's neuron, the squid's giant axon by default.

    Its state has the potential `v` (mV), the gates `m`, `h` and `n` (from 0 to 1) half a step
    before `v`, and `crossing`. `crossing` says when in the last step `v` rose through 0 mV: it is
    the share of the step that had passed by then, in (0, 1], by linear interpolation. It is 1 where
    `v` did not rise through 0 mV. `SpikeMonitor` reads spike times from it.

    Parameters
    ----------
    c : capacitance of the membrane, uF/cm2, > 0.
    g_na : conductance of the open sodium channels, mS/cm2, >= 0.
    g_k : conductance of the open potassium channels, mS/cm2, >= 0.
    g_l : conductance of the leak, mS/cm2, > 0.
    e_na : reversal potential of sodium, mV.
    e_k : reversal potential of potassium, mV.
    e_l : reversal potential of the leak, mV; by default the one that makes -65 mV the rest.
    v_init : potential at the beginning, mV; the gates begin in their steady state at `v_init`.
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
        """The state at the potential `v_init`, with the gates in their steady state there."""
        v = filled(n, self.v_init)
        gates = {name: alpha / (alpha + beta) for name, (alpha, beta) in rates(v).items()}
        return {"v": v, **gates, "crossing": filled(n, 1.0)}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Step the gates, then the membrane with the new gates; the output is 1 at a spike."""
        v = state["v"]
        gates = {}
        for name, (alpha, beta) in rates(v).items():
            rate = alpha + beta  # 1 / time constant of the gate, 1/ms
            gates[name] = approach(state[name], alpha / rate, -np.expm1(-dt_ms * rate))
        g_na = self.g_na * gates["m"] ** 3 * gates["h"]
        g_k = self.g_k * gates["n"] ** 4
        g = g_na + g_k + self.g_l
        # With the conductances held for the step, v approaches the mean of the reversal potentials,
        # weighted by their conductances and shifted by the current.
        drive = (g_na * self.e_na + g_k * self.e_k + self.g_l * self.e_l + current) / g
        after = approach(v, drive, -np.expm1(-dt_ms * g / self.c))
        fired = (v < SPIKE_MV) & (after >= SPIKE_MV)
        crossing = np.ones_like(v)
        crossing[fired] = (SPIKE_MV - v[fired]) / (after[fired] - v[fired])
        return {"v": after, **gates, "crossing": crossing}, fired.astype(np.float64)
