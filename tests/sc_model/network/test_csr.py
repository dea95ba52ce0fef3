"""Compressed sparse rows, by hand; their errors are in `test_network_errors`."""

from __future__ import annotations

import numpy as np
import pytest

from sc_model.network.csr import Csr, ranges


def test_synapses_of_sources_and_targets() -> None:
    # 0 -> 1, 0 -> 2, 2 -> 0, 2 -> 2; source 1 has none
    csr = Csr([0, 2, 2, 4], [1, 2, 0, 2], 3, 3)
    assert csr.size == 4
    assert csr.sources.tolist() == [0, 0, 2, 2]
    assert csr.leaving(np.array([2, 0])).tolist() == [2, 3, 0, 1]
    assert csr.leaving(np.array([1])).tolist() == []
    assert csr.arriving(np.array([2, 0, 1])).tolist() == [1, 3, 2, 0]


def test_ranges_one_after_the_other() -> None:
    assert ranges(np.array([5, 1, 7]), np.array([7, 1, 10])).tolist() == [5, 6, 7, 8, 9]
    assert ranges(np.array([], dtype=int), np.array([], dtype=int)).tolist() == []


def test_arrays_can_not_be_written() -> None:
    csr = Csr([0, 1], [0], 1, 1)
    for array in (csr.indptr, csr.indices):
        with pytest.raises(ValueError, match=r"^assignment destination is read-only$"):
            array[0] = 0
