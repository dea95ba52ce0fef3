"""The bit-exact dense layer: I[j] = sum_c weight[j, c] * u[j, c] for what its synapses take in, u
(neurons, columns).

The neurons' equations are those of `sc_model.arithmetic.lif`.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from sc_model.golden.trained.layer import TrainedLayer
from sc_model.spec import DenseSpec


class Dense(TrainedLayer[DenseSpec]):
    """A dense layer in fixed point; arguments as those of `TrainedLayer`."""

    def _current(self, taken: NDArray[Any]) -> NDArray[Any]:
        current: NDArray[Any] = (self.parameters["weight"] * taken).sum(axis=1)
        return current
