"""The values of a layer's columns, each delayed as its synapse demands."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import checked
from sc_model.spec import IntFormat, TrainedLayerSpec


class Columns:
    """The last values of a layer's columns: its inputs, its own spikes, and a constant 1.

    Parameters
    ----------
    spec : the layer.
    value : format of the input values.
    delay : delay of each synapse in ticks of the layer, or one for all.
    column : column of each synapse, an array of any shape; by default (neurons, columns), all.

    Members
    -------
    history : (max_delay + 1, columns), values of the columns in the last ticks, the latest first.
    """

    def __init__(
        self,
        spec: TrainedLayerSpec,
        value: IntFormat,
        delay: NDArray[Any] | int = 0,
        column: NDArray[np.int64] | None = None,
    ) -> None:
        self.spec, self.value = spec, value
        if column is None:
            column = np.broadcast_to(np.arange(spec.columns), (spec.neurons, spec.columns))
        self._column = column
        self._delay = np.broadcast_to(np.asarray(delay, np.int64), column.shape)
        self.reset()

    def reset(self) -> None:
        """Set the whole past to 0."""
        self.history: NDArray[np.int64] = np.zeros(
            (self.spec.max_delay + 1, self.spec.columns), np.int64
        )

    def take(self, x: ArrayLike, fired: NDArray[Any]) -> NDArray[np.int64]:
        """Begin a tick, and return the value that each synapse takes in.

        Parameters
        ----------
        x : (inputs,), values in the format `value`.
        fired : (neurons,), the layer's spikes in the previous tick.
        """
        spec = self.spec
        inputs = checked(f"layer '{spec.name}': x", x, (spec.inputs,), self.value.lo, self.value.hi)
        parts = [
            inputs,
            *([fired] if spec.recurrent else []),
            *([np.ones(1, np.int64)] if spec.bias_column else []),
        ]
        # One row in front, the oldest dropped: the same shift as in the hardware's history.
        present = np.concatenate(parts)[None].astype(np.int64)
        self.history = np.concatenate([present, self.history[:-1]])
        return self.after(0)

    def after(self, ticks: int) -> NDArray[np.int64]:
        """What is known of the value that each synapse takes in some ticks behind the last one.

        Of a delay that is shorter, the value is not known yet, and is 0 here.
        """
        age = self._delay - ticks
        known: NDArray[np.int64] = self.history[np.maximum(age, 0), self._column] * (age >= 0)
        return known
