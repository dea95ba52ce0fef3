"""The process that reads NIR files, its limits, and what is read at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np
import pytest

from sc_model.interchange import InterchangeError, hdf5, read
from sc_model.interchange.hdf5 import read_tree


def refusal(path: Path) -> str:
    with pytest.raises(InterchangeError) as caught:
        read_tree(path)
    return str(caught.value)


def test_a_tree_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a b'$x.nir"
    weight = np.arange(6, dtype=np.float32).reshape(2, 3)
    nir.write(path, nir.Linear(weight))
    tree = read_tree(path)
    found = tree["node"]["weight"]
    assert found.dtype == np.float32
    assert found.tolist() == weight.tolist()
    assert tree["node"]["type"].item() == "Linear"
    assert tree["version"].item() == nir.version


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.nir"
    os.mkfifo(pipe)
    assert refusal(pipe) == f"NIR file {pipe} must be a regular file, not a pipe."
    assert refusal(tmp_path) == f"NIR file {tmp_path} must be a regular file, not a folder."
    null = Path(os.devnull)
    assert refusal(null) == f"NIR file {null} must be a regular file, not a device."
    large = tmp_path / "large.nir"
    with large.open("wb") as file:
        file.truncate(hdf5.FILE_BYTES + 1)
    assert refusal(large) == (
        f"NIR file {large} must have at most 268,435,456 bytes, not 268,435,457."
    )
    empty = tmp_path / "empty.nir"
    empty.touch()
    text = f"NIR file {empty} must be an HDF5 file, as nir.write() makes them; it is no HDF5 file."
    assert refusal(empty) == text


def test_an_object_is_named_as_a_node(tmp_path: Path) -> None:
    path = tmp_path / "far.nir"
    with h5py.File(path, "w") as file:
        file["node/nodes/outer/nodes/w/weight"] = h5py.ExternalLink(str(tmp_path / "other"), "/x")
    assert refusal(path) == (
        f"NIR file {path}: weight of node 'outer.w' must be an array or a group, not a link to"
        " another file; write the file with nir.write()."
    )


def test_time_and_memory_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    busy, full = tmp_path / "busy.nir", tmp_path / "full.nir"
    with h5py.File(busy, "w") as file:
        group = file.create_group("last")
        for number in range(40):
            outer = file.create_group(f"group{number}")
            outer["a"] = outer["b"] = group
            group = outer
        file["node/nodes/a"] = group
    with h5py.File(full, "w") as file:
        file.create_dataset("node/nodes/w/weight", (1 << 30,), "f8", chunks=(1024,))
    monkeypatch.setattr(hdf5, "SECONDS", 1)
    endless: dict[str, Any] = dict.fromkeys(hdf5.LIMITS, 1 << 40)
    monkeypatch.setattr(hdf5, "LIMITS", endless)
    assert refusal(busy) == (
        f"NIR file {busy} must be readable within 1 s, and is not: it is damaged, or made to keep a"
        " reader busy; write or copy the file again."
    )
    assert refusal(full) == (
        f"NIR file {full} must be readable within 1,536 MiB, and weight of node 'w' is not: it is"
        " damaged, or made to fill the memory; write or copy the file again."
    )


def test_the_environment_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "w.nir"
    nir.write(path, nir.Linear(np.ones((2, 3))))
    (tmp_path / "h5py.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("HDF5_PLUGIN_PATH", str(tmp_path))
    assert read_tree(path)["node"]["weight"].shape == (2, 3)


def test_an_error_of_the_graph_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "w.nir"
    nir.write(path, nir.Linear(np.ones((2, 3))))
    with pytest.raises(InterchangeError) as caught:
        read(path, dt_ms=1.0)
    assert str(caught.value) == (
        f"NIR file {path}: the outermost node must be a NIRGraph, not Linear."
    )
