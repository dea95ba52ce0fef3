"""The shipped recording of the digits: it loads, replays to what it claims, and can be made again."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sc_model.golden import Bank
from sc_model.golden.recording import Recording, load_recording
from sc_model.learning.readout import accuracy, linear_readout
from sc_model.rules import resolve
from sc_model.spec import load_design

FOLDER = Path(__file__).parents[2] / "examples" / "digits"
FILE = FOLDER / "digits.npz"
DESIGN = load_design(FOLDER / "digits.toml")
RULE, PARAMS = resolve(DESIGN.rule)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return load_recording(FILE, RULE, PARAMS, DESIGN.synapses)


@pytest.fixture(scope="module")
def final_weights(recording: Recording) -> np.ndarray:
    bank = Bank(RULE, PARAMS, DESIGN.synapses, recording.initial)
    for step in range(recording.steps):
        bank.step({name: values[step] for name, values in recording.inputs.items()})
    return bank.state["weight"]


def score(meta: Any, weights: np.ndarray) -> float:
    packed = np.frombuffer(bytes.fromhex(meta["test"]["bits"]), np.uint8).reshape(meta["test"]["samples"], -1)
    lines = np.unpackbits(packed, axis=1, count=meta["lines"])
    return accuracy(linear_readout(weights.reshape(meta["neurons"], meta["lines"]), lines), meta["test"]["labels"])


def test_the_recording_is_small_and_fits_the_design(recording: Recording) -> None:
    assert FILE.stat().st_size < 150_000
    assert 0 < recording.steps <= 700
    assert DESIGN.synapses == recording.meta["neurons"] * recording.meta["lines"] == 1024
    assert DESIGN.seed == recording.meta["seed"]


def test_a_sweep_is_one_digit_one_choice_and_one_reward(recording: Recording) -> None:
    shape = (recording.steps, recording.meta["neurons"], recording.meta["lines"])
    pre, post, reward = (recording.inputs[name].reshape(shape) for name in ("pre_spike", "post_spike", "reward"))
    assert (pre == pre[:, :1]).all()  # all neurons see the same lines
    assert (pre.sum(axis=2) == 64).all()  # ON and OFF: constant activity
    assert (post == post[:, :, :1]).all()
    assert (post[:, :, 0].sum(axis=1) == 1).all()  # one decision
    assert (reward == reward[:, :1, :1]).all()  # the reward is global: no neuron is taught


def test_replay_gives_the_weights_and_accuracy_that_it_claims(recording: Recording, final_weights: np.ndarray) -> None:
    meta = recording.meta
    assert hashlib.sha256(final_weights.astype("<u2").tobytes()).hexdigest() == meta["final_weight_sha256"]
    assert score(meta, final_weights) == meta["accuracy"]["after"]
    assert score(meta, recording.initial["weight"]) == meta["accuracy"]["before"]


def test_it_learns(recording: Recording, final_weights: np.ndarray) -> None:
    before, after = score(recording.meta, recording.initial["weight"]), score(recording.meta, final_weights)
    assert before < 0.25
    assert after > 0.85
    assert min(recording.meta["accuracy"]["other_seeds"]["after"]) > 0.8


def test_the_readme_quotes_the_recording(recording: Recording) -> None:
    text, scores = (FOLDER / "README.md").read_text(), recording.meta["accuracy"]
    others = scores["other_seeds"]
    for figure in (scores["before"], scores["after"], others["mean"], others["sd"], min(others["after"])):
        assert f"{figure:.3f}" in text
    assert f"{recording.meta['digits_shown']} digits are shown" in text


def test_recording_again_gives_the_same_bytes(recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sklearn = pytest.importorskip("sklearn", reason="scikit-learn is needed to record the digits again")
    made_with = recording.meta["made_with"]
    if sklearn.__version__ != made_with["scikit-learn"]:
        pytest.skip(f"recorded with scikit-learn {made_with['scikit-learn']}, here is {sklearn.__version__}")
    spec = importlib.util.spec_from_file_location("record_digits", FOLDER / "record.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    out = tmp_path / "digits.npz"
    monkeypatch.setattr(sys, "argv", ["record.py", "--out", str(out)])
    assert module.main() == 0
    with np.load(FILE) as shipped, np.load(out) as made:
        assert shipped.files == made.files
        for name in set(shipped.files) - {"meta"}:
            np.testing.assert_array_equal(shipped[name], made[name])
        left, right = (json.loads(str(archive["meta"])) for archive in (shipped, made))
        same_versions = left.pop("made_with") == right.pop("made_with")
        assert left == right
    if same_versions:  # another zlib may pack the same arrays in other bytes
        assert out.read_bytes() == FILE.read_bytes()


@pytest.mark.parametrize(
    ("weights", "lines", "error", "message"),
    [
        ([[0.5]], [[1]], TypeError, "weights must be integers, not float64"),
        ([1, 2], [[1]], ValueError, r"weights must have 2 dimensions, not shape \(2,\)"),
        ([[1, 2]], [[1]], ValueError, r"weights of shape \(1, 2\) and lines of shape \(1, 1\) must share a last dimension >= 1"),
    ],
)
def test_readout_says_what_does_not_fit(weights: Any, lines: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}$"):
        linear_readout(weights, lines)


def test_accuracy_says_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"^predicted \(2,\) and labels \(1,\) must have the same number of samples, >= 1$"):
        accuracy([1, 2], [1])
    with pytest.raises(ValueError, match=r"^predicted must have 1 dimension, not shape \(1, 1\)$"):
        accuracy([[1]], [1])


def test_readout_by_hand() -> None:
    # means 2 and 5: corrected rows (-1, 1) and (2, -2), whatever the neurons' common parts are
    assert linear_readout([[1, 3], [7, 3]], [[1, 0], [0, 1], [1, 1]]).tolist() == [1, 0, 0]  # the last is a tie
    assert accuracy([1, 0, 0], [1, 0, 1]) == 2 / 3
