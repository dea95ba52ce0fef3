"""Linear maps with delays: what lies between two populations of a graph.

A `Taps` is a polynomial in the delay of one step: for each number of steps a sparse matrix
(targets, sources). Nodes that follow one another multiply such polynomials, several nodes into one
add them; so any feed-forward web of linear nodes and delays between two populations becomes one
`Taps`, and per-synapse delays written as lanes fold into one matrix of delays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import block_array, coo_array, csr_array, eye_array

Floats = NDArray[np.float64]
Sparse = Any  # scipy.sparse ships no types


def sparse(matrix: ArrayLike | Sparse) -> Sparse:
    """A matrix as float64 CSR of its own: sorted, duplicates summed, no stored zeros."""
    found = csr_array(matrix, dtype=np.float64, copy=True)
    found.sum_duplicates()
    found.eliminate_zeros()
    return found


class Taps:
    """Weights by delay, (targets, sources) each; immutable. Matrices without any weight are left
    out.

    Parameters
    ----------
    shape : (targets, sources).
    matrices : by delay in steps, >= 0.
    """

    def __init__(self, shape: tuple[int, int], matrices: Mapping[int, ArrayLike | Sparse]) -> None:
        self.shape = shape
        clean = {delay: sparse(matrices[delay]) for delay in sorted(matrices)}
        self._matrices = {delay: matrix for delay, matrix in clean.items() if matrix.nnz}

    @classmethod
    def identity(cls, size: int) -> Taps:
        """What comes in goes out."""
        return cls((size, size), {0: eye_array(size, format="csr")})

    @classmethod
    def constant(cls, values: ArrayLike) -> Taps:
        """Values (targets,) from the one source that is always 1."""
        column = np.asarray(values, np.float64).reshape(-1, 1)
        return cls((len(column), 1), {0: column})

    @classmethod
    def synapses(cls, weight: ArrayLike, delay: ArrayLike) -> Taps:
        """One delay for each synapse: weight and delay, both (targets, sources)."""
        weights, delays = np.asarray(weight, np.float64), np.asarray(delay)
        used = np.unique(delays[weights != 0])
        return cls(
            (weights.shape[0], weights.shape[1]),
            {int(d): np.where(delays == d, weights, 0.0) for d in used},
        )

    def __iter__(self) -> Iterator[tuple[int, Sparse]]:
        return iter(self._matrices.items())

    def __len__(self) -> int:
        return len(self._matrices)

    @property
    def delays(self) -> tuple[int, ...]:
        """Delays that occur, rising."""
        return tuple(self._matrices)

    def at(self, delay: int) -> Sparse:
        """Weights with that delay."""
        found = self._matrices.get(delay)
        return csr_array(self.shape, dtype=np.float64) if found is None else found

    def __add__(self, other: Taps) -> Taps:
        return Taps(
            self.shape,
            {delay: self.at(delay) + other.at(delay) for delay in {*self.delays, *other.delays}},
        )

    def then(self, matrix: Sparse) -> Taps:
        """Followed by a matrix."""
        return Taps(
            (matrix.shape[0], self.shape[1]), {delay: matrix @ each for delay, each in self}
        )

    def after(self, first: Taps) -> Taps:
        """These behind others: the product of the polynomials."""
        total: dict[int, Sparse] = {}
        for later, matrix in self:
            for delay, each in first:
                made = matrix @ each
                total[later + delay] = (
                    total[later + delay] + made if later + delay in total else made
                )
        return Taps((self.shape[0], first.shape[1]), total)

    def scaled(self, rows: ArrayLike) -> Taps:
        """Each row times a number of its own, (targets,)."""
        factors = np.asarray(rows, np.float64)
        return Taps(self.shape, {delay: each.multiply(factors[:, None]) for delay, each in self})

    def delayed(self, steps: NDArray[np.int64]) -> Taps:
        """Followed by a delay of each row, (targets,) steps."""
        moved: dict[int, Sparse] = {}
        for delay, each in self:
            for more in np.unique(steps):
                rows = coo_array(each.multiply((steps == more)[:, None]))
                there = delay + int(more)
                moved[there] = moved[there] + rows if there in moved else rows
        return Taps(self.shape, moved)

    @property
    def is_identity(self) -> bool:
        """Each target takes its own source, undelayed, as it is."""
        rows, columns = self.shape
        if rows != columns or self.delays != (0,):
            return False
        matrix = self.at(0)
        return matrix.nnz == rows and bool((matrix.diagonal() == 1.0).all())

    def weights(self) -> Floats:
        """Weights of all delays together, (targets, sources)."""
        total = np.zeros(self.shape)
        for _, each in self:
            total += each.toarray()
        return total

    def steps(self) -> NDArray[np.int64]:
        """The delay of each synapse, (targets, sources); 0 where there is no synapse. See
        `twofold`.
        """
        found = np.zeros(self.shape, np.int64)
        for delay, each in self:
            found[each.nonzero()] = delay
        return found

    def twofold(self) -> tuple[int, int] | None:
        """A (target, source) with weights at two delays, which one delay for each synapse can't
        say; None if there is none.
        """
        count = coo_array(
            sum(
                (each.astype(bool).astype(np.int64) for _, each in self),
                csr_array(self.shape, dtype=np.int64),
            )
        )
        several = np.flatnonzero(count.data > 1)
        if not len(several):
            return None
        first = several[np.lexsort((count.col[several], count.row[several]))[0]]
        return int(count.row[first]), int(count.col[first])


def block_diagonal(weight: Floats) -> Sparse:
    """The matrix of a weight (..., targets, sources) on values (..., sources): a block for each
    leading index.
    """
    blocks = weight.reshape(-1, *weight.shape[-2:])
    if len(blocks) == 1:
        return sparse(blocks[0])
    grid = [
        [sparse(block) if row == column else None for column in range(len(blocks))]
        for row, block in enumerate(blocks)
    ]
    return sparse(block_array(grid, format="csr"))
