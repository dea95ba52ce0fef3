"""Recordings of a network: what loads, and the errors of what does not, word for word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sc_model.golden import RecordingError
from sc_model.golden.network.network import Network
from sc_model.golden.network.recording import load_network_recording
from sc_model.spec import HetSynSpec, NetworkSpec

SPEC = NetworkSpec(
    layers=(
        HetSynSpec(name="a", inputs=3, neurons=2),
        HetSynSpec(name="b", inputs=2, neurons=1, code_bits=2),
    )
)


def arrays(**changes: Any) -> dict[str, Any]:
    """Arrays of a good recording with changes; None takes one away."""
    good: dict[str, Any] = {
        "x": np.ones((4, 3), bool),
        "a.weight": np.full((2, 3), -128, np.int8),
        "a.code": np.full((2, 3), 63),
        "b.weight": np.full((1, 2), 127),
        "b.code": np.zeros((1, 2), np.uint8),
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def error_of(tmp_path: Path, **changes: Any) -> str:
    file = tmp_path / "stimulus.npz"
    np.savez(file, **arrays(**changes))
    with pytest.raises(RecordingError) as caught:
        load_network_recording(file, SPEC)
    assert str(caught.value).startswith(f"recording {file}")
    return str(caught.value).removeprefix(f"recording {file}")


def test_a_good_recording(tmp_path: Path) -> None:
    np.savez(tmp_path / "r.npz", **arrays(meta=np.array('{"source": "made up"}')))
    recording = load_network_recording(str(tmp_path / "r.npz"), SPEC)
    assert (recording.steps, recording.x.shape, recording.meta) == (
        4,
        (4, 3),
        {"source": "made up"},
    )
    assert list(recording.parameters) == ["a.weight", "a.code", "b.weight", "b.code"]
    Network(SPEC, recording.parameters).run(recording.x)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"x": None}, " lacks the array 'x'; it has ['a.code', 'a.weight', 'b.code', 'b.weight']."),
        (
            {"x": np.ones((4, 2), int)},
            (": 'x' must have shape (steps, 3) with steps >= 1, not (4, 2)."),
        ),
        (
            {"x": np.ones((0, 3), int)},
            (": 'x' must have shape (steps, 3) with steps >= 1, not (0, 3)."),
        ),
        ({"x": np.full((4, 3), 2)}, ": 'x' must be in [0, 1], not 2 at index (0, 0)."),
        (
            {"a.weight": None},
            (" lacks the array 'a.weight'; it has ['a.code', 'b.code', 'b.weight', 'x']."),
        ),
        ({"a.weight": np.zeros((3, 2), int)}, ": 'a.weight' must have shape (2, 3), not (3, 2)."),
        ({"a.weight": np.full((2, 3), 128)}, ": 'a.weight' must be in [-128, 127], not 128."),
        ({"b.code": np.array([[0, 4]])}, ": 'b.code' must be in [0, 3], not 4."),
        ({"b.code": np.array([[0, -1]])}, ": 'b.code' must be in [0, 3], not -1."),
        ({"b.code": np.array([[0.5, 0]])}, ": 'b.code' must hold integers, not float64."),
        (
            {"c.code": np.zeros(1)},
            (
                " has an unknown array 'c.code'; known are ['a.code', 'a.weight', 'b.code', "
                "'b.weight', 'meta', 'x']."
            ),
        ),
    ],
)
def test_what_does_not_fit(changes: dict[str, Any], text: str, tmp_path: Path) -> None:
    assert error_of(tmp_path, **changes) == text
