"""Recordings of a layer: what loads, and the errors of what does not, word for word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import RULE, params_of

from sc_model.golden import PlasticLayer, RecordingError, load_layer_recording
from sc_model.rules import load_rule
from sc_model.spec import ConfigError, NeuronSpec, PlasticLayerSpec

PARAMS = params_of({})
STEPS = 4
LAYER, NEURON = (
    PlasticLayerSpec(inputs=3, neurons=2, critic_shift=4),
    NeuronSpec(winner_take_all=True),
)
KNOWN = [
    "clear_traces",
    "clear_trial",
    "decide",
    "initial_weight",
    "meta",
    "outcome",
    "reward",
    "spikes",
]


def arrays(**changes: Any) -> dict[str, Any]:
    """Arrays of a good recording with changes; None takes one away."""
    good: dict[str, Any] = {"spikes": np.ones((STEPS, 3), bool), "reward": np.full(STEPS, -128)}
    return {name: value for name, value in (good | changes).items() if value is not None}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stimulus.npz"


def error_of(file: Path, layer: PlasticLayerSpec = LAYER, neuron: NeuronSpec = NEURON) -> str:
    with pytest.raises(RecordingError) as caught:
        load_layer_recording(file, RULE, PARAMS, layer, neuron)
    assert str(caught.value).startswith(f"recording {file}")
    return str(caught.value).removeprefix(f"recording {file}")


def test_a_full_recording(file: Path) -> None:
    flags = {
        name: np.arange(STEPS) % 2 == k % 2
        for k, name in enumerate(("outcome", "decide", "clear_trial", "clear_traces"))
    }
    weights = np.arange(6).reshape(3, 2)
    np.savez(
        file,
        **arrays(**flags, initial_weight=weights, meta=np.array(json.dumps({"source": "made up"}))),
    )
    recording = load_layer_recording(str(file), RULE, PARAMS, LAYER, NEURON)
    assert (recording.steps, recording.meta) == (4, {"source": "made up"})
    assert recording.initial_weight is not None
    assert recording.initial_weight.tolist() == weights.tolist()
    assert recording.spikes.dtype == recording.modulators["reward"].dtype == np.int64
    step = recording.at(1)
    assert step.pop("spikes").tolist() == [1, 1, 1]
    assert step == {
        "modulators": {"reward": -128},
        "outcome": False,
        "decide": True,
        "clear_trial": False,
        "clear_traces": True,
    }
    layer = PlasticLayer(RULE, PARAMS, LAYER, NEURON, recording.initial_weight)
    for n in range(recording.steps):
        layer.step(**recording.at(n))
    assert layer.state["synapse"]["weight"].shape == (3, 2)


def test_the_least_recording(file: Path) -> None:
    rule = load_rule("pair_stdp")
    layer = PlasticLayerSpec(inputs=3, neurons=2)
    np.savez(file, spikes=np.eye(3, dtype=int))
    recording = load_layer_recording(file, rule, rule.params_type(), layer, NeuronSpec())
    assert (recording.steps, recording.initial_weight, recording.meta, recording.modulators) == (
        3,
        None,
        {},
        {},
    )
    assert sorted(recording.flags) == ["clear_traces", "clear_trial", "decide", "outcome"]
    assert all(array.tolist() == [0, 0, 0] for array in recording.flags.values())
    PlasticLayer(rule, rule.params_type(), layer, NeuronSpec()).step(**recording.at(0))


def test_a_rule_that_does_not_fit(file: Path) -> None:
    rule = load_rule("pair_stdp")
    with pytest.raises(ConfigError, match="a critic needs a rule with exactly one input"):
        load_layer_recording(file, rule, rule.params_type(), LAYER, NEURON)


def test_a_file_that_is_no_recording(file: Path) -> None:
    assert error_of(file) == " does not exist."
    file.write_bytes(b"no archive")
    assert error_of(file).startswith(" is no NumPy archive (.npz): ")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"spikes": None}, " lacks the array 'spikes'; it has ['reward']."),
        ({"reward": None}, " lacks the array 'reward'; it has ['spikes']."),
        (
            {"spikes": np.ones((4, 2), int)},
            ": 'spikes' must have shape (steps, 3) with steps >= 1, not (4, 2).",
        ),
        (
            {"spikes": np.ones(3, int)},
            ": 'spikes' must have shape (steps, 3) with steps >= 1, not (3,).",
        ),
        (
            {"spikes": np.ones((0, 3), int)},
            ": 'spikes' must have shape (steps, 3) with steps >= 1, not (0, 3).",
        ),
        ({"spikes": np.ones((4, 3))}, ": 'spikes' must hold integers, not float64."),
        (
            {"spikes": np.pad([[2]], ((1, 2), (2, 0)))},
            ": 'spikes' must be in [0, 1], not 2 at index (1, 2).",
        ),
        (
            {"reward": np.zeros(5, int)},
            ": 'reward' must have shape (4,), one for each step, not (5,).",
        ),
        (
            {"reward": np.zeros((4, 3), int)},
            ": 'reward' must have shape (4,), one for each step, not (4, 3).",
        ),
        (
            {"reward": np.array([0, 0, 128, 0])},
            ": 'reward' must be in [-128, 127], not 128 at index (2,).",
        ),
        (
            {"outcome": np.zeros((), int)},
            ": 'outcome' must have shape (4,), one for each step, not ().",
        ),
        (
            {"decide": np.array([0, -1, 0, 0])},
            ": 'decide' must be in [0, 1], not -1 at index (1,).",
        ),
        ({"clear_trial": np.zeros(4)}, ": 'clear_trial' must hold integers, not float64."),
        (
            {"clear_traces": np.zeros(3, int)},
            ": 'clear_traces' must have shape (4,), one for each step, not (3,).",
        ),
        (
            {"initial_weight": np.zeros((2, 3), int)},
            ": 'initial_weight' must have shape (3, 2), not (2, 3).",
        ),
        (
            {"initial_weight": np.full((3, 2), 65536)},
            ": 'initial_weight' must be in [0, 65535], not 65536 at index (0, 0).",
        ),
        (
            {"pre_spike": np.zeros((4, 3), int)},
            f" has an unknown array 'pre_spike'; known are {KNOWN}.",
        ),
        (
            {"meta": np.array("{not json")},
            (
                ": 'meta' must be JSON: Expecting property name enclosed in double quotes: line 1"
                " column 2 (char 1)."
            ),
        ),
    ],
)
def test_a_recording_that_does_not_fit(changes: dict[str, Any], text: str, file: Path) -> None:
    np.savez(file, **arrays(**changes))
    assert error_of(file) == text


def test_events_that_the_layer_does_not_know(file: Path) -> None:
    np.savez(file, **arrays(outcome=np.zeros(4, int)))
    plain = PlasticLayerSpec(inputs=3, neurons=2)
    assert error_of(file, plain) == ": 'outcome' needs a layer with a critic; this one has none."
    np.savez(file, **arrays(decide=np.zeros(4, int)))
    assert (
        error_of(file, LAYER, NeuronSpec())
        == ": 'decide' needs a layer with winner-take-all; this one has none."
    )
    np.savez(file, **arrays(label=np.zeros(4, int)))
    few = [name for name in KNOWN if name not in ("outcome", "decide")]
    assert error_of(file, plain, NeuronSpec()) == f" has an unknown array 'label'; known are {few}."
