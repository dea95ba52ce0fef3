"""A layer behind its registers, under a random host, against its model."""

from __future__ import annotations

from pathlib import Path

import pytest
from host_board import (
    HALT,
    LAYERS,
    RESET,
    LayerBoard,
)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_takes_random_steps(name: str, builds: Path) -> None:
    layer = LayerBoard(LAYERS[name], builds, seed=5)
    board = layer.board
    layer.begin()
    layer.compare()
    layer.play(40)
    layer.compare()
    assert board["STEPS_TAKEN"] == board["STEPS_DONE"] == 40
    assert board["ERRORS"] == 0
    if "UPDATES" in board.addresses:
        assert board["UPDATES"] == 40 * layer.design.synapses
    # a reset in the midst of steps, then again from a state
    board["CONTROL"] = HALT
    board.write("STEP_DATA", [word for step in layer.packets(layer.stimulus(3)) for word in step])
    board["CONTROL"] = 0
    board.wait(20)
    board["CONTROL"] = RESET
    assert [board[r] for r in ("STEPS_TAKEN", "STEPS_DONE", "SPIKES", "OUTPUT_LEVEL")] == [0] * 4
    assert board["STEP_ROOM"] == board.host["fifo"]["step_words"]
    layer.begin()
    layer.play(15)
    layer.compare()
    # the longest access waits for the steps under way, which the manifest limits
    timing = board.build.manifest["timing"]
    longest = 4 * (timing["sweep_clocks"] + timing["latency_clocks"]) + 200
    assert board.longest < longest
