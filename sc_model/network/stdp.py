r"""Pair-based STDP with exponential traces (Song, Miller & Abbott 2000, doi:10.1038/78829).

A spike of the source before one of the target strengthens the synapse, one after it weakens it, by
the time t = t_post - t_pre between them::

    dw =  a_plus * exp(-t / tau_plus_ms)       for t > 0
    dw = -a_minus * exp(t / tau_minus_ms)      for t < 0
    dw =  0                                    for t = 0

All pairs of spikes count. Step by step, with the traces x and y of `sc_model.network.pairing`; at a
synapse with a delay, t_pre is the time of arrival::

    w <- clip(w - a_minus * y * s_pre, w_min, w_max)
    w <- clip(w + a_plus * x * s_post, w_min, w_max)

A step touches only synapses with an arrival or with a spike of their target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sc_model.checks import positive_number
from sc_model.network.models.model import Floats, State
from sc_model.network.pairing import no_spikes, pair_step

if TYPE_CHECKING:
    from sc_model.network.projection import Projection


@dataclass(frozen=True, kw_only=True)
class STDP:
    """Pair-based STDP of a projection; all numbers are float64.

    Parameters
    ----------
    tau_plus_ms, tau_minus_ms : time constants of the traces x and y, ms, > 0.
    a_plus, a_minus : change of the weight by a trace of 1, >= 0, in units of the weight.
    w_min, w_max : bounds of the weight, w_min < w_max.

    Raises TypeError for the wrong kind, ValueError for a value out of range.
    """

    tau_plus_ms: float = 20.0
    tau_minus_ms: float = 20.0
    a_plus: float = 0.01
    a_minus: float = 0.012
    w_min: float = 0.0
    w_max: float = 1.0

    def __post_init__(self) -> None:
        positive_number("STDP.tau_plus_ms", self.tau_plus_ms)
        positive_number("STDP.tau_minus_ms", self.tau_minus_ms)
        positive_number("STDP.a_plus", self.a_plus, zero=True)
        positive_number("STDP.a_minus", self.a_minus, zero=True)
        if not self.w_min < self.w_max:
            raise ValueError(f"STDP.w_min must be < w_max ({self.w_max}), not {self.w_min}")

    def begin(self, projection: Projection) -> State:
        """The memory at the beginning. ValueError where a weight is out of bounds."""
        outside = (projection.weights < self.w_min) | (projection.weights > self.w_max)
        if outside.any():
            wrong = float(projection.weights[outside][0])
            raise ValueError(
                f"weight must be in STDP's bounds [{self.w_min}, {self.w_max}], not {wrong}"
            )
        return no_spikes(projection)

    def step(self, state: State, projection: Projection, pre: Floats, dt_ms: float) -> State:
        """One step, after that of the target: the new memory; weights are changed in place.

        Parameters
        ----------
        state : memory before the step.
        projection : whose weights change, by its target's latest spikes.
        pre : (n_source,), what the source sent in this step.
        dt_ms : length of the step.
        """
        decay = (np.exp(-dt_ms / self.tau_plus_ms), np.exp(-dt_ms / self.tau_minus_ms))
        pairs = pair_step(state, projection, pre, decay, self.a_plus, self.a_minus)
        weights = projection.weights
        # depression first, and a clip after each: a synapse may be in both lists
        weakened = weights[pairs.arrivals] - pairs.depression
        weights[pairs.arrivals] = np.clip(weakened, self.w_min, self.w_max)
        strengthened = weights[pairs.targets] + pairs.potentiation
        weights[pairs.targets] = np.clip(strengthened, self.w_min, self.w_max)
        return pairs.memory
