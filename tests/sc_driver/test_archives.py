"""Files of arrays, and what is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sc_driver.archives import read_arrays


def test_arrays_by_name(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "x.npz", a=np.arange(900), b=np.zeros((2, 3)))
    found = read_arrays("file", tmp_path / "x.npz")
    assert {name: values.shape for name, values in found.items()} == {"a": (900,), "b": (2, 3)}


def test_files_that_are_none(tmp_path: Path) -> None:
    file, whole = tmp_path / "x.npz", tmp_path / "whole.npz"
    with pytest.raises(ValueError, match=rf"^checkpoint {file} can't be read: .*No such file"):
        read_arrays("checkpoint", file)
    np.savez_compressed(whole, a=np.arange(900))
    data = whole.read_bytes()
    np.save(tmp_path / "one.npy", np.zeros(3))
    damaged = data[:80] + bytes(40) + data[120:]
    one = (tmp_path / "one.npy").read_bytes()
    for text in (b"", b"PK\3\4", b"[]", data[:90], damaged, one):
        file.write_bytes(text)
        with pytest.raises(ValueError, match=rf"^checkpoint {file} can't be read: "):
            read_arrays("checkpoint", file)
