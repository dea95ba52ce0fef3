"""What a device asks of a board, and what of the block's model; boards themselves are elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from device_designs import LAYER

from sc_hw.simulation.devices import device_block
from sc_hw.simulation.on_board import OnBoard, check_on_board
from sc_model.spec import ConfigError, Design, RuleChoice

LANE = Design(name="lane", block="lane")


class Recorder:
    """A board that keeps what it is asked for."""

    def __init__(self) -> None:
        self.restored: Any = None
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.parameters: dict[str, int] = {}

    def set(self, **values: int) -> None:
        self.parameters |= values

    def state(self) -> Any:
        return self.restored

    def restore(self, state: Any) -> None:
        self.restored = state

    def step(self, **stimulus: Any) -> str:
        self.asked.append(("step", stimulus))
        return "spikes"

    def run(self, **stimulus: Any) -> str:
        self.asked.append(("run", stimulus))
        return "rows of spikes"


def test_board_is_loaded_with_the_state_of_a_loaded_model() -> None:
    board: Any = Recorder()
    block = OnBoard(device_block(LAYER))
    weights = np.arange(21 * 7).reshape(21, 7)
    block.load(board, weights)
    state = block.state(board)
    assert state["synapse"]["weight"].tolist() == weights.tolist()
    # a board has no other way to clear what is left of a run
    assert {space: set(fields) for space, fields in block.layout().items()} == {
        space: set(fields) for space, fields in state.items()
    }
    assert not state["neuron"]["potential"].any()
    block.restore(board, {"synapse": {}})
    assert block.state(board) == {"synapse": {}}


def test_steps_are_the_boards() -> None:
    board: Any = Recorder()
    block = OnBoard(device_block(LAYER))
    assert block.step(board, {"spikes": 1}) == "spikes"
    assert block.run(board, {"spikes": 2, "reward": 3}) == "rows of spikes"
    assert board.asked == [("step", {"spikes": 1}), ("run", {"spikes": 2, "reward": 3})]


@pytest.mark.parametrize("design", [LANE, LAYER], ids=lambda design: design.block)
def test_the_rest_is_the_blocks(design: Design) -> None:
    check_on_board(design)
    inner = device_block(design)
    block = OnBoard(inner)
    assert (block.design, block.identity(), block.layout()) == (
        design,
        inner.identity(),
        inner.layout(),
    )
    assert block.logs_every_step is (design.block == "lane")
    assert type(block.model(native=False)) is type(inner.model(native=False))
    stimulus = {"spikes": np.zeros((6, 21))} if design is LAYER else {"pre_spike": np.zeros(6)}
    assert block.steps(stimulus | {"reward": 1}) == 6


def test_parameters_are_the_boards_and_stay_when_it_is_loaded() -> None:
    board: Any = Recorder()
    block = OnBoard(
        device_block(Design(name="rates", block="lane", rule=RuleChoice(family="e_prop")))
    )
    block.set_parameters(board, {"learning_shift": np.int64(3)})
    assert block.parameters(board) == {"learning_shift": 3}
    with pytest.raises(ConfigError):  # as a model would refuse it
        block.set_parameters(board, {"learning_shift": 16})
    block.load(board, 5)
    assert board.restored["parameters"]["learning_shift"] == 3
    assert board.restored["synapse"]["weight"] == 5
