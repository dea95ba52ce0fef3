"""Topologies of projections, by name.

random
    each pair of neurons has a synapse with that probability, independently of the others.
all_to_all
    every pair has one; synapse k = source * n_target + target.
one_to_one
    neuron i of the source has one to neuron i of the target.
explicit
    a matrix (n_source, n_target): the entries that are not 0 of a dense one, or the stored entries
    of a SciPy sparse one.

Where source and target are the same population, a neuron may have a synapse to itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from sc_model.checks import choice, positive_number, real_array
from sc_model.network.csr import Csr
from sc_model.network.models.model import Floats

TOPOLOGIES = ("random", "all_to_all", "one_to_one", "explicit")
# Pairs for which random numbers are drawn at a time (32 MB). The numbers do not depend on it.
AT_ONCE = 1 << 22


def connect(
    topology: str,
    n_source: int,
    n_target: int,
    probability: float,
    weight: Any,
    rng: np.random.Generator,
) -> tuple[Csr, Floats]:
    """The connectivity of a topology, and weights (synapses,) in CSR order.

    Parameters
    ----------
    topology : a name, see above.
    n_source, n_target : numbers of neurons.
    probability : of a synapse, in [0, 1]; of topology "random".
    weight : see `Projection`.
    rng : random numbers for topology and weights.

    Raises ValueError or TypeError for a weight or a topology that does not fit.
    """
    choice("topology", topology, TOPOLOGIES)
    if topology == "explicit":
        return _explicit(n_source, n_target, weight)
    if sparse.issparse(weight):
        raise ValueError(
            f"weight must be dense with topology {topology!r}, not a sparse matrix; take topology"
            " 'explicit'"
        )
    if topology == "random":
        csr = _random(n_source, n_target, probability, rng)
    elif topology == "all_to_all":
        csr = Csr(
            np.arange(n_source + 1) * n_target,
            np.tile(np.arange(n_target), n_source),
            n_source,
            n_target,
        )
        if not callable(weight) and np.shape(weight) == (n_source, n_target):
            weight = np.ravel(weight)
    else:
        if n_source != n_target:
            raise ValueError(
                f"topology 'one_to_one' needs as many source as target neurons, not {n_source} and"
                f" {n_target}"
            )
        csr = Csr(np.arange(n_source + 1), np.arange(n_source), n_source, n_target)
    return csr, _weights(weight, csr.size, rng)


def _weights(weight: Any, size: int, rng: np.random.Generator) -> Floats:
    """The weights (size,) of a number, an array, or a function of generator and size."""
    values = weight(rng, size) if callable(weight) else weight
    if np.ndim(values) == 0:
        values = np.broadcast_to(values, (size,))
    elif np.ndim(values) == 1 and len(values) != size:
        raise ValueError(
            f"weight must hold one number for each of the {size} synapses, in CSR order, not"
            f" {len(values)}"
        )
    return real_array("weight", values, (size,)).copy()


def _random(n_source: int, n_target: int, probability: float, rng: np.random.Generator) -> Csr:
    """Each pair with that probability."""
    if positive_number("probability", probability, zero=True) > 1:
        raise ValueError(f"probability must be <= 1, not {float(probability)!r}")
    rows = max(1, AT_ONCE // n_target)
    counts, indices = [np.zeros(1, dtype=np.int64)], []
    for first in range(0, n_source, rows):
        pairs = rng.random((min(rows, n_source - first), n_target)) < probability
        counts.append(pairs.sum(axis=1))
        indices.append(np.nonzero(pairs)[1])
    return Csr(np.cumsum(np.concatenate(counts)), np.concatenate(indices), n_source, n_target)


def _explicit(n_source: int, n_target: int, weight: Any) -> tuple[Csr, Floats]:
    """Connectivity and weights of a matrix."""
    if np.shape(weight) != (n_source, n_target):
        raise ValueError(
            f"weight must be a matrix of shape ({n_source}, {n_target}) with topology 'explicit',"
            f" not of shape {np.shape(weight)}"
        )
    if sparse.issparse(weight):
        matrix = sparse.csr_array(weight, copy=True)
        matrix.sum_duplicates()  # this sorts each row by target, too
        values = real_array("weight", matrix.data, (matrix.nnz,))
        return Csr(matrix.indptr, matrix.indices, n_source, n_target), values
    dense = real_array("weight", weight, (n_source, n_target))
    present = dense != 0
    indptr = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
    return Csr(indptr, np.nonzero(present)[1], n_source, n_target), dense[present]
