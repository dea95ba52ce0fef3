"""Connectivity in compressed sparse rows (CSR), one row for each source neuron.

Synapse k, for indptr[i] <= k < indptr[i+1], leads from neuron i to neuron indices[k]. *CSR order*
is the order of k: by source neuron, and by target neuron within a source. All arrays with one
number for each synapse are in that order.
"""

from __future__ import annotations

from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints: TypeAlias = NDArray[np.int64]


class Csr:
    """Connectivity that does not change.

    Members
    -------
    indptr : int64 (n_source + 1,), number of each source's first synapse; read-only.
    indices : int64 (size,), target neuron of each synapse, rising within a row; read-only.
    n_source, n_target : numbers of neurons.
    size : number of synapses.

    Raises ValueError for arrays that are no CSR of that shape.
    """

    def __init__(self, indptr: ArrayLike, indices: ArrayLike, n_source: int, n_target: int) -> None:
        self.indptr = np.array(indptr, dtype=np.int64)
        self.indices = np.array(indices, dtype=np.int64)
        self.n_source, self.n_target, self.size = n_source, n_target, len(self.indices)
        if self.indptr.shape != (n_source + 1,):
            raise ValueError(f"indptr must have shape ({n_source + 1},), not {self.indptr.shape}")
        if self.indptr[0] != 0 or self.indptr[-1] != self.size or np.any(np.diff(self.indptr) < 0):
            raise ValueError(
                f"indptr must rise from 0 to the number of synapses ({self.size}), and never fall"
            )
        if self.size and (self.indices.min() < 0 or self.indices.max() >= n_target):
            wrong = self.indices[(self.indices < 0) | (self.indices >= n_target)][0]
            raise ValueError(
                f"indices must be target neurons from 0 to {n_target - 1}, not {wrong}"
            )
        same_row = np.diff(self.sources) == 0
        if np.any(np.diff(self.indices)[same_row] <= 0):
            raise ValueError(
                "indices must rise within each row: synapses are sorted by target, one for each"
                " pair of neurons"
            )
        self.indptr.flags.writeable = self.indices.flags.writeable = False

    @cached_property
    def sources(self) -> Ints:
        """Source neuron of each synapse, int64 (size,)."""
        return np.repeat(np.arange(self.n_source), np.diff(self.indptr))

    @cached_property
    def _by_target(self) -> tuple[Ints, Ints]:
        """Synapses sorted by target: where each target's begin (n_target + 1,), numbers (size,)."""
        order = np.argsort(self.indices, kind="stable")
        return np.searchsorted(self.indices[order], np.arange(self.n_target + 1)), order

    def leaving(self, sources: Ints) -> Ints:
        """Numbers of the synapses from these source neurons, in the order of the neurons."""
        return ranges(self.indptr[sources], self.indptr[sources + 1])

    def arriving(self, targets: Ints) -> Ints:
        """Numbers of the synapses to these target neurons, neuron by neuron, then by source."""
        starts, order = self._by_target
        return order[ranges(starts[targets], starts[targets + 1])]


def ranges(starts: Ints, ends: Ints) -> Ints:
    """The numbers of the ranges [start, end), one range after the other."""
    lengths = ends - starts
    # place of each range's first number in the result; a number is its place plus an offset that
    # is the same for the whole range
    places = np.cumsum(lengths) - lengths
    numbers: Ints = np.repeat(starts - places, lengths) + np.arange(lengths.sum())
    return numbers
