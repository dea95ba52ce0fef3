"""A lane behind its registers, under a random host, against its model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from host_board import (
    HOST,
    HostBoard,
)

from sc_hw import Device
from sc_hw.build.elaborate import elaborate
from sc_model.spec import Design


def test_a_lane_takes_random_steps(builds: Path) -> None:
    design = Design(name="host_lane", block="lane", host=HOST)
    board = HostBoard(elaborate(design, builds), seed=7, idle=0.1)
    model, rng = Device.open(design), np.random.default_rng(7)
    out = board.host["output"]["fields"]

    def unpacked(word: int) -> dict[str, int]:
        values = {}
        for field in out:
            bits = word >> field["offset"] & (1 << field["width"]) - 1
            top = bits >> (field["width"] - 1) & field["signed"]
            values[field["name"]] = bits - (top << field["width"])
        return values

    for weight in (12_345, 65_535):
        model.load(weight)
        board.load_words(0, [(0, weight)])
        (word,) = board.read_words(0, [0])
        assert unpacked(word) == {k: int(v) for k, v in model.state()["synapse"].items()}
        drawn = {
            "pre_spike": rng.integers(0, 2, 30),
            "post_spike": rng.integers(0, 2, 30),
            "reward": rng.integers(-128, 128, 30),
        }
        words = [
            board.step_words({}, [int(a) | int(b) << 1 | (int(c) & 0xFF) << 2])
            for a, b, c in zip(*drawn.values(), strict=True)
        ]
        first = board["STEPS_TAKEN"] + 1
        packets = board.play(words)
        log = model.run(**drawn)
        for t, packet in enumerate(packets):
            assert packet[0] == first + t
            state = unpacked(packet[1] | packet[2] << 32)
            assert state == {name: int(values[t]) for name, values in log.items()}
        (word,) = board.read_words(0, [0])
        assert unpacked(word) == {k: int(v) for k, v in model.state()["synapse"].items()}
        # The window waits for steps under way: they are done before it loads.
        size = board.host["output"]["words"]
        board.write("STEP_DATA", [word for step in words[:2] for word in step])
        board.load_words(0, [(0, 77)])
        model.step(**{name: int(values[0]) for name, values in drawn.items()})
        state = model.step(**{name: int(values[1]) for name, values in drawn.items()})
        packet = board.read("OUTPUT_DATA", 2 * size)[size:]
        assert unpacked(packet[1] | packet[2] << 32) == {k: int(v) for k, v in state.items()}
        assert unpacked(board.read_words(0, [0])[0])["weight"] == 77
    assert board["ERRORS"] == 0
