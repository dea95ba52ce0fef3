"""A verilated system under a random host: loads, steps, reads, waits, halts, and full FIFOs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from device_designs import INHIBITED, LAYER

from sc_hw import Device
from sc_hw.build.elaborate import Build, elaborate
from sc_hw.simulation.library import rtl_library
from sc_model.spec import Design, HostSpec, NeuronSpec, PlasticLayerSpec
from sc_sim.bits import Words, words_of
from sc_sim.blocks.layer import RtlLayer
from sc_sim.bus.bus import Access, BusError, SystemBus
from sc_sim.design import read_dut

WORD = 32
HALT, RESET, CLEAR = 1, 2, 4
WINDOW_BUSY = 8
IDLE, HALTED, OUTPUTS, INTERRUPT = 1, 2, 4, 8
Packet = list[int]


def integers_of(words: Words) -> list[int]:
    """Rows of 64-bit words as integers."""
    return [sum(int(part) << 64 * k for k, part in enumerate(row)) for row in words]


def rows_of(values: Iterable[int], bits: int) -> Words:
    """Integers as rows of 64-bit words."""
    count = words_of(bits)
    rows = [[value >> 64 * k & (1 << 64) - 1 for k in range(count)] for value in values]
    return np.array(rows, np.uint64).reshape(len(rows), count)


class HostBoard(SystemBus):
    """A system and its packets and windows, all by the manifest.

    `transact` has the meaning of `sc_sim.driver.one_clock.Rtl.transact` for the host's streams, so
    that the classes with the golden interfaces can load and read by way of the window.
    """

    def __init__(
        self, build: Build, seed: int = 1, idle: float = 0.0, may_refuse: bool = False
    ) -> None:
        """`may_refuse`: the window may be refused while packets wait for room."""
        super().__init__(build.folder, rtl_library(build.folder, bus=True), seed=seed, idle=idle)
        self.build, self.rng, self.may_refuse = build, random.Random(seed), may_refuse

    # --- windows ----------------------------------------------------------------------------------

    def _window(self, port: int, address: int, expected: int | None) -> list[Access]:
        """Accesses that set the window, unless it has come to that address by itself."""
        if address == expected:
            return []
        return [("WINDOW_PORT", port), ("WINDOW_ADDRESS", address)]

    def load_words(self, port: int, words: Sequence[tuple[int, int]]) -> None:
        """Load words, each an address and data."""
        window = self.host["windows"][port]
        step = 1 << (window["address"][-1]["offset"] if window["address"] else 0)
        accesses, expected = [], None
        for address, data in words:
            accesses += self._window(port, address, expected)
            parts = [data >> WORD * k & (1 << WORD) - 1 for k in range(window["accesses"])]
            accesses += [("WINDOW_DATA", part) for part in parts]
            expected = address + step
        self.make(accesses)

    def read_words(self, port: int, addresses: Sequence[int]) -> list[int]:
        """Read the words at some addresses."""
        window = self.host["windows"][port]
        step = 1 << (window["address"][-1]["offset"] if window["address"] else 0)
        accesses: list[Access] = []
        expected = None
        for address in addresses:
            accesses += self._window(port, address, expected)
            accesses += [("WINDOW_DATA", None)] * window["accesses"]
            expected = address + step
        answers = self.make(accesses)
        parts = [
            a for a, (where, _) in zip(answers, accesses, strict=True) if where == "WINDOW_DATA"
        ]
        count = window["accesses"]
        return [
            sum(part << WORD * k for k, part in enumerate(parts[n : n + count]))
            for n in range(0, len(parts), count)
        ]

    def transact(
        self, inputs: Mapping[str, Words], wanted: Mapping[str, int]
    ) -> tuple[int, dict[str, Any]]:
        """Loads and reads of host streams; the answers of the reads under `readback...`."""
        names = [window["name"] for window in self.host["windows"]]
        outputs = {}
        for stream, rows in inputs.items():
            kind, _, layer = stream.partition("_")
            port = names.index(layer) if layer else 0
            window = self.host["windows"][port]
            bits = sum(field["width"] for field in window["address"])
            values = integers_of(rows)
            if kind == "load":
                mask = (1 << bits) - 1
                self.load_words(port, [(value & mask, value >> bits) for value in values])
            else:
                answers = rows_of(self.read_words(port, values), window["data_bits"])
                outputs["readback" + stream.removeprefix("read")] = (
                    np.arange(len(answers)),
                    answers,
                )
        return 0, outputs

    # --- steps ------------------------------------------------------------------------------------

    def step_words(self, common: Mapping[str, int], transfers: Sequence[int]) -> list[int]:
        """The packet of a step."""
        step = self.host["step"]
        head = 0
        for field in step["common"]:
            mask = (1 << field["bits"]) - 1
            head |= (int(common.get(field["name"], 0)) & mask) << (
                field["word"] * WORD + field["lo"]
            )
        words = [head >> WORD * k & (1 << WORD) - 1 for k in range(step["common_words"])]
        bits = step["transfer_bits"]
        assert len(transfers) == step["transfers"]
        if per_word := step.get("transfers_per_word"):
            for first in range(0, len(transfers), per_word):
                part = transfers[first : first + per_word]
                words.append(sum(value << bits * k for k, value in enumerate(part)))
        else:
            for value in transfers:
                words += [value >> WORD * k & (1 << WORD) - 1 for k in range(-(-bits // WORD))]
        assert len(words) == step["words"]
        return words

    def play(
        self,
        steps: Sequence[Sequence[int]],
        *,
        packets: int | None = None,
        random_host: bool = True,
    ) -> list[Packet]:
        """Feed steps and take their packets, in a random order of everything a host may do.

        All words are taken and all packets have come when it returns; a bound keeps it from
        hanging. `packets` is their number, by default that of the steps.
        """
        words = [word for step in steps for word in step]
        size = self.host["output"]["words"]
        wanted = size * (len(steps) if packets is None else packets)
        taken: list[int] = []
        halted, rng = False, self.rng
        for _ in range(100_000):
            if not words and len(taken) == wanted and not halted:
                break
            action = rng.random() if random_host else rng.choice((0.1, 0.5))
            if action < 0.3 and words:
                room = self["STEP_ROOM"]
                part = min(room, rng.choice((1, 3, room)), len(words))
                self.write("STEP_DATA", words[:part])
                words = words[part:]
            elif action < 0.6:
                level = self["OUTPUT_LEVEL"]
                if level and (rng.random() < 0.3 or not words):  # mostly it is kept full
                    taken += self.read("OUTPUT_DATA", min(level, rng.choice((1, 2, level))))
            elif action < 0.7:
                halted = not halted
                self["CONTROL"] = HALT * halted
            elif action < 0.8:
                self.glance()
            elif action < 0.9:
                self.wait(rng.choice((1, 10, 100)))
        else:
            raise AssertionError(
                f"{len(words)} words of steps and {wanted - len(taken)} of outputs are left"
            )
        self.settle()
        assert self["OUTPUT_LEVEL"] == 0
        return [taken[n : n + size] for n in range(0, len(taken), size)]

    def glance(self) -> None:
        """Look at something in the midst of it all; a word of a memory may be anything."""
        kind = self.rng.randrange(3)
        if kind == 0:
            port = self.rng.randrange(len(self.host["windows"]))
            try:
                self.read_words(port, [self.address(port)])
            except BusError:
                assert self.may_refuse
                assert self["ERRORS"] & WINDOW_BUSY
                self["ERRORS"] = WINDOW_BUSY
        elif kind == 1:
            assert self["MAGIC"] == 0x53434857
        else:
            assert self["STEPS_DONE"] <= self["STEPS_TAKEN"]

    def address(self, port: int) -> int:
        """The address of some word of a window."""
        window = self.host["windows"][port]
        if not window["address"]:
            return 0
        space = self.rng.choice(window["spaces"])
        values = {"space": space["code"], "word": self.rng.randrange(space["words"])}
        return sum(values.get(f["name"], 0) << f["offset"] for f in window["address"])

    def settle(self, limit: int = 10_000) -> None:
        """Wait until no step is under way."""
        for _ in range(limit):
            if self["STATUS"] & IDLE:
                return
            self.wait(10)
        raise AssertionError("the block is never idle")

    @property
    def dut(self) -> Any:
        """What the classes with the golden interfaces ask of a verilated design."""
        return _dut(self.build.folder)


def _dut(folder: Path) -> Any:
    from sc_sim.design import read_build, read_manifest

    return read_build(folder) if "rule" in read_manifest(folder) else read_dut(folder)


def spikes_of(packet: Packet, neurons: int) -> list[int]:
    """The bits of a packet behind its number."""
    word = sum(part << WORD * k for k, part in enumerate(packet[1:]))
    assert word >> neurons == 0
    return [word >> n & 1 for n in range(neurons)]


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
