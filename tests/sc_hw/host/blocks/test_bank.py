"""A bank behind its registers, under a random host, against its model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from host_board import (
    CLEAR,
    HOST,
    IDLE,
    RESET,
    HostBoard,
)

from sc_hw import Device
from sc_hw.build.elaborate import elaborate
from sc_model.spec import Design
from sc_sim.blocks.bank import RtlBank

BANKS = {
    "short": Design(name="host_short", block="bank", synapses=3, host=HOST),
    "long": Design(name="host_long", block="bank", synapses=100, host=HOST),
}


@pytest.mark.parametrize("name", BANKS)
def test_a_bank_takes_random_sweeps(name: str, builds: Path) -> None:
    design = BANKS[name]
    board = HostBoard(elaborate(design, builds), seed=6, idle=0.1)
    rtl, model, rng = RtlBank(board), Device.open(design), np.random.default_rng(6)
    fields = board.host["step"]["fields"]
    lows = {f["name"]: -(1 << (f["width"] - 1)) if f["signed"] else 0 for f in fields}

    def play(steps: int) -> None:
        drawn = {
            f["name"]: rng.integers(
                lows[f["name"]], lows[f["name"]] + (1 << f["width"]), (steps, design.synapses)
            )
            for f in fields
        }
        words = [
            board.step_words(
                {},
                [
                    sum(
                        (int(drawn[f["name"]][t, n]) & (1 << f["width"]) - 1) << f["offset"]
                        for f in fields
                    )
                    for n in range(design.synapses)
                ],
            )
            for t in range(steps)
        ]
        first = board["STEPS_TAKEN"] + 1
        assert board.play(words) == [[number] for number in range(first, first + steps)]
        model.run(**drawn)

    def compare() -> None:
        for field, values in model.state()["synapse"].items():
            np.testing.assert_array_equal(rtl.state[field], values, field)

    model.load(rng.integers(0, 1 << 16, design.synapses))
    rtl.restore(model.state()["synapse"])
    compare()
    play(12)
    compare()
    board["CONTROL"] = RESET
    assert board["STEPS_TAKEN"] == 0
    play(5)  # a reset keeps what an idle bank has learned
    compare()
    assert board["ERRORS"] == 0


def test_a_step_longer_than_the_fifo_goes_through_it(builds: Path) -> None:
    """The window is shut in the midst of such a step: its end may never come."""
    design = Design(name="host_streamed", block="bank", synapses=13_000, host=HOST)
    board = HostBoard(elaborate(design, builds), seed=1, may_refuse=True)
    size = board.host["step"]["words"]
    assert size > 4096
    assert not board.host["fifo"]["whole_steps"]
    assert board.host["fifo"]["step_words"] == 256
    rtl, model = RtlBank(board), Device.open(design)
    rtl.restore(model.state()["synapse"])
    drawn = {
        "pre_spike": np.arange(13_000)[None] % 3 == 0,
        "post_spike": np.arange(13_000)[None] % 5 == 0,
        "reward": np.arange(13_000)[None] % 256 - 128,
    }
    rows = zip(*(values[0] for values in drawn.values()), strict=True)
    words = board.step_words({}, [int(a) | int(b) << 1 | (int(c) & 0xFF) << 2 for a, b, c in rows])
    board.write("STEP_DATA", words[:1000])
    assert board["STATUS"] & IDLE == 0
    board["WINDOW_ADDRESS"] = 7
    busy = [("WINDOW_DATA", None), ("WINDOW_DATA", None), ("CONTROL", CLEAR)]
    assert board.attempt(busy) == [(0, True)] * 3
    assert board["ERRORS"] == 8
    board["ERRORS"] = 8
    assert board.play([words[1000:]], packets=1) == [[1]]
    model.run(**drawn)
    for field, values in model.state()["synapse"].items():
        np.testing.assert_array_equal(rtl.state[field], values, field)
    assert board["ERRORS"] == 0
    board.write("STEP_DATA", words[:10])
    board["CONTROL"] = RESET
    assert board["STATUS"] & IDLE
    assert board.longest < 100
