r"""Running correlation between the neurons of two populations, from spikes counted between calls.

Each call filters the spikes of each neuron since the call before (a) and updates mean and variance
of both populations and the covariance C of each pair, with h = 1 - exp(-1 / memory)::

    a <- exp(-1 / trace) a + spikes
    u = a - mean                                (u of the source, v the same of the target)
    mean <- mean + h u
    variance <- (1 - h) (variance + h u^2)
    C[i, j] <- (1 - h) (C[i, j] + h u_i v_j)
    correlation[i, j] = C[i, j] / sqrt(variance_i variance_j)

The first call sets the mean. This is the covariance with weights that fall exponentially into the
past (West 1979, doi:10.1145/359146.359153, with weight h for each new value), so the correlation
lies in [-1, 1]. It takes 8 bytes for each pair of neurons, whatever the number of calls.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.checks import integer, real_array
from sc_model.network.models.model import Floats
from sc_model.network.population import Population

# State of one population, an array (n,) each: the spike counts at the last call, the filtered
# spikes a, and mean and variance of a. Checkpoints name them as here.
FIELDS = ("counts", "active", "mean", "variance")
SIDES = ("source", "target")  # the two populations, in the order of all pairs here


class RunningCorrelation:
    """Running correlation of each pair of a source and a target neuron.

    Parameters
    ----------
    n_source, n_target : neurons of the populations.
    memory : time constant of mean, variance and covariance, calls, > 0.
    trace : time constant of the spike filter, calls, >= 0; 0 for no filter.

    Members
    -------
    shape : (n_source, n_target).
    calls : number of calls of `observe` so far.
    """

    def __init__(self, n_source: int, n_target: int, memory: float, trace: float) -> None:
        self.shape = (n_source, n_target)
        self.memory, self.trace = memory, trace
        self.calls = 0
        self._sides = tuple({name: np.zeros(n) for name in FIELDS} for n in self.shape)
        self._covariance = np.zeros(self.shape)

    def observe(self, source: Population, target: Population) -> None:
        """Take in the spikes since the last call; in the first call, since the network's reset.

        Parameters
        ----------
        source, target : the populations, of `n_source` and `n_target` neurons.
        """
        # This is 1 - exp(-1 / memory), without the loss of digits where the memory is long.
        h = -math.expm1(-1.0 / self.memory)
        u, v = (
            self._deviation(side, each, h)
            for side, each in zip(self._sides, (source, target), strict=True)
        )
        self._covariance += np.multiply.outer(h * u, v)
        self._covariance *= 1.0 - h
        self.calls += 1

    def _deviation(self, side: dict[str, Floats], population: Population, h: float) -> Floats:
        """Update one population's state; return u (n,), its filtered spikes less the old mean."""
        counts = population.spike_counts
        # A count that has fallen shows a reset of the network, from which all counts begin at 0.
        if np.any(counts < side["counts"]):
            side["counts"] = np.zeros(len(counts))
        # A time constant of 0 forgets at once: a is the number of spikes since the last call.
        decay = math.exp(-1.0 / self.trace) if self.trace else 0.0
        side["active"] = decay * side["active"] + (counts - side["counts"])
        side["counts"] = counts.copy()
        if not self.calls:  # both populations come here before `observe` counts the call
            side["mean"] = side["active"].copy()
        deviation = side["active"] - side["mean"]
        side["mean"] = side["mean"] + h * deviation
        side["variance"] = (1.0 - h) * (side["variance"] + h * deviation**2)
        return deviation

    def matrix(self) -> Floats:
        """Return the correlations, (n_source, n_target); 0 for a neuron without any variance."""
        # 1 / sqrt(inf) is 0: no division by the standard deviation of a constant neuron.
        source_scale, target_scale = (
            1.0 / np.sqrt(np.where(side["variance"] > 0, side["variance"], np.inf))
            for side in self._sides
        )
        correlation: Floats = self._covariance * source_scale[:, None]
        correlation *= target_scale
        return correlation

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Return the state that a checkpoint has to hold, as copies."""
        sides = {
            f"{who}.{name}": side[name].copy()
            for who, side in zip(SIDES, self._sides, strict=True)
            for name in FIELDS
        }
        return {"calls": np.array(self.calls), "covariance": self._covariance.copy(), **sides}

    def load_state_dict(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a checkpoint; ValueError for other shapes."""
        covariance = real_array("covariance", state["covariance"], self.shape).copy()
        sides = tuple(
            {
                name: real_array(f"{who}.{name}", state[f"{who}.{name}"], (n,)).copy()
                for name in FIELDS
            }
            for who, n in zip(SIDES, self.shape, strict=True)
        )
        self.calls, self._covariance, self._sides = (
            integer("calls", int(state["calls"]), 0),
            covariance,
            sides,
        )
