"""The shipped recording of the digits: it loads, replays to what it claims, and can be made
again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from sc_model.golden import PlasticLayer
from sc_model.golden.recording import LayerRecording, load_layer_recording
from sc_model.rules import resolve
from sc_model.spec import load_design

FOLDER = Path(__file__).parents[3] / "examples" / "digits"
FILE = FOLDER / "digits.npz"
DESIGN = load_design(FOLDER / "digits.toml")
RULE, PARAMS = resolve(DESIGN.rule)
assert DESIGN.layer is not None
assert DESIGN.neuron is not None
LAYER, NEURON = DESIGN.layer, DESIGN.neuron


@pytest.fixture(scope="module")
def recording() -> LayerRecording:
    return load_layer_recording(FILE, RULE, PARAMS, LAYER, NEURON)


@pytest.fixture(scope="module")
def replay(recording: LayerRecording) -> tuple[PlasticLayer, np.ndarray]:
    layer = PlasticLayer(RULE, PARAMS, LAYER, NEURON, recording.initial_weight)
    return layer, np.array([layer.step(**recording.at(step)) for step in range(recording.steps)])


def test_the_recording_is_small_and_fits_the_design(recording: LayerRecording) -> None:
    assert FILE.stat().st_size < 200_000
    assert recording.steps == 3 * recording.meta["trials"] + recording.meta["held_out"]
    assert DESIGN.seed == recording.meta["seed"]
    assert (
        len(recording.meta["labels"])
        == len(recording.meta["winners"])
        == recording.flags["decide"].sum()
    )


def test_a_trial_is_one_digit_one_choice_and_one_reward(recording: LayerRecording) -> None:
    trials = recording.meta["trials"]
    shown, silent, rewarded = (
        recording.spikes[: 3 * trials].reshape(trials, 3, -1)[:, i] for i in range(3)
    )
    assert (shown.sum(axis=1) == LAYER.inputs // 2).all()  # ON and OFF: constant activity
    assert not silent.any()
    assert not rewarded.any()
    steps = np.arange(recording.steps)
    held_out = steps >= 3 * trials
    assert (recording.flags["decide"] == ((steps % 3 == 0) | held_out)).all()
    assert (recording.flags["outcome"] == ((steps % 3 == 2) & ~held_out)).all()
    assert (recording.flags["clear_trial"] == ((steps % 3 == 2) | held_out)).all()
    assert not recording.modulators["reward"][
        recording.flags["outcome"] == 0
    ].any()  # nothing is learned from held-out digits


def test_the_reward_says_right_or_wrong_and_nothing_else(recording: LayerRecording) -> None:
    trials, meta = recording.meta["trials"], recording.meta
    reward = recording.modulators["reward"][2 : 3 * trials : 3]
    right = np.equal(meta["winners"], meta["labels"])[:trials]
    assert ((reward > 0) == right).all()
    for size in np.unique(np.abs(reward)):  # the same for every digit and class
        assert np.unique(np.flatnonzero(np.abs(reward) == size) > 0.6 * trials - 1).size == 1


def test_replay_gives_the_decisions_weights_and_accuracy_that_it_claims(
    recording: LayerRecording, replay: tuple[PlasticLayer, np.ndarray]
) -> None:
    layer, fired = replay
    meta, asked = recording.meta, recording.flags["decide"] == 1
    assert not fired[~asked].any()
    assert (fired[asked].sum(axis=1) == 1).all()
    winners = fired[asked].argmax(axis=1)
    assert winners.tolist() == meta["winners"]
    right = winners == meta["labels"]
    assert right[meta["trials"] :].mean() == meta["accuracy"]["after"]
    weights = layer.state["synapse"]["weight"]
    assert (
        hashlib.sha256(weights.astype("<u2").tobytes()).hexdigest() == meta["final_weight_sha256"]
    )


def test_it_learns(recording: LayerRecording) -> None:
    right = np.equal(recording.meta["winners"], recording.meta["labels"])
    assert right[:100].mean() < 0.35
    assert recording.meta["accuracy"]["after"] > 0.8
    assert min(recording.meta["accuracy"]["other_seeds"]["after"]) > 0.75
    assert min(recording.meta["longer"]["other_seeds"]["after"]) > 0.85


def test_the_readme_quotes_the_recording(recording: LayerRecording) -> None:
    text = (FOLDER / "README.md").read_text()
    for scores in (recording.meta["accuracy"], recording.meta["longer"]):
        others = scores["other_seeds"]
        for figure in (scores["after"], others["mean"], others["sd"], min(others["after"])):
            assert f"{figure:.3f}" in text


@pytest.mark.soak
def test_recording_again_gives_the_same_arrays(
    recording: LayerRecording, monkeypatch: pytest.MonkeyPatch
) -> None:
    sklearn = pytest.importorskip(
        "sklearn", reason="scikit-learn is needed to record the digits again"
    )
    made_with = recording.meta["made_with"]
    if sklearn.__version__ != made_with["scikit-learn"]:
        pytest.skip(
            f"recorded with scikit-learn {made_with['scikit-learn']}, here is {sklearn.__version__}"
        )
    spec = importlib.util.spec_from_file_location("record_digits", FOLDER / "record.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    made = module.record(DESIGN, other_seeds=())  # they take minutes
    with np.load(FILE) as shipped:
        assert shipped.files == list(made)
        for name in set(made) - {"meta"}:
            np.testing.assert_array_equal(shipped[name], made[name])
        left, right = (json.loads(str(archive["meta"])) for archive in (shipped, made))
    for meta in (left, right):
        meta.pop("made_with")
        for scores in (meta["accuracy"], meta["longer"]):
            scores.pop("other_seeds", None)
    assert left == right
