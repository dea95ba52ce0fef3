"""What verilated networks whose layers learn share, over words that are a dictionary."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from recurrent_networks import network

from sc_model.golden.arrays import State
from sc_model.golden.recurrent_network import RecurrentNetwork
from sc_sim.learner import RtlLearner


class Memories:
    """Registers as they were written."""

    def __init__(self) -> None:
        self.stall, self.words = 0.0, {"lfsr": np.array([9]), "size": np.array([2])}

    def read(self, space: str, word: Any, lane: Any) -> dict[str, Any]:
        assert (space, len(word), len(lane)) == ("control", 1, 1)
        return dict(self.words)

    def load(self, space: str, word: Any, lane: Any, fields: dict[str, Any]) -> None:
        assert {len(values) for values in fields.values()} == {1}
        self.words = dict(fields)


class Learner(RtlLearner):
    """One that keeps what it is restored to."""

    def restore(self, state: Any) -> None:
        self.held = state

    def checkpoint(self) -> State:
        return dict(self.held)


class Dut:
    """A verilated design without anything."""

    manifest: ClassVar[Any] = {"placement": {"lanes": 2}, "spaces": []}


class Clock:
    """What a learner asks of a simulator."""

    dut = Dut()


def test_registers_change_one_by_one_and_a_load_is_that_of_the_model() -> None:
    clock: Any = Clock()
    learner = Learner(clock, RecurrentNetwork(network()))
    memories: Any = Memories()
    learner._memories = memories
    learner._set_registers(size=5)
    assert {name: int(value) for name, value in learner._registers().items()} == {
        "lfsr": 9,
        "size": 5,
    }
    learner.stall = 0.5
    assert (memories.stall, learner.stall) == (0.5, 0.5)
    learner.load({"output": np.full((8, 3), -2)})
    assert (learner.state["output"]["weight"] == -2).all()
    assert not learner.state["hidden"]["weight"].any()
