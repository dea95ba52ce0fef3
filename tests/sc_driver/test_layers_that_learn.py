"""What boards of networks whose layers learn have in common, over a window that is an array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from sc_driver.layers_that_learn import LearnerBlock, Place

FIELDS = {
    "synapse": ("weight", "trace"),
    "control": ("lfsr", "size", "learn_a"),
}


class ArrayWindow:
    """A window onto words in this process."""

    def __init__(self) -> None:
        self.spaces = {
            space: {"fields": [{"name": name} for name in names]} for space, names in FIELDS.items()
        }
        self.words: dict[str, Any] = {}

    def load(self, space: str, where: Any, count: int, values: Mapping[str, Any]) -> None:
        assert set(values) == set(FIELDS[space])
        self.words[space] = {name: np.array(value) for name, value in values.items()}
        assert {len(value) for value in self.words[space].values()} == {count}

    def read(self, space: str, where: Any, count: int) -> dict[str, Any]:
        return dict(self.words[space])


class Learner(LearnerBlock):
    """A layer of 2 x 3 synapses, whose traces no state sets."""

    kind = "a learner"
    step_axes = 1

    def __init__(self) -> None:
        window: Any = ArrayWindow()
        self.windows = [window]
        self.places = (Place("a", FIELDS["synapse"], "synapse", {}, (2, 3), ("weight",)),)
        self.learns = {"a": "learn_a"}

    def first_registers(self) -> dict[str, int]:
        return {"lfsr": 7, "size": 2, "learn_a": 1}

    def most(self, layer: str) -> int:
        return 5

    def packets(self, stimulus: Any) -> Any:
        raise NotImplementedError


def test_a_load_saturates_and_all_else_is_as_after_power_on() -> None:
    block = Learner()
    block.load({"a": np.arange(-9, 9, 3).reshape(2, 3)})
    state = block.state()
    assert state["a"]["weight"].tolist() == [[-5, -5, -3], [0, 3, 5]]
    assert not state["a"]["trace"].any()
    assert (int(state["a"]["learn"]), int(state["control"]["size"])) == (1, 2)
    assert sorted(state["control"]) == ["lfsr", "size"]


def test_a_state_sets_what_is_kept_and_registers_change_one_by_one() -> None:
    block = Learner()
    state = block.initial()
    state["a"] |= {"weight": np.full((2, 3), 4), "trace": np.full((2, 3), 9), "learn": np.array(0)}
    block.restore(state)
    block.change(size=6)
    block.change()
    found = block.state()
    assert (found["a"]["weight"] == 4).all()
    assert not found["a"]["trace"].any()
    assert block.registers_read() == {"lfsr": 7, "size": 6, "learn_a": 0}
    assert [(each.space, each.count) for each in block.memories()] == [
        ("synapse", 6),
        ("control", 1),
    ]


def test_what_is_refused() -> None:
    block = Learner()
    assert block.learn_registers(np.True_) == {"learn_a": 1}
    with pytest.raises(
        TypeError, match=r"^learn is true or false, or so by layer, not \{'b': True"
    ):
        block.learn_registers({"b": True})
    with pytest.raises(TypeError, match=r"^weights of a learner are arrays by layer: a\.$"):
        block.load([1])
    with pytest.raises(ValueError, match=r"^a must have shape \(2, 3\), not \(\)\.$"):
        block.load({"a": 1})


def test_classes_of_packets() -> None:
    bits = np.array([[1, 0, 1], [0, 1, 0]], np.uint8)
    assert Learner().results(bits, np.ones(2, np.bool_)).tolist() == [5, 2]
