r"""Running correlation of what two populations do, from spikes counted between calls.

With a_i the spikes of neuron i since the call before, filtered over calls, and h = 1 - exp(-1 /
memory)::

    a <- exp(-1 / trace) a + spikes;   u = a - mean;   mean <- mean + h u;   variance <- (1 - h) (variance + h u^2)
    C[i, j] <- (1 - h) (C[i, j] + h u_i v_j)                 (v: the other population's u)
    correlation[i, j] = C[i, j] / sqrt(variance_i variance_j)

The mean begins with the first call. This is the covariance with weights that fall exponentially
into the past (West 1979, doi:10.1145/359146.359153, with a share h for each new value), so the
correlation lies in [-1, 1]. Memory: 8 bytes for each pair of neurons, whatever the time.
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

FIELDS = ("counts", "active", "mean", "variance")
SIDES = ("source", "target")


class RunningCorrelation:
    """Of `n_source` and `n_target` neurons; `memory` in calls, > 0, `trace` in calls, 0 for none.
    calls : how many there were.
    """

    def __init__(self, n_source: int, n_target: int, memory: float, trace: float) -> None:
        self.shape = (n_source, n_target)
        self.memory, self.trace = memory, trace
        self.calls = 0
        self._sides = tuple({name: np.zeros(n) for name in FIELDS} for n in self.shape)
        self._covariance = np.zeros(self.shape)

    def observe(self, source: Population, target: Population) -> None:
        """What they have fired since the last call; at the first, since their last reset."""
        h = -math.expm1(-1.0 / self.memory)
        u, v = (
            self._deviation(side, each, h)
            for side, each in zip(self._sides, (source, target), strict=True)
        )
        self._covariance += np.multiply.outer(h * u, v)
        self._covariance *= 1.0 - h
        self.calls += 1

    def _deviation(self, side: dict[str, Floats], population: Population, h: float) -> Floats:
        counts = population.spike_counts
        if np.any(counts < side["counts"]):  # its network has been reset since
            side["counts"] = np.zeros(len(counts))
        lasting = math.exp(-1.0 / self.trace) if self.trace else 0.0
        side["active"] = lasting * side["active"] + (counts - side["counts"])
        side["counts"] = counts.copy()
        if not self.calls:
            side["mean"] = side["active"].copy()
        deviation = side["active"] - side["mean"]
        side["mean"] = side["mean"] + h * deviation
        side["variance"] = (1.0 - h) * (side["variance"] + h * deviation**2)
        return deviation

    def matrix(self) -> Floats:
        """(n_source, n_target); 0 where a neuron has done the same at every call."""
        before, after = (
            1.0 / np.sqrt(np.where(side["variance"] > 0, side["variance"], np.inf))
            for side in self._sides
        )
        found: Floats = self._covariance * before[:, None]
        found *= after
        return found

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Copies of plain arrays."""
        sides = {
            f"{who}.{name}": side[name].copy()
            for who, side in zip(SIDES, self._sides, strict=True)
            for name in FIELDS
        }
        return {"calls": np.array(self.calls), "covariance": self._covariance.copy(), **sides}

    def load_state_dict(self, state: Mapping[str, NDArray[Any]]) -> None:
        """What `state_dict` gave; ValueError for other shapes."""
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
