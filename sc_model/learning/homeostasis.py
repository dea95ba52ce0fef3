r"""`HomeostaticPlasticity`: neurons that fire too much or too little scale all that they hear.

Turrigiano 2008 (doi:10.1016/j.cell.2008.10.008): multiplicative scaling of all incoming synapses of
a neuron j, so that their ratios stay. At a call, after T ms of which `update` has not heard yet, in
which the neuron fired with a mean rate r::

    m_j <- exp(-T / tau) m_j + (1 - exp(-T / tau)) r          N <- exp(-T / tau) N + 1 - exp(-T / tau)
    rate_j = m_j / N                                          (a running mean that is not biased to 0 in the beginning)
    s_j = clip((1 - exp(-T / tau_scaling)) * clip(1 - rate_j / target_rate, -1, 1), -0.1, 0.1)
    w <- (1 + s_j) w   for w > 0;      w <- (1 - s_j) w   for w < 0

over the synapses of *all* projections that lead to the population. A negative weight goes the other
way, so that both move the rate towards the target, as inhibition was found to do (Kilman, van
Rossum & Turrigiano 2002, J. Neurosci. 22:1328); `inhibitory="same"` scales all alike, `"fixed"`
leaves negative weights alone.

Deviations: the paper gives no equation; this is integral control of the rate. `tau_scaling` (5 tau
by default) has to be longer than tau, or the rates overshoot. Spikes between two calls count as
evenly spread. Weights never change their sign, and 0 stays 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sc_model.checks import integer, positive_number, real_array
from sc_model.learning.synapses import BLOCK, bounds
from sc_model.network.models.model import Floats
from sc_model.network.network import Network
from sc_model.network.population import Population
from sc_model.network.projection import Projection
from sc_model.spec.errors import did_you_mean

LARGEST = 0.1  # share by which a call may change a weight
Inhibitory = Literal["opposite", "same", "fixed"]
_SIGN: dict[str, float] = {"opposite": -1.0, "same": 1.0, "fixed": 0.0}


@dataclass(frozen=True)
class HomeostaticStep:
    """What a call did.

    Members
    -------
    mean_rate : Hz, of the population's neurons.
    synapses : that lead to it.
    changed : whose weight is another one now.
    saturated : whose change a bound has cut.
    smallest, largest : factors 1 + s of its neurons.
    """

    mean_rate: float
    synapses: int
    changed: int
    saturated: int
    smallest: float
    largest: float


@dataclass
class _Seen:
    """Of a population: running mean, its norm, and where the last call was."""

    mean: Floats
    norm: float
    spike_counts: Floats
    steps: int


class HomeostaticPlasticity:
    """Scaling of all synapses that lead to the populations it is called with, all of one network.

    Parameters
    ----------
    target_rate : Hz, > 0.
    tau : of the running mean, ms, > 0.
    tau_scaling : ms, > 0; None (default) for 5 tau.
    inhibitory : "opposite" (default), "same" or "fixed".
    w_max : no weight's amount is scaled beyond it, > 0; None (default) for no bound. Bounds of a
        projection's own STDP hold too.

    Raises TypeError for the wrong kind, ValueError for a value out of range.
    """

    def __init__(
        self,
        target_rate: float = 10.0,
        tau: float = 1000.0,
        *,
        tau_scaling: float | None = None,
        inhibitory: Inhibitory = "opposite",
        w_max: float | None = None,
    ) -> None:
        self.target_rate, self.tau = (
            positive_number("target_rate", target_rate),
            positive_number("tau", tau),
        )
        self.tau_scaling = (
            5 * self.tau if tau_scaling is None else positive_number("tau_scaling", tau_scaling)
        )
        if inhibitory not in get_args(Inhibitory):
            hint = did_you_mean(str(inhibitory), get_args(Inhibitory))
            raise ValueError(
                f"inhibitory must be 'opposite', 'same' or 'fixed', not {inhibitory!r}{hint}"
            )
        self.inhibitory = inhibitory
        self.w_max = math.inf if w_max is None else positive_number("w_max", w_max)
        self._network: Network | None = None
        self._seen: dict[str, _Seen] = {}

    def update(self, population: Population) -> HomeostaticStep:
        """After each step of the network, or after any number of them.

        A first call counts all steps since the network's last reset; call once more before a reset,
        or what came since the last call is not counted. ValueError for a population that doesn't
        spike, is in no network or in another one than those before, or that no projection leads to.
        """
        if not isinstance(population, Population):
            raise TypeError(
                f"population must be a Population, not {population!r} ({type(population).__name__})"
            )
        network, label = population.network, population.label
        if network is None or label is None:
            raise ValueError(f"{population!r} must be in a network; add it first")
        if self._network not in (None, network):
            raise ValueError(
                f"{population!r} must be in the network of the calls before; make a"
                " HomeostaticPlasticity for each"
            )
        if not population.model.spiking:
            raise ValueError(f"{population!r} must be of a model that spikes")
        incoming = network.incoming(population)
        if not incoming:
            raise ValueError(
                f"{population!r} must have a projection that leads to it; add one first"
            )
        self._network = network
        rate, elapsed_ms = self._rate(label, population, network)
        share = -math.expm1(-elapsed_ms / self.tau_scaling)
        scaling = np.clip(
            share * np.clip(1.0 - rate / self.target_rate, -1.0, 1.0), -LARGEST, LARGEST
        )
        changed = saturated = 0
        for each in incoming:
            counts = self._scale(each, scaling)
            changed, saturated = changed + counts[0], saturated + counts[1]
        return HomeostaticStep(
            float(rate.mean()),
            sum(each.size for each in incoming),
            changed,
            saturated,
            1.0 + float(scaling.min()),
            1.0 + float(scaling.max()),
        )

    def _rate(self, label: str, population: Population, network: Network) -> tuple[Floats, float]:
        """Running mean of each neuron's rate, Hz, and for how long the last call has been, ms."""
        seen = self._seen.setdefault(
            label, _Seen(np.zeros(population.n), 0.0, np.zeros(population.n), 0)
        )
        if network.steps < seen.steps:  # it has been reset since
            seen.spike_counts, seen.steps = np.zeros(population.n), 0
        elapsed_ms = (network.steps - seen.steps) * network.dt_ms
        if elapsed_ms:
            kept = math.exp(-elapsed_ms / self.tau)
            latest = 1000.0 / elapsed_ms * (population.spike_counts - seen.spike_counts)
            seen.mean = kept * seen.mean + (1.0 - kept) * latest
            seen.norm = kept * seen.norm + (1.0 - kept)
            seen.spike_counts, seen.steps = population.spike_counts.copy(), network.steps
        # nothing is known of a network that has taken no step: no reason to change anything
        rate = seen.mean / seen.norm if seen.norm else np.full(population.n, self.target_rate)
        return rate, elapsed_ms

    def _scale(self, projection: Projection, scaling: Floats) -> tuple[int, int]:
        """Weights changed in place; how many are other ones now, and how many were cut by a
        bound.
        """
        changed = saturated = 0
        low, high = bounds(projection)
        low, high = max(low, -self.w_max), min(high, self.w_max)
        bounded = low > -math.inf or high < math.inf
        up, down = 1.0 + scaling, 1.0 + _SIGN[self.inhibitory] * scaling
        for start in range(0, projection.size, BLOCK):
            part, target = (
                projection.weights[start : start + BLOCK],
                projection.indices[start : start + BLOCK],
            )
            wanted = up.take(target)
            negative = np.flatnonzero(part < 0)
            wanted[negative] = down[target[negative]]
            wanted *= part
            if bounded:
                # a weight that is out of bounds already is not scaled further out, and not moved in
                # at once
                reached = np.clip(wanted, np.minimum(low, part), np.maximum(high, part))
                saturated += int(np.count_nonzero(reached != wanted))
                wanted = reached
            changed += int(np.count_nonzero(wanted != part))
            part[:] = wanted
        return changed, saturated

    def rates(self, population: Population) -> Floats:
        """Running mean of each neuron's rate at the last call, Hz, (n,). ValueError before the
        first call.
        """
        seen = self._seen.get(population.label or "")
        if seen is None or not seen.norm:
            raise ValueError(
                f"{population!r} must have been updated after a step; call update first"
            )
        return seen.mean / seen.norm

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """All that the next calls depend on beside the network: flat, plain arrays by
        `LABEL/FIELD`.
        """
        state: dict[str, NDArray[Any]] = {}
        for label, seen in self._seen.items():
            state[f"{label}/mean"], state[f"{label}/norm"] = seen.mean.copy(), np.array(seen.norm)
            state[f"{label}/spike_counts"], state[f"{label}/steps"] = (
                seen.spike_counts.copy(),
                np.array(seen.steps),
            )
        return state

    def load_state_dict(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on where a checkpoint was made, with populations of the same labels. ValueError for
        what is no such state.
        """
        labels = {name.partition("/")[0]: None for name in state}
        wanted = {
            f"{label}/{field}"
            for label in labels
            for field in ("mean", "norm", "spike_counts", "steps")
        }
        if set(state) != wanted:
            raise ValueError(
                "homeostatic state must hold mean, norm, spike_counts and steps of each label, not"
                f" {sorted(state)}"
            )
        found = {}
        for label in labels:
            mean = real_array(f"{label}/mean", state[f"{label}/mean"], ("n",)).copy()
            counts = real_array(
                f"{label}/spike_counts", state[f"{label}/spike_counts"], (len(mean),)
            ).copy()
            norm = positive_number(f"{label}/norm", float(state[f"{label}/norm"]), zero=True)
            found[label] = _Seen(
                mean, norm, counts, integer(f"{label}/steps", int(state[f"{label}/steps"]), 0)
            )
        self._seen, self._network = found, None
