"""What the synapses of a layer take in: inputs, the layer's own spikes, a constant, each as it was
some ticks ago.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import checked
from sc_model.spec import IntFormat, TrainedLayerSpec


class Columns:
    """The past of a layer's columns.

    Parameters
    ----------
    spec : the layer.
    value : format of what comes in.
    delay : (neurons, columns), in ticks.

    Members
    -------
    history : (max_delay + 1, columns), what the columns were in the last ticks, the latest first.
    """

    def __init__(
        self, spec: TrainedLayerSpec, value: IntFormat, delay: NDArray[Any] | int = 0
    ) -> None:
        self.spec, self.value = spec, value
        self._delay = np.broadcast_to(np.asarray(delay, np.int64), (spec.neurons, spec.columns))
        self._column = np.arange(spec.columns)
        self.reset()

    def reset(self) -> None:
        """Nothing has come."""
        self.history: NDArray[np.int64] = np.zeros(
            (self.spec.max_delay + 1, self.spec.columns), np.int64
        )

    def take(self, x: ArrayLike, fired: NDArray[Any]) -> NDArray[np.int64]:
        """A tick: values (inputs,) and the spikes of the tick before (neurons,) to what synapses
        take in (neurons, columns).
        """
        spec = self.spec
        values = checked(f"layer '{spec.name}': x", x, (spec.inputs,), self.value.lo, self.value.hi)
        parts = [
            values,
            *([fired] if spec.recurrent else []),
            *([np.ones(1, np.int64)] if spec.bias else []),
        ]
        self.history = np.concatenate(
            [np.concatenate(parts)[None].astype(np.int64), self.history[:-1]]
        )
        taken: NDArray[np.int64] = self.history[self._delay, self._column]
        return taken
