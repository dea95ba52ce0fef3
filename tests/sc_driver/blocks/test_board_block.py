"""Saturation as the models do it, and a memory as a part of a window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from host_manifests import manifest_of

from sc_driver.blocks import board_block
from sc_driver.blocks.board_block import Memory, saturated


@pytest.mark.parametrize(
    ("values", "bits", "signed", "expected"),
    [
        ([-129, -128, 127, 128], 8, True, [-128, -128, 127, 127]),
        ([-1, 0, 255, 256], 8, False, [0, 0, 255, 255]),
        ([True, False], 1, False, [1, 0]),
        (np.array([-128, 127], np.int8), 12, False, [0, 127]),
        # formats as wide as a machine word, and wider
        ([-(2**63), 2**63 - 1], 64, True, [-(2**63), 2**63 - 1]),
        ([-(2**63), 2**63 - 1], 64, False, [0, 2**63 - 1]),
        (np.array([2**64 - 1], np.uint64), 8, True, [127]),
        (np.array([2**64 - 1], np.uint64), 64, False, [2**64 - 1]),
        (np.array([2**64 - 1], np.uint64), 80, True, [2**64 - 1]),
    ],
    ids=str,
)
def test_saturation(values: Any, bits: int, signed: bool, expected: list[int]) -> None:
    assert saturated("reward", values, bits, signed).tolist() == expected


@pytest.mark.parametrize("values", [[0.5], ["1"], [None]], ids=str)
def test_what_is_no_integer(values: Any) -> None:
    with pytest.raises(TypeError, match=r"^reward must be integers, not "):
        saturated("reward", values, 8, True)


class Recorder:
    """A window that keeps what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def load(self, *arguments: Any) -> None:
        self.asked.append(arguments)

    def exchange(self, *arguments: Any, descending: bool) -> dict[str, Any]:
        self.asked.append((*arguments, descending))
        return {"weight": np.array([7])}


def test_memory_is_a_part_of_its_window() -> None:
    window: Any = Recorder()
    memory = Memory(window, "synapse", {"word": 3}, 1, [])
    memory.load({"weight": 1})
    assert memory.exchange({"weight": 2}, descending=True)["weight"].tolist() == [7]
    whole = ("synapse", {"word": 3}, 1)
    assert window.asked == [(*whole, {"weight": 1}), (*whole, {"weight": 2}, True)]


def test_memories_of_a_block_are_what_can_be_written() -> None:
    none: Any = None
    lane = board_block(none, manifest_of("lane", "uart"))
    (memory,) = lane.memories()
    assert ([field["name"] for field in memory.fields], memory.count) == (["weight"], 1)
    layer = board_block(none, manifest_of("layer", "uart"))
    assert {memory.space: memory.count for memory in layer.memories()} == {
        "synapse": 27, "input": 9, "output": 3, "neuron": 3, "control": 1,
    }  # fmt: skip
