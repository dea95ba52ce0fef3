"""Samples of files and at random, and what is wrong with a file in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sc_model.evaluation import Samples, load_samples, random_samples, samples_for
from sc_model.evaluation.stimulus import RATES
from sc_model.quantisation import FloatLayer
from sc_model.spec import ConfigError

LAYERS = [FloatLayer("n", np.ones((2, 3)), leak=0.9)]
CUBE = np.arange(24).reshape(2, 4, 3) % 2


def written(folder: Path, **arrays: Any) -> Path:
    path = folder / "data.npz"
    np.savez(path, **arrays)
    return path


def test_formats(tmp_path: Path) -> None:
    cube = load_samples(written(tmp_path, spikes=CUBE, labels=[1, 0]), 3)
    assert np.array_equal(cube.spikes, CUBE)
    assert cube.labels is not None
    assert cube.labels.tolist() == [1, 0]
    assert cube.origin == "data.npz"
    meta = np.array(json.dumps({"labels": [1, 0], "steps": 4}))
    recording = load_samples(written(tmp_path, x=CUBE.reshape(8, 3), meta=meta), 3)
    assert np.array_equal(recording.spikes, CUBE)
    alone = load_samples(written(tmp_path, spikes=CUBE.reshape(8, 3).astype(float)), 3)
    assert (alone.spikes.shape, alone.labels) == ((1, 8, 3), None)
    np.save(tmp_path / "a.npy", CUBE.astype(bool))
    np.save(tmp_path / "l.npy", np.array([0, 2]))
    single = load_samples(tmp_path / "a.npy", 3, labels=tmp_path / "l.npy")
    assert single.labels is not None
    assert (single.spikes.sum(), single.labels.tolist()) == (CUBE.sum(), [0, 2])
    one = single.first(1)
    assert one.labels is not None
    assert (len(one.spikes), len(one.labels)) == (1, 1)


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({"y": CUBE}, "must hold 'spikes' or 'x', (samples, steps, inputs); it has y."),
        ({"x": CUBE * 2}, "'x' must hold spikes, 0 or 1, not 2 at (0, 0, 1)"),
        ({"x": CUBE - 0.5}, "'x' must hold spikes, 0 or 1, not -0.5 at (0, 0, 0)"),
        ({"x": np.full((2, 3), np.nan)}, "'x' must hold spikes, 0 or 1, not nan at (0, 0)"),
        ({"x": np.array([["a"]])}, "'x' must hold spikes, 0 or 1, not <U1."),
        ({"spikes": CUBE[..., :2]}, "or (steps, 3), none of them 0, not (2, 4, 2); the network"),
        ({"spikes": CUBE[:0]}, "none of them 0, not (0, 4, 3)"),
        ({"spikes": CUBE, "labels": [1]}, "labels must be one for each of the 2 samples, not 1."),
        ({"spikes": CUBE, "labels": [0.5, 1]}, "not float64 of shape (2,)"),
        ({"spikes": CUBE, "labels": [-1, 1]}, "labels must be whole numbers >= 0"),
        ({"x": CUBE[0], "labels": [1, 2, 3]}, "the 4 steps of 'x' must be a multiple of the 3"),
        ({"x": CUBE, "meta": np.array("{")}, "'meta' must be JSON"),
        ({"x": CUBE, "meta": np.array('{"labels": [[1], 2]}')}, "labels must be whole numbers"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path: Path, arrays: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_samples(written(tmp_path, **arrays), 3)
    assert text in str(error.value)
    assert "data.npz" in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY")
    for name in ("none.npz", "none.npy", "a.npy"):
        with pytest.raises(ConfigError, match=name):
            load_samples(tmp_path / name, 3)
    with pytest.raises(ConfigError, match="data file"):
        load_samples(written(tmp_path, x=CUBE), 3, labels=tmp_path / "none.npy")


def test_random_samples() -> None:
    first = random_samples(LAYERS, 4)
    assert first.spikes.shape == (32, 200, 3)
    repeats = first.spikes.reshape(4, 8, 200, 3)
    assert np.abs(repeats[::2].mean(axis=(0, 2, 3)) - RATES).max() < 0.05
    # in every other repeat one of three inputs in each sample; the lowest rates leave more silent
    silent = repeats.sum(axis=2)[:, 2:] == 0
    assert (silent.sum(axis=-1) == [[0], [1], [0], [1]]).all()
    assert silent.any(axis=(0, 1)).all()
    assert np.array_equal(first.spikes, random_samples(LAYERS, 4).spikes)
    assert not np.array_equal(first.spikes, random_samples(LAYERS).spikes)
    slow = random_samples([FloatLayer("n", np.ones((1, 1)), leak=1 - 1 / 100)], repeats=1)
    assert slow.spikes.shape == (8, 500, 1)
    endless = [FloatLayer("n", np.ones((1, 1)), leak=1 - 1e-6, synaptic_leak=1.0)]
    assert random_samples(endless, repeats=1).spikes.shape == (8, 4000, 1)


def test_samples_by_a_word(tmp_path: Path) -> None:
    many = random_samples(LAYERS, 4, repeats=16).spikes
    assert np.array_equal(samples_for(LAYERS, "random:4").spikes, many)
    assert samples_for(LAYERS, "random").origin == "random spikes, seed 0"
    given = Samples(CUBE.astype(np.uint8), None, "x")
    assert samples_for(LAYERS, given) is given
    assert samples_for(LAYERS, written(tmp_path, x=CUBE)).spikes.shape == CUBE.shape
    for word in ("random:", "random:-1", "random:x", "random:99999999999"):
        with pytest.raises(
            ConfigError, match=r"^random samples must have a seed of 0 to 999999999"
        ):
            samples_for(LAYERS, word)


def test_memory_bounds_what_is_run() -> None:
    wide = [FloatLayer("n", np.ones((1000, 1)), leak=1 - 1e-4)]
    assert random_samples(wide, repeats=1).spikes.shape == (8, 2500, 1)
    long = Samples(np.zeros((50, 1000, 1), np.uint8), np.arange(50), "x")
    cut = samples_for(wide, long)
    assert (cut.spikes.shape, cut.origin) == ((20, 1000, 1), "x (the first 20 of 50 samples)")
    assert cut.labels is not None
    assert len(cut.labels) == 20
    one = samples_for(wide, Samples(np.zeros((1, 30_000, 1), np.uint8), None, "x"))
    assert one.spikes.shape == (1, 20_000, 1)
