"""Every block behind its registers, under a random host, against its golden model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_designs import INHIBITED, LAYER
from host_board import CLEAR, HALT, HALTED, IDLE, OUTPUTS, RESET, HostBoard, spikes_of

from sc_hw import Device
from sc_hw.build.elaborate import elaborate
from sc_model.spec import (
    Design,
    HostSpec,
    NeuronSpec,
    PlasticLayerSpec,
)
from sc_sim.blocks.bank import RtlBank
from sc_sim.blocks.layer import RtlLayer

# The output FIFO holds a few packets only, so that steps wait for room most of the time.
HOST = HostSpec(door="wishbone", output_words=8)
COUNTED = Design(
    name="host_counted",
    block="layer",
    # more than two words of spikes, and a row for each chain in a transfer
    layer=PlasticLayerSpec(inputs=13, neurons=70, lanes=6, counters=True),
    neuron=NeuronSpec(threshold=30_000, noise_bits=6),
    host=HOST,
)
LAYERS = {
    "critic": LAYER.model_copy(update={"host": HOST}),
    "inhibited": INHIBITED.model_copy(update={"host": HOST}),
    "counted": COUNTED,
}
BANKS = {
    "short": Design(name="host_short", block="bank", synapses=3, host=HOST),
    "long": Design(name="host_long", block="bank", synapses=100, host=HOST),
}


class LayerBoard:
    """A layer behind its registers, and its model."""

    def __init__(self, design: Design, builds: Path, seed: int) -> None:
        self.design, self.rng = design, np.random.default_rng(seed)
        self.board = HostBoard(elaborate(design, builds), seed, idle=0.2)
        self.rtl = RtlLayer(self.board)
        self.model = Device.open(design, root=builds)
        self.size = design.layer
        place = self.board.build.manifest["placement"]
        self.rows, self.chains = place["rows"], place["chains"]

    def stimulus(self, steps: int) -> dict[str, Any]:
        """Random spikes, modulators and flags."""
        rng, inputs = self.rng, self.design.layer.inputs
        drawn: dict[str, Any] = {"spikes": rng.random((steps, inputs)) < 0.3}
        for field in self.board.host["step"]["common"]:
            if field["bits"] > 1:
                half = 1 << (field["bits"] - 1)
                drawn[field["name"]] = rng.integers(-half, half, steps)
            else:
                drawn[field["name"]] = rng.random(steps) < 0.1
        return drawn

    def packets(self, drawn: Mapping[str, Any]) -> list[list[int]]:
        """The words of each step."""
        words = []
        for t, spikes in enumerate(drawn["spikes"]):
            padded = np.zeros((self.chains, self.rows), int)
            padded.flat[: len(spikes)] = spikes
            rows = [sum(int(bit) << c for c, bit in enumerate(row)) for row in padded.T]
            common = {name: int(values[t]) for name, values in drawn.items() if name != "spikes"}
            words.append(self.board.step_words(common, rows))
        return words

    def begin(self) -> None:
        """A state in the midst of things, on both sides."""
        rng, layer = self.rng, self.design.layer
        least = (1 << 15) * layer.signed_weights  # such weights count less half of their range
        self.model.load(least + rng.integers(0, 1 << 14, (layer.inputs, layer.neurons)))
        self.model.run(**self.stimulus(6))
        self.rtl.restore(self.model.state())

    def compare(self) -> None:
        """All of the state is that of the model."""
        state, model = self.rtl.checkpoint(), self.model.state()
        for space, fields in model.items():
            for name, values in fields.items():
                if (space, name) != ("control", "spikes"):
                    np.testing.assert_array_equal(state[space][name], values, f"{space}.{name}")

    def play(self, steps: int) -> None:
        """Random steps, and what comes of them."""
        drawn, first = self.stimulus(steps), self.board["STEPS_TAKEN"] + 1
        before = self.board["SPIKES"]
        packets = self.board.play(self.packets(drawn))
        fired = np.asarray(self.model.run(**drawn)).astype(int)
        assert [packet[0] for packet in packets] == list(range(first, first + steps))
        neurons = self.design.layer.neurons
        assert [spikes_of(packet, neurons) for packet in packets] == fired.tolist()
        assert 0 < fired.sum() < fired.size
        assert self.board["SPIKES"] - before == fired.sum()


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


def test_clear_drops_what_waits_and_nothing_else(builds: Path) -> None:
    layer = LayerBoard(LAYERS["critic"], builds, seed=8)
    board = layer.board
    layer.begin()
    drawn = layer.stimulus(20)
    words = [word for step in layer.packets(drawn) for word in step]
    # A step that lacks a word does not begin, and keeps nobody waiting.
    assert board.host["step"]["words"] > 1
    board["STEP_DATA"] = words[0]
    board.wait(20)
    layer.compare()
    assert board["STEPS_TAKEN"] == 0
    assert board["STATUS"] & IDLE
    # one word of a further step: it must not become the first word of a later one
    board.write("STEP_DATA", [*words[1:], words[0]])
    board["CONTROL"] = CLEAR
    taken = board["STEPS_TAKEN"]
    assert 0 < taken < 20  # the output FIFO has room for some
    assert board["STEPS_DONE"] == taken
    assert board["STATUS"] & (IDLE | OUTPUTS) == IDLE
    assert board["OUTPUT_LEVEL"] == 0
    assert board["STEP_ROOM"] == board.host["fifo"]["step_words"]
    layer.model.run(**{name: values[:taken] for name, values in drawn.items()})
    layer.compare()
    layer.play(12)
    layer.compare()


def test_errors_stick_until_they_are_cleared(builds: Path) -> None:
    layer = LayerBoard(LAYERS["critic"], builds, seed=9)
    board = layer.board
    layer.begin()

    def errors() -> dict[str, int]:
        (register,) = (one for one in board.host["registers"] if one["name"] == "ERRORS")
        word = board["ERRORS"]
        return {f["name"]: word >> f["lo"] & 1 for f in register["fields"] if word >> f["lo"] & 1}

    assert errors() == {}
    assert board.attempt([("OUTPUT_DATA", None)]) == [(0, False)]
    assert errors() == {"output_empty": 1}
    board["ERRORS"] = 0xFFFF_FFFD  # all bits but this one
    assert errors() == {"output_empty": 1}
    board["ERRORS"] = 2
    assert errors() == {}
    wrong = [("STEP_DATA", None), ("STATUS", 1), ("MAGIC", 0), (0x3F, None), (0x1000, None)]
    for access in wrong:
        assert board.attempt([access]) == [(0, True)], access
        assert errors() == {"bad_address": 1}
        board["ERRORS"] = 4
    board["WINDOW_PORT"] = 1  # a layer has one
    assert board.attempt([("WINDOW_DATA", None), ("WINDOW_DATA", 5)]) == [(0, True), (0, True)]
    assert errors() == {"window_busy": 1}
    board["ERRORS"] = 8
    board["CONTROL"] = HALT
    board.wait(50)
    room = board["STEP_ROOM"]
    steps = layer.stimulus(room // board.host["step"]["words"])
    words = [word for step in layer.packets(steps) for word in step]
    board.write("STEP_DATA", words)
    extra = board["STEP_ROOM"]
    board.write("STEP_DATA", [0] * extra)
    assert board["STEP_ROOM"] == 0
    assert errors() == {}
    board["INTERRUPT_ENABLE"] = 4
    assert not board.interrupt
    board["STEP_DATA"] = 5
    assert errors() == {"step_overflow": 1}
    assert board["STATUS"] & (HALTED | IDLE) == HALTED | IDLE
    assert board.interrupt
    assert board["INTERRUPT_CAUSE"] == 4
    board["CONTROL"] = HALT | RESET
    assert errors() == {}
    assert not board.interrupt
    assert board["INTERRUPT_ENABLE"] == 4
    assert board["CONTROL"] == HALT
    board["INTERRUPT_ENABLE"] = 1
    board["CONTROL"] = 0
    board.write("STEP_DATA", layer.packets(layer.stimulus(1))[0])
    board.settle()
    board.wait(5)
    assert board.interrupt
    assert board["INTERRUPT_CAUSE"] == 3


def test_clocks_are_counted_in_64_bits(builds: Path) -> None:
    board = HostBoard(elaborate(LAYERS["critic"], builds), 1)
    low, high = board["CLOCKS_LOW"], board["CLOCKS_HIGH"]
    board.wait(1000)
    later = board["CLOCKS_LOW"]
    assert high == 0
    assert later - low == 1000 + 2 * 4  # two accesses of four clocks
    board["CONTROL"] = RESET
    assert board["CLOCKS_LOW"] < 20


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
    assert board.host["fifo"]["step_words"] == 257
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
