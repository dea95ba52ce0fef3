r"""Pair-based STDP with exponential traces (Song, Miller & Abbott 2000, doi:10.1038/78829; all
pairs count).

A spike of the source before one of the target strengthens, one after it weakens, by the time t =
t_post - t_pre between them::

    dw = a_plus * exp(-t / tau_plus_ms)  for t > 0;    dw = -a_minus * exp(t / tau_minus_ms)  for t < 0;    0 for t = 0

Step by step, for a synapse with a delay: s_pre is what its source put out `delay` steps ago, that
is, arrivals count::

    x <- exp(-dt / tau_plus_ms) x;    y <- exp(-dt / tau_minus_ms) y
    w <- clip(w - a_minus * y * s_pre);    w <- clip(w + a_plus * x * s_post)
    x <- x + s_pre;    y <- y + s_post

x is kept once for each source neuron with its last max_delay + 1 values, y once for each target
neuron. Only synapses with an arrival or a spike of their target are touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sc_model.checks import number
from sc_model.network.models.model import Floats, State

if TYPE_CHECKING:
    from sc_model.network.projection import Projection


@dataclass(frozen=True, kw_only=True)
class STDP:
    """Parameters: time constants in ms, > 0; steps `a_plus`, `a_minus` >= 0 of the weight; bounds
    of the weight.

    Raises TypeError for the wrong kind, ValueError for a value out of range.
    """

    tau_plus_ms: float = 20.0
    tau_minus_ms: float = 20.0
    a_plus: float = 0.01
    a_minus: float = 0.012
    w_min: float = 0.0
    w_max: float = 1.0

    def __post_init__(self) -> None:
        number("STDP.tau_plus_ms", self.tau_plus_ms)
        number("STDP.tau_minus_ms", self.tau_minus_ms)
        number("STDP.a_plus", self.a_plus, zero=True)
        number("STDP.a_minus", self.a_minus, zero=True)
        if not self.w_min < self.w_max:
            raise ValueError(f"STDP.w_min must be < w_max ({self.w_max}), not {self.w_min}")

    def begin(self, projection: Projection) -> State:
        """Nothing seen: `x`, `y`; of the last max_delay + 1 steps, latest first, `spikes` and
        `traces` (x before it rose).

        ValueError where a weight is out of bounds.
        """
        out = (projection.weights < self.w_min) | (projection.weights > self.w_max)
        if out.any():
            wrong = float(projection.weights[out][0])
            raise ValueError(
                f"weight must be in STDP's bounds [{self.w_min}, {self.w_max}], not {wrong}"
            )
        history = (projection.max_delay + 1, projection.source.n)
        return {
            "x": np.zeros(projection.source.n),
            "y": np.zeros(projection.target.n),
            "spikes": np.zeros(history),
            "traces": np.zeros(history),
        }

    def step(self, state: State, projection: Projection, pre: Floats, dt_ms: float) -> State:
        """One step; weights are changed in place. `pre` is what the source sent; spikes of the
        target are its latest.
        """
        post = projection.target.spikes
        x, y = (
            np.exp(-dt_ms / self.tau_plus_ms) * state["x"],
            np.exp(-dt_ms / self.tau_minus_ms) * state["y"],
        )
        spikes, traces = (
            np.vstack([pre, state["spikes"][:-1]]),
            np.vstack([x, state["traces"][:-1]]),
        )
        csr, weights = projection.csr, projection.weights

        arrived = projection.arriving(spikes)
        strength = spikes[projection.delay_of(arrived), csr.sources[arrived]]
        weakened = weights[arrived] - self.a_minus * y[csr.indices[arrived]] * strength
        weights[arrived] = np.clip(weakened, self.w_min, self.w_max)

        reached = csr.arriving(np.flatnonzero(post))
        seen = traces[projection.delay_of(reached), csr.sources[reached]]
        weights[reached] = np.clip(weights[reached] + self.a_plus * seen, self.w_min, self.w_max)
        return {"x": x + pre, "y": y + post, "spikes": spikes, "traces": traces}
