"""The state of a lane through its window; its packets are in the tests of the bank."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from host_manifests import manifest_of

from sc_driver.blocks import board_block
from sc_driver.blocks.lane import BoardLane

AFTER_LOAD = {"pre_trace": 0, "post_trace": 0, "eligibility": 0}


class LoadPorts:
    """A lane's window: a load sets the weight and clears the other fields."""

    name = "lane"

    def __init__(self, spaces: dict[str, Any]) -> None:
        self.spaces = spaces
        self.values = {"weight": 1, "pre_trace": 2, "post_trace": 3, "eligibility": -4}

    def load(self, space: str, where: Any, count: int, values: dict[str, Any]) -> None:
        assert (space, count) == ("synapse", 1)
        self.values = {"weight": int(values["weight"][0]), **AFTER_LOAD}

    def read(self, space: str, where: Any, count: int) -> dict[str, Any]:
        return {name: np.array([value]) for name, value in self.values.items()}


def lane_on_ports() -> BoardLane:
    none: Any = None
    lane = board_block(none, manifest_of("lane", "uart"))
    assert isinstance(lane, BoardLane)
    ports: Any = LoadPorts(dict(lane.windows[0].spaces))
    lane.windows = [ports]
    return lane


def test_state_is_of_scalars() -> None:
    state = lane_on_ports().state()["synapse"]
    assert {name: (value.shape, int(value)) for name, value in state.items()} == {
        "weight": ((), 1), "pre_trace": ((), 2), "post_trace": ((), 3), "eligibility": ((), -4),
    }  # fmt: skip


def test_weight_is_restored_and_nothing_else() -> None:
    lane = lane_on_ports()
    rest: Any = dict(AFTER_LOAD)
    lane.restore({"synapse": {"weight": np.asarray(40_000), **rest}})
    assert int(lane.state()["synapse"]["weight"]) == 40_000
    with pytest.raises(ValueError, match="load the weight alone") as caught:
        lane.restore(
            {"synapse": {"weight": np.asarray(5), **rest, "pre_trace": 1, "eligibility": -1}}
        )
    assert str(caught.value) == (
        "a lane's ports load the weight alone: eligibility, pre_trace can't be restored."
    )


def test_fields_after_each_step() -> None:
    bits = np.zeros((2, 52), np.uint8)
    bits[0, 0] = bits[1, 15] = bits[1, 51] = 1
    assert {n: v.tolist() for n, v in lane_on_ports().results(bits, np.ones(2, bool)).items()} == {
        "weight": [1, 32_768], "pre_trace": [0, 0], "post_trace": [0, 0], "eligibility": [0, -2048],
    }  # fmt: skip


def test_weight_is_loaded_and_saturated() -> None:
    lane = lane_on_ports()
    lane.load(70_000)
    assert {name: int(value) for name, value in lane.state()["synapse"].items()} == {
        "weight": 65_535, **AFTER_LOAD,
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"^weight must have shape \(\), not \(2,\)$"):
        lane.load([1, 2])
