"""Helpers of the learning rules over network synapses: changes of topology, bounds of weights."""

from __future__ import annotations

import math

import numpy as np

from sc_model.network.csr import Csr, Ints
from sc_model.network.models.model import Floats
from sc_model.network.projection import Projection

# Synapses updated at a time: their arrays of 128 KB each stay in a second-level cache.
BLOCK = 1 << 14


def pairs(csr: Csr) -> Ints:
    """Return a name for each synapse, (synapses,): source * n_target + target, in rising order.

    The name of a synapse stays when others are removed or added.
    """
    return csr.sources * csr.n_target + csr.indices


def carried(values: Floats, old: Csr, new: Csr) -> Floats:
    """Return the values of synapses, one each, in another topology.

    A synapse that is in both topologies keeps its value; a new one gets 0. If the topologies are
    equal, the same array is returned.
    """
    if np.array_equal(old.indptr, new.indptr) and np.array_equal(old.indices, new.indices):
        return values
    _, before, after = np.intersect1d(
        pairs(old), pairs(new), assume_unique=True, return_indices=True
    )
    result = np.zeros(new.size)
    result[after] = values[before]
    return result


def bounds(projection: Projection) -> tuple[float, float]:
    """Return the range to which a projection's own plasticity clips its weights, or infinities."""
    own = projection.plasticity
    return (-math.inf, math.inf) if own is None else (own.w_min, own.w_max)
