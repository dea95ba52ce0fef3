"""Steps as the transfers of a network's input: a whole word each, or some slices of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.spec import SLICE, NetworkSpec
from sc_sim.bits import Words, packed


@dataclass(frozen=True)
class Taken:
    """The steps that a network has taken.

    Members
    -------
    inputs : their spikes, (n, inputs); with an encoder sets of values, (n, values).
    epochs : of each, the restarts of the network's input before it.
    times : when its last slice was taken, in ps.
    """

    inputs: NDArray[Any]
    epochs: NDArray[np.int32]
    times: NDArray[np.int64]


@dataclass(frozen=True)
class Steps:
    """How a network's input takes steps.

    Members
    -------
    spec : the network.
    """

    spec: NetworkSpec

    @property
    def transfers(self) -> int:
        """Transfers of a step; with an encoder of a set of values."""
        if self.spec.encoder is not None:
            return self.spec.values
        return self.spec.slices() or 1

    def _slices(self, inputs: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Bits of each transfer, (steps x transfers, bits)."""
        missing = self.transfers * SLICE - inputs.shape[1]
        return np.pad(inputs, ((0, 0), (0, missing))).reshape(-1, SLICE)

    def words(self, inputs: NDArray[Any]) -> Words:
        """The payloads of some steps, or sets of values (sets, values)."""
        if self.spec.encoder is not None:
            return inputs.reshape(-1, 1).astype(np.uint64)
        return packed(self._slices(inputs) if self.spec.slices() else inputs)

    def taken(
        self, inputs: NDArray[Any], epochs: NDArray[np.int32], times: NDArray[np.int64]
    ) -> Taken:
        """What has been taken of some steps.

        Parameters
        ----------
        inputs : the steps that were offered.
        epochs, times : of each transfer that was taken.
        """
        if self.transfers == 1:
            return Taken(inputs[: len(epochs)], epochs, times)
        # A restart in the midst of a step voids it: what is left of it has epoch -1.
        count = len(epochs) // self.transfers
        of_slices = epochs[: count * self.transfers].reshape(count, self.transfers)
        whole = (of_slices >= 0).all(axis=1)
        last = times[self.transfers - 1 :: self.transfers][:count]
        return Taken(inputs[:count][whole], of_slices[whole, -1], last[whole])
