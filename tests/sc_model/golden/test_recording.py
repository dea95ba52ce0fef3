"""Recordings: what loads, and the errors of what does not, word for word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import RULE, params_of

from sc_model.golden import Bank, RecordingError, load_recording

PARAMS = params_of({})
SYNAPSES, STEPS = 3, 4
KNOWN = ["initial_weight", "meta", "post_spike", "pre_spike", "reward"]


def arrays(**changes: Any) -> dict[str, Any]:
    """Arrays of a good recording with changes; None takes one away."""
    shape = (STEPS, SYNAPSES)
    good: dict[str, Any] = {
        "pre_spike": np.ones(shape, bool),
        "post_spike": np.zeros(shape, np.uint8),
        "reward": np.full(shape, -128),
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stimulus.npz"


def error_of(file: Path) -> str:
    with pytest.raises(RecordingError) as caught:
        load_recording(file, RULE, PARAMS, SYNAPSES)
    assert str(caught.value).startswith(f"recording {file}")
    return str(caught.value).removeprefix(f"recording {file}")


def test_a_good_recording(file: Path) -> None:
    np.savez(
        file,
        **arrays(
            initial_weight=np.array([0, 5, 65535]), meta=np.array(json.dumps({"source": "made up"}))
        ),
    )
    recording = load_recording(str(file), RULE, PARAMS, SYNAPSES)
    assert (recording.steps, sorted(recording.inputs), recording.meta) == (
        4,
        ["post_spike", "pre_spike", "reward"],
        {"source": "made up"},
    )
    assert {array.dtype for array in (*recording.inputs.values(), *recording.initial.values())} == {
        np.dtype(np.int64)
    }
    bank = Bank(RULE, PARAMS, SYNAPSES, recording.initial)
    assert bank.state["weight"].tolist() == [0, 5, 65535]
    bank.step({name: values[0] for name, values in recording.inputs.items()})


def test_a_file_that_is_not_there(file: Path) -> None:
    assert error_of(file) == " does not exist."


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 but cut off"])
def test_a_file_that_is_no_archive(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    text = error_of(file)
    assert text.startswith(" is no NumPy archive (.npz): ")
    assert text.endswith(".")


def test_a_folder(tmp_path: Path) -> None:
    assert error_of(tmp_path) == " can't be read: Is a directory."


def test_a_lone_array(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros(3))
    assert (
        error_of(tmp_path / "one.npy")
        == " is a single array, no NumPy archive (.npz) of named ones."
    )


def test_a_damaged_archive(file: Path) -> None:
    np.savez_compressed(
        file, **arrays(reward=np.random.default_rng(0).integers(-128, 127, (STEPS, SYNAPSES)))
    )
    content = bytearray(file.read_bytes())
    for place in range(60, 100):
        content[place] ^= 0x5A
    file.write_bytes(content)
    assert error_of(file).startswith(" is no NumPy archive (.npz): ")


SHAPE = f"must have shape (steps, {SYNAPSES}) with the same steps >= 1 for every input, not"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"reward": None}, " lacks the array 'reward'; it has ['post_spike', 'pre_spike']."),
        ({"reward": np.zeros((4, 2), int)}, f": 'reward' {SHAPE} (4, 2)."),
        ({"reward": np.zeros((5, 3), int)}, f": 'reward' {SHAPE} (5, 3)."),
        ({"reward": np.zeros(3, int)}, f": 'reward' {SHAPE} (3,)."),
        ({"pre_spike": np.zeros((), int)}, f": 'pre_spike' {SHAPE} ()."),
        ({"pre_spike": np.zeros((0, 3), int)}, f": 'pre_spike' {SHAPE} (0, 3)."),
        ({"reward": np.zeros((4, 3))}, ": 'reward' must hold integers, not float64."),
        ({"reward": np.full((4, 3), "1")}, ": 'reward' must hold integers, not <U1."),
        (
            {"reward": np.pad([[128]], ((2, 1), (1, 1)))},
            ": 'reward' must be in [-128, 127], not 128 at index (2, 1).",
        ),
        (
            {"reward": np.pad([[-129]], ((3, 0), (0, 2)))},
            ": 'reward' must be in [-128, 127], not -129 at index (3, 0).",
        ),
        (
            {"pre_spike": np.full((4, 3), 2)},
            ": 'pre_spike' must be in [0, 1], not 2 at index (0, 0).",
        ),
        (
            {"reward": np.full((4, 3), (1 << 64) - 1, np.uint64)},
            ": 'reward' must be in [-128, 127], not 18446744073709551615 at index (0, 0).",
        ),
        ({"label": np.zeros(4)}, f" has an unknown array 'label'; known are {KNOWN}."),
        (
            {"initial_pre_trace": np.zeros(3, int)},
            f" has an unknown array 'initial_pre_trace'; known are {KNOWN}.",
        ),
        (
            {"initial_weight": np.zeros((4, 3), int)},
            ": 'initial_weight' must have shape (3,), not (4, 3).",
        ),
        ({"initial_weight": np.zeros(3)}, ": 'initial_weight' must hold integers, not float64."),
        (
            {"initial_weight": np.array([1, -1, 0])},
            ": 'initial_weight' must be in [0, 65535], not -1 at index (1,).",
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
