"""The golden crossing in front of a layer: from words of spikes to the values of each tick.

The producer puts in a word of 0s and 1s, one bit for each channel, at each of its ticks. The
consumer is the layer behind the crossing. If both tick in the same step, the word comes first. Each
tick of the consumer takes in

* with ``hold`` the last word, zeros before the first;
* with ``accumulate`` the number of spikes of each channel since the previous tick;
* with ``once`` one spike of each channel in which any waits; the others of the channel wait on. A
  spike that arrives while 2^pending_bits - 1 wait is lost and counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.spec import CrossingSpec


class Crossing:
    """A crossing and its state.

    Parameters
    ----------
    spec : number of channels, policy, and width of the count of waiting spikes.

    Members
    -------
    spec : as given.
    pending : (channels,), the last word (``hold``), the count (``accumulate``), or the number of
        waiting spikes (``once``).
    lost : number of spikes lost in all channels since the last reset (``once``).
    """

    def __init__(self, spec: CrossingSpec) -> None:
        self.spec = spec
        self.reset()

    def reset(self) -> None:
        """Discard all spikes and set the number of lost ones to 0."""
        self.pending: NDArray[np.int64] = np.zeros(self.spec.channels, np.int64)
        self.lost = 0

    def put(self, word: ArrayLike) -> None:
        """Put in a word: (channels,), 0s and 1s."""
        spikes: NDArray[Any] = np.asarray(word, np.int64)
        if self.spec.policy == "hold":
            self.pending = spikes.copy()
            return
        # A count of ``accumulate`` needs no bound: each tick empties it, and in hardware it has
        # room for all words between two ticks (`CrossingSpec.value`).
        self.pending = self.pending + spikes
        if self.spec.policy == "once":
            excess = np.maximum(self.pending - ((1 << self.spec.pending_bits) - 1), 0)
            self.pending -= excess
            self.lost += int(excess.sum())

    def take(self) -> NDArray[np.int64]:
        """Take the values of a tick of the consumer, (channels,), out of the crossing.

        With ``hold`` the word stays, and the next tick takes it again if no word comes between.
        """
        if self.spec.policy == "hold":
            return self.pending.copy()
        values = self.pending if self.spec.policy == "accumulate" else np.minimum(self.pending, 1)
        self.pending = self.pending - values
        return values
