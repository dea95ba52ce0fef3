"""The bit-exact HetSyn layer.

A tick with what the synapses take in, u (neurons, columns), each >= 0, by the equations of
`sc_model.arithmetic.hetsyn`::

    trace'[j, c] = saturate(((trace[j, c] * D[code[j, c]]) >> factor_shift) + (u[j, c] << trace_fraction))
    I[j]         = sum_c weight[j, c] * trace'[j, c]

The decay is multiplied out here; hardware adds shifted copies.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.golden.trained.layer import TrainedLayer
from sc_model.spec import HetSynSpec


class HetSyn(TrainedLayer[HetSynSpec]):
    """A HetSyn layer in fixed point; arguments as those of `TrainedLayer`.

    Members
    -------
    trace : (neurons, columns).
    """

    def _widest(self) -> int:
        spec = self.spec
        most: int = spec.trace_bits + max(
            spec.factor_shift, self.crossing.value.width + spec.trace_fraction
        )
        return most

    def _loaded(self) -> None:
        self.codes = self.spec.codes(self.tick_ms)
        self._factor = np.array(self.codes.factors, dtype=self._dtype)[
            self.parameters["code"].astype(np.int64)
        ]

    def reset(self) -> None:
        """State after reset: no traces, potentials 0."""
        super().reset()
        self.trace = np.zeros((self.spec.neurons, self.spec.columns), self._dtype)
        self._saturations = 0

    @property
    def state(self) -> dict[str, NDArray[Any]]:
        """All that changes from tick to tick, by name."""
        return {"trace": self.trace.copy(), **super().state}

    @property
    def saturations(self) -> int:
        """How many traces were cut at their largest value so far."""
        return self._saturations

    def _current(self, taken: NDArray[Any]) -> NDArray[Any]:
        spec = self.spec
        risen = ((self.trace * self._factor) >> spec.factor_shift) + (taken << spec.trace_fraction)
        self.trace = np.minimum(risen, spec.trace_format.hi)
        self._saturations += int((risen != self.trace).sum())
        current: NDArray[Any] = (self.parameters["weight"] * self.trace).sum(axis=1)
        return current
