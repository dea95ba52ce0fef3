"""What the rules on `sc_model.network` share: changing topology, bounds of weights."""

from __future__ import annotations

import math

import numpy as np

from sc_model.network.csr import Csr, Ints
from sc_model.network.models.model import Floats
from sc_model.network.projection import Projection

BLOCK = 1 << 14  # synapses at a time: what a rule needs of them stays in the second-level cache


def pairs(csr: Csr) -> Ints:
    """(synapses,): source * n_target + target of each; rises, and names a synapse whatever becomes
    of the others.
    """
    return csr.sources * csr.n_target + csr.indices


def carried(values: Floats, old: Csr, new: Csr) -> Floats:
    """Values of synapses, one each, in another topology: those of synapses that are in both, 0 for
    new ones.
    """
    if np.array_equal(old.indptr, new.indptr) and np.array_equal(old.indices, new.indices):
        return values
    _, before, after = np.intersect1d(
        pairs(old), pairs(new), assume_unique=True, return_indices=True
    )
    found = np.zeros(new.size)
    found[after] = values[before]
    return found


def bounds(projection: Projection) -> tuple[float, float]:
    """Where the projection's own plasticity keeps its weights; infinite without."""
    own = projection.plasticity
    return (-math.inf, math.inf) if own is None else (own.w_min, own.w_max)
