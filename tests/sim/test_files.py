"""Recorded arrays: read back as int64, and an interrupted write leaves the old archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sc_sim.files import write_arrays


def test_arrays_are_read_back_as_int64(tmp_path: Path) -> None:
    columns = {"spike": np.array([True, False]), "weight": np.array([[2**40, -1]])}
    with np.load(write_arrays(tmp_path / "new" / "record.npz", columns)) as record:
        assert set(record) == {"spike", "weight"}
        assert {record[name].dtype for name in record} == {np.dtype(np.int64)}
        np.testing.assert_array_equal(record["weight"], [[2**40, -1]])
        np.testing.assert_array_equal(record["spike"], [1, 0])


def test_an_array_that_can_not_be_stored_leaves_the_old_archive(tmp_path: Path) -> None:
    file = write_arrays(tmp_path / "record.npz", {"weight": np.array([1])})
    before = file.read_bytes()
    with pytest.raises(OverflowError):
        write_arrays(file, {"weight": np.array([2**70], dtype=object)})
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["record.npz"]
