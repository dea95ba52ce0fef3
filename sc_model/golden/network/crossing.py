"""What a tick of a layer takes in: the three policies at a crossing, in integers.

Words of 0s and 1s come in at the producer's ticks; at a tick of the consumer, after the word of the
same step if there is one,

* ``hold`` gives the last word that has come (zeros before the first);
* ``accumulate`` gives how many spikes have come in each channel since the tick before;
* ``once`` gives one spike in each channel in which one waits; the others of that channel wait on.
  Spikes that come while 2^pending_bits - 1 wait are lost, and counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.spec import CrossingSpec


class Crossing:
    """The state of a crossing.

    Members
    -------
    kept : for each channel the last word, the count, or the spikes that wait.
    lost : spikes lost so far (``once``).
    """

    def __init__(self, spec: CrossingSpec) -> None:
        self.spec = spec
        self.reset()

    def reset(self) -> None:
        """Nothing has come."""
        self.kept: NDArray[np.int64] = np.zeros(self.spec.channels, np.int64)
        self.lost = 0

    def put(self, word: ArrayLike) -> None:
        """A word comes in."""
        spikes: NDArray[Any] = np.asarray(word, np.int64)
        if self.spec.policy == "hold":
            self.kept = spikes.copy()
            return
        self.kept = self.kept + spikes
        if self.spec.policy == "once":
            over = np.maximum(self.kept - ((1 << self.spec.pending_bits) - 1), 0)
            self.kept -= over
            self.lost += int(over.sum())

    def take(self) -> NDArray[np.int64]:
        """The consumer ticks: what it takes in."""
        if self.spec.policy == "hold":
            return self.kept.copy()
        given = self.kept if self.spec.policy == "accumulate" else np.minimum(self.kept, 1)
        self.kept = self.kept - given
        return given
