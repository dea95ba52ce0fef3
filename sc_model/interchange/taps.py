"""`Taps`: linear maps with delays, from one population to another.

A `Taps` is a polynomial in the delay by one step: it has a sparse matrix (targets, sources) for
each number of steps. Nodes in a row multiply such polynomials, nodes side by side add them. So any
feed-forward web of linear nodes and delays between two populations is one `Taps`, and delays of
synapses that were written as lanes become one matrix of delays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array, eye_array

Floats = NDArray[np.float64]
Sparse = Any  # scipy.sparse ships no types
MAX_SYNAPSES = 1 << 24  # of one map; a matrix takes 12 bytes for each, and copies are made
MAX_DELAY = 1 << 16  # steps
AS_ONE = 1e-6  # by which a weight of 1 may be off: some roundings of float32
MAX_DELAYS = 1 << 10  # different delays of one map


class TooLargeError(Exception):
    """A map would have more synapses or delays than the limits; the text says which."""


def product(later: Sparse, first: Sparse) -> Sparse:
    """The matrix `later @ first`.

    Raises TooLargeError where it could have more than `MAX_SYNAPSES` entries: a column and a row of
    a thousand numbers each multiply to a million.
    """
    columns = np.bincount(later.indices, minlength=later.shape[1]).astype(np.float64)
    entries = float(columns @ np.diff(first.indptr))
    if min(entries, float(later.shape[0]) * first.shape[1]) > MAX_SYNAPSES:
        raise TooLargeError(f"at most {MAX_SYNAPSES:,} synapses, not up to {entries:,.0f}")
    return later @ first


def sparse(matrix: ArrayLike | Sparse) -> Sparse:
    """A float64 CSR copy of a matrix: sorted, with duplicates summed and without stored zeros."""
    copy = csr_array(matrix, dtype=np.float64, copy=True)
    copy.sum_duplicates()
    copy.eliminate_zeros()
    return copy


def by_delay(
    shape: tuple[int, int], rows: Any, columns: Any, values: Any, delays: Any
) -> dict[int, Sparse]:
    """A matrix for each delay that occurs, from the entries of all of them.

    Parameters
    ----------
    shape : of each matrix.
    rows, columns, values, delays : of each entry.

    Raises TooLargeError for more than `MAX_DELAYS` delays.
    """
    order = np.argsort(delays, kind="stable")
    different, starts = np.unique(delays[order], return_index=True)
    if len(different) > MAX_DELAYS:
        raise TooLargeError(f"at most {MAX_DELAYS:,} delays, not {len(different):,}")
    return {
        int(delay): coo_array((values[part], (rows[part], columns[part])), shape=shape)
        for delay, part in zip(different, np.split(order, starts[1:]), strict=False)
    }


class Taps:
    """Weights by delay; immutable.

    Parameters
    ----------
    shape : (targets, sources).
    matrices : (targets, sources) by delay in steps, >= 0; those of zeros are left out.
    """

    def __init__(self, shape: tuple[int, int], matrices: Mapping[int, ArrayLike | Sparse]) -> None:
        self.shape = shape
        clean = {delay: sparse(matrices[delay]) for delay in sorted(matrices)}
        self._matrices = {delay: matrix for delay, matrix in clean.items() if matrix.nnz}

    @classmethod
    def identity(cls, size: int) -> Taps:
        """The map of each source to its own target."""
        return cls((size, size), {0: eye_array(size, format="csr")})

    @classmethod
    def constant(cls, values: ArrayLike) -> Taps:
        """The map of values (targets,) from a single source that is always 1: a bias."""
        column = np.asarray(values, np.float64).reshape(-1, 1)
        return cls((len(column), 1), {0: column})

    @classmethod
    def synapses(cls, weight: ArrayLike, delay: ArrayLike) -> Taps:
        """The map with one weight and one delay (steps) for each synapse, (targets, sources)."""
        weights, delays = np.asarray(weight, np.float64), np.asarray(delay)
        rows, columns = np.nonzero(weights)
        shape = (weights.shape[0], weights.shape[1])
        values = weights[rows, columns]
        return cls(shape, by_delay(shape, rows, columns, values, delays[rows, columns]))

    def __iter__(self) -> Iterator[tuple[int, Sparse]]:
        return iter(self._matrices.items())

    def __len__(self) -> int:
        return len(self._matrices)

    @property
    def delays(self) -> tuple[int, ...]:
        """Delays that occur, rising."""
        return tuple(self._matrices)

    def at(self, delay: int) -> Sparse:
        """Weights with that delay, (targets, sources)."""
        matrix = self._matrices.get(delay)
        return csr_array(self.shape, dtype=np.float64) if matrix is None else matrix

    def __add__(self, other: Taps) -> Taps:
        return Taps(
            self.shape,
            {delay: self.at(delay) + other.at(delay) for delay in {*self.delays, *other.delays}},
        )

    def then(self, matrix: Sparse) -> Taps:
        """This map, followed by a matrix."""
        return Taps(
            (matrix.shape[0], self.shape[1]),
            {delay: product(matrix, each) for delay, each in self},
        )

    def after(self, first: Taps) -> Taps:
        """This map after another one: the product of the polynomials."""
        total: dict[int, Sparse] = {}
        for later, matrix in self:
            for delay, each in first:
                term = product(matrix, each)
                total[later + delay] = (
                    total[later + delay] + term if later + delay in total else term
                )
        return Taps((self.shape[0], first.shape[1]), total)

    def scaled(self, rows: ArrayLike) -> Taps:
        """This map with each row times a factor of `rows`, (targets,)."""
        factors = np.asarray(rows, np.float64)[:, None]
        with np.errstate(over="ignore"):  # who takes the weights looks whether they are finite
            return Taps(self.shape, {delay: each.multiply(factors) for delay, each in self})

    def delayed(self, steps: NDArray[np.int64]) -> Taps:
        """This map, followed by a delay of each target, (targets,) steps."""
        later: dict[int, Sparse] = {}
        for delay, each in self:
            entries = coo_array(each)
            split = by_delay(self.shape, entries.row, entries.col, entries.data, steps[entries.row])
            for more, matrix in split.items():
                total = delay + more
                later[total] = later[total] + matrix if total in later else matrix
            if len(later) > MAX_DELAYS:
                raise TooLargeError(f"at most {MAX_DELAYS:,} delays, not {len(later):,}")
        return Taps(self.shape, later)

    @property
    def is_identity(self) -> bool:
        """Whether each target gets its own source, without a weight or a delay."""
        rows, columns = self.shape
        if rows != columns or self.delays != (0,):
            return False
        matrix = self.at(0)
        # Scales by 0.1 and 10 that float32 rounded are no weight
        return matrix.nnz == rows and bool((np.abs(matrix.diagonal() - 1.0) < AS_ONE).all())

    def weights(self) -> Floats:
        """Weights of all delays together, (targets, sources)."""
        total = np.zeros(self.shape)
        for _, each in self:
            total += each.toarray()
        return total

    def steps(self) -> NDArray[np.int64]:
        """The delay of each synapse, int64 (targets, sources); 0 where there is no synapse.

        Of a synapse with several delays it is the longest, see `twofold`.
        """
        delays = np.zeros(self.shape, np.int64)
        for delay, each in self:
            delays[each.nonzero()] = delay
        return delays

    def twofold(self) -> tuple[int, int] | None:
        """The first (target, source) with weights at two delays or more; None without one."""
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
    """The matrix of a weight (..., targets, sources) on flattened values (..., sources).

    It has a block for each leading index.
    """
    blocks = weight.reshape(-1, *weight.shape[-2:])
    number, targets, sources = blocks.shape
    if number == 1:
        return sparse(blocks[0])
    block, row, column = np.nonzero(blocks)
    return sparse(
        coo_array(
            (blocks[block, row, column], (block * targets + row, block * sources + column)),
            shape=(number * targets, number * sources),
        )
    )
