"""What networks whose layers learn share: a load, a checkpoint, frozen layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sc_model.golden.arrays import Layout
from sc_model.golden.learner import Learner
from sc_model.spec.learning.layers import LearningLayerSpec


class Pair(Learner):
    """Two layers of 2 x 3 and 3 x 1 weights, the second of which is frozen after a load."""

    learners: Sequence[LearningLayerSpec] = (
        LearningLayerSpec(name="a", neurons=3, initial=0, shift=1),
        LearningLayerSpec(name="b", neurons=1, initial=0, shift=1, learn=False),
    )

    @property
    def layout(self) -> Layout:
        return {
            "a": {"weight": (-9, 9, (2, 3)), "learn": (0, 1, ()), "age": (0, 7, (3,))},
            "b": {"weight": (-9, 9, (3, 1)), "learn": (0, 1, ())},
            "control": {"lfsr": (1, 255, ()), "size": (0, 15, ())},
        }

    @property
    def first_registers(self) -> dict[str, int]:
        return {"lfsr": 7}


def test_a_load_writes_weights_and_puts_all_else_back() -> None:
    pair = Pair()
    pair.load({"a": np.full((2, 3), -4)})
    pair.state["a"]["age"][:] = 5
    pair.set_register("size", 3, "size of steps")
    pair.freeze("a")
    kept = pair.checkpoint()
    pair.load({"b": [[1], [2], [3]]})
    assert not pair.state["a"]["weight"].any()
    assert not pair.state["a"]["age"].any()
    assert [int(pair.state[name]["learn"]) for name in "ab"] == [1, 0]
    assert {name: int(value) for name, value in pair.state["control"].items()} == {
        "lfsr": 7,
        "size": 0,
    }
    pair.restore(kept)
    kept["a"]["weight"][:] = 0  # a copy
    assert (pair.state["a"]["weight"] == -4).all()
    assert (int(pair.state["control"]["size"]), int(pair.state["a"]["learn"])) == (3, 0)


def test_what_is_refused_changes_nothing() -> None:
    pair = Pair()
    pair.load({})
    with pytest.raises(TypeError, match=r"^weights are of the layers a, b, not 'c'$"):
        pair.load({"c": 1})
    with pytest.raises(ValueError, match=r"^a\.weight must have shape \(2, 3\) or be"):
        pair.load({"a": np.zeros((3, 2), int)})
    with pytest.raises(ValueError, match=r"^size of steps must be in \[0, 15\], not 16"):
        pair.set_register("size", 16, "size of steps")
    state = pair.checkpoint()
    state["a"]["age"] = np.array([0, 8, 0])
    with pytest.raises(ValueError, match="age"):
        pair.restore(state)
    assert not pair.state["a"]["age"].any()
