r"""`HomeostaticPlasticity`: synaptic scaling that brings each neuron's rate to a target.

Turrigiano 2008 (doi:10.1016/j.cell.2008.10.008): a neuron j scales all its incoming synapses by one
factor, so that the ratios of their weights stay. If T ms have passed since the last call of
`update`, in which the neuron fired with a mean rate r, the call computes::

    m_j <- exp(-T / tau) m_j + (1 - exp(-T / tau)) r
    N <- exp(-T / tau) N + (1 - exp(-T / tau))
    rate_j = m_j / N        (the division by N removes the bias of the first calls towards 0)
    s_j = clip((1 - exp(-T / tau_scaling)) * clip(1 - rate_j / target_rate, -1, 1), -0.1, 0.1)
    w <- (1 + s_j) w   for w > 0;      w <- (1 - s_j) w   for w < 0

for the synapses of *all* projections that lead to the population. Negative weights are scaled the
other way, so that both signs move the rate towards the target, as was found for inhibition (Kilman,
van Rossum & Turrigiano 2002, J. Neurosci. 22:1328). With `inhibitory="same"` all weights are scaled
alike; `"fixed"` leaves negative weights as they are.

Deviations: the paper gives no equation; this is integral control of the rate. `tau_scaling` (5 tau
by default) must be longer than tau, or the rates overshoot. The spikes between two calls count as
evenly spread over that time. Weights never change their sign, and 0 stays 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sc_model.checks import choice, instance, integer, positive_number, real_array
from sc_model.learning.synapses import BLOCK, bounds
from sc_model.network.models.model import Floats
from sc_model.network.network import Network
from sc_model.network.population import Population
from sc_model.network.projection import Projection

LARGEST_CHANGE = 0.1  # of a weight in one call, as a fraction of the weight
Inhibitory = Literal["opposite", "same", "fixed"]
_SIGN: dict[str, float] = {"opposite": -1.0, "same": 1.0, "fixed": 0.0}


@dataclass(frozen=True)
class HomeostaticStep:
    """Result of one call.

    Members
    -------
    mean_rate : running mean of the rate, averaged over the population's neurons, Hz.
    synapses : number of synapses that lead to the population.
    changed : number of them whose weight has changed.
    saturated : number of them whose new weight a bound has cut.
    smallest, largest : extremes of the factors 1 + s_j over the population's neurons.
    """

    mean_rate: float
    synapses: int
    changed: int
    saturated: int
    smallest: float
    largest: float


@dataclass
class _RateRecord:
    """Running mean of a population's rates, and the network's state at the last call.

    Members
    -------
    mean : (n,), m_j, Hz.
    norm : N.
    spike_counts : (n,), spikes of each neuron up to the last call.
    steps : steps of the network up to the last call.
    """

    mean: Floats
    norm: float
    spike_counts: Floats
    steps: int


class HomeostaticPlasticity:
    """Scale the synapses that lead to the populations of one network.

    Parameters
    ----------
    target_rate : rate that each neuron should have, Hz, > 0.
    tau : time constant of the running mean of the rate, ms, > 0.
    tau_scaling : time constant of the weights' change, ms, > 0; None (default) for 5 tau.
    inhibitory : how negative weights are scaled: "opposite" (default), "same" or "fixed".
    w_max : bound of the weights' absolute values, > 0; None (default) for none. The bounds of a
        projection's own STDP hold too.

    Raises
    ------
    TypeError : a parameter is of the wrong kind.
    ValueError : a parameter is out of range.
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
        choice("inhibitory", inhibitory, get_args(Inhibitory))
        self.inhibitory = inhibitory
        self.w_max = math.inf if w_max is None else positive_number("w_max", w_max)
        self._network: Network | None = None
        self._records: dict[str, _RateRecord] = {}

    def update(self, population: Population) -> HomeostaticStep:
        """Scale the synapses that lead to a population; call it after any number of steps.

        The first call counts all steps since the network's last reset. Call once more before a
        reset: steps between the last call and the reset are not counted.

        Raises
        ------
        TypeError : no Population.
        ValueError : the population does not spike, is in no network or in another one than the
            populations before, or no projection leads to it.
        """
        instance("population", population, Population)
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
        fraction = -math.expm1(-elapsed_ms / self.tau_scaling)
        error = np.clip(1.0 - rate / self.target_rate, -1.0, 1.0)
        scaling = np.clip(fraction * error, -LARGEST_CHANGE, LARGEST_CHANGE)
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
        """Return each neuron's running mean rate (Hz), and the time since the last call (ms)."""
        record = self._records.setdefault(
            label, _RateRecord(np.zeros(population.n), 0.0, np.zeros(population.n), 0)
        )
        if network.steps < record.steps:  # the network has been reset since the last call
            record.spike_counts, record.steps = np.zeros(population.n), 0
        elapsed_ms = (network.steps - record.steps) * network.dt_ms
        if elapsed_ms:
            decay = math.exp(-elapsed_ms / self.tau)
            latest_hz = 1000.0 / elapsed_ms * (population.spike_counts - record.spike_counts)
            record.mean = decay * record.mean + (1.0 - decay) * latest_hz
            record.norm = decay * record.norm + (1.0 - decay)
            record.spike_counts, record.steps = population.spike_counts.copy(), network.steps
        # Before the first step there is no rate. The target in its place changes no weight.
        rate = record.mean / record.norm if record.norm else np.full(population.n, self.target_rate)
        return rate, elapsed_ms

    def _scale(self, projection: Projection, scaling: Floats) -> tuple[int, int]:
        """Scale weights in place; return how many have changed and how many a bound has cut."""
        changed = saturated = 0
        low, high = bounds(projection)
        low, high = max(low, -self.w_max), min(high, self.w_max)
        bounded = low > -math.inf or high < math.inf
        up, down = 1.0 + scaling, 1.0 + _SIGN[self.inhibitory] * scaling
        for start in range(0, projection.size, BLOCK):
            weights = projection.weights[start : start + BLOCK]
            target = projection.indices[start : start + BLOCK]
            scaled = up.take(target)
            negative = np.flatnonzero(weights < 0)
            scaled[negative] = down[target[negative]]
            scaled *= weights
            if bounded:
                # A weight that is out of bounds already may not move further out, but is not moved
                # to the bound in one step either.
                clipped = np.clip(scaled, np.minimum(low, weights), np.maximum(high, weights))
                saturated += int(np.count_nonzero(clipped != scaled))
                scaled = clipped
            changed += int(np.count_nonzero(scaled != weights))
            weights[:] = scaled
        return changed, saturated

    def rates(self, population: Population) -> Floats:
        """Return the running mean of each neuron's rate at the last call, (n,), Hz.

        Raises
        ------
        ValueError : `update` has not been called for the population after a step.
        """
        record = self._records.get(population.label or "")
        if record is None or not record.norm:
            raise ValueError(
                f"{population!r} must have been updated after a step; call update first"
            )
        return record.mean / record.norm

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Return what a checkpoint has to hold beside the network: arrays by `LABEL/FIELD`."""
        state: dict[str, NDArray[Any]] = {}
        for label, record in self._records.items():
            state[f"{label}/mean"] = record.mean.copy()
            state[f"{label}/norm"] = np.array(record.norm)
            state[f"{label}/spike_counts"] = record.spike_counts.copy()
            state[f"{label}/steps"] = np.array(record.steps)
        return state

    def load_state_dict(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a checkpoint, with populations of the same labels.

        Raises
        ------
        ValueError : other keys or shapes than those of `state_dict`.
        """
        labels = {name.partition("/")[0]: None for name in state}
        expected = {
            f"{label}/{field}"
            for label in labels
            for field in ("mean", "norm", "spike_counts", "steps")
        }
        if set(state) != expected:
            raise ValueError(
                "homeostatic state must hold mean, norm, spike_counts and steps of each label, not"
                f" {sorted(state)}"
            )
        records = {}
        for label in labels:
            mean = real_array(f"{label}/mean", state[f"{label}/mean"], ("n",)).copy()
            counts = real_array(
                f"{label}/spike_counts", state[f"{label}/spike_counts"], (len(mean),)
            ).copy()
            norm = positive_number(f"{label}/norm", float(state[f"{label}/norm"]), zero=True)
            steps = integer(f"{label}/steps", int(state[f"{label}/steps"]), 0)
            records[label] = _RateRecord(mean, norm, counts, steps)
        self._records, self._network = records, None
