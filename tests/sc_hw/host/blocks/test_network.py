"""Networks behind their registers, under a random host, against the golden network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from host_board import HOST, RESET, HostBoard, integers_of, rows_of, spikes_of
from network_designs import learns, two_clocks

from sc_hw.build.elaborate import elaborate
from sc_model.golden.network.network import Network
from sc_model.spec import (
    PLASTIC,
    DenseSpec,
    Design,
    HetSynSpec,
    LifSpec,
    NetworkSpec,
    NeuronSpec,
    ReadoutSpec,
    SparseSpec,
)
from sc_sim.benches.network.expected import Expected, expected, own_lessons
from sc_sim.benches.network.stimulus import lessons, parameters, spikes
from sc_sim.blocks.network.host import NetworkHost
from sc_sim.blocks.network.records import flat
from sc_sim.network_design import read_network


def early() -> Design:
    """A last layer that ticks before the first step, so that packets come unasked."""
    layers = (
        HetSynSpec(name="slow", inputs=40, neurons=5, tick_interval=3),
        HetSynSpec(name="fast", inputs=5, neurons=3, tick_interval=1, clock="other"),
    )
    return Design(name="early", block="network", network=NetworkSpec(layers=layers))


def loses() -> Design:
    """A crossing that counts to 1, and more than 32 inputs and neurons."""
    layers = (
        DenseSpec(name="a", inputs=40, neurons=3),
        HetSynSpec(
            name="b", inputs=3, neurons=34, lanes=3, tick_interval=2, policy="once", pending_bits=1
        ),
    )
    return Design(name="loses", block="network", network=NetworkSpec(layers=layers))


def fires() -> Design:
    """The network that learns: its plastic layer ticks in every second step, and fires."""
    design = learns()
    assert design.network is not None
    assert design.network.plastic is not None
    first, last = design.network.layers
    plastic = design.network.plastic.model_copy(update={"neuron": NeuronSpec(threshold=60_000)})
    layers = (first, last.model_copy(update={"tick_interval": 2}))
    return Design(
        name="fires", block="network", network=NetworkSpec(layers=layers, plastic=plastic)
    )


def slices() -> Design:
    """Spikes in slices, with the answer of a readout beside the last one."""
    layers = (
        DenseSpec(name="first", inputs=40, neurons=6, lanes=3, clock="other"),
        SparseSpec(
            name="last", inputs=6, neurons=257, synapses=400, fan_in=6, weight_bits=4,
            tick_interval=2, neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
        ),
    )  # fmt: skip
    network = NetworkSpec(layers=layers, readout=ReadoutSpec(kind="count"))
    return Design(name="slices", block="network", network=network)


DESIGNS = {
    "two_clocks": two_clocks, "learns": fires, "early": early, "loses": loses, "slices": slices,
}  # fmt: skip


LONG = ("early", "slices")


class NetworkBoard:
    """A network behind its registers."""

    def __init__(self, design: Design, builds: Path, seed: int) -> None:
        design = design.model_copy(update={"host": HOST})
        build = elaborate(design, builds)
        assert design.network is not None
        early = design.network.early(design.network.layers[-1])
        self.spec, self.board = design.network, HostBoard(build, seed, idle=0.1, may_refuse=early)
        self.host = NetworkHost(read_network(build.folder))
        self.rng = np.random.default_rng(seed)
        self.windows = [window["name"] for window in self.board.host["windows"]]

    def load(self, chosen: dict[str, np.ndarray]) -> None:
        """Load all parameters, and the plastic layer's state."""
        network = Network(self.spec, chosen)
        state = network.plastic.checkpoint() if network.plastic is not None else {}
        loads = {**self.host.loads(chosen, self.rng), **self.host.plastic_loads(state)}
        self.board.transact(loads, {})

    def compare(self, wanted: Expected) -> None:
        """Everything that the host can read is that of the model.

        The last layer first: what is under way comes there last.
        """
        reads = dict(reversed(self.host.reads().items()))
        _, answers = self.board.transact(reads, {})
        words = {name: rows for name, (_, rows) in answers.items()}
        got = self.host.readings(words)
        if self.spec.plastic is not None:
            network = Network(self.spec)
            assert network.plastic is not None
            shapes = network.plastic.checkpoint()
            got[PLASTIC] = flat(self.host.plastic_readings(words[f"readback_{PLASTIC}"], shapes))
        for layer, fields in wanted.state.items():
            for name, values in fields.items():
                if name in got[layer]:
                    np.testing.assert_array_equal(got[layer][name], values, f"{layer}.{name}")


@pytest.mark.parametrize(
    "name",
    [
        # long, and like the others but for packets that come unasked, or whose spikes are many
        pytest.param(name, marks=pytest.mark.soak if name in LONG else ())
        for name in DESIGNS
    ],
)
def test_a_network_takes_random_steps(name: str, builds: Path) -> None:
    network = NetworkBoard(DESIGNS[name](), builds, seed=4)
    board, spec, rng = network.board, network.spec, network.rng
    steps, interval = 32, spec.layers[-1].tick_interval  # all layers tick in the last step
    inputs = spec.layers[0].inputs
    x = spikes(rng, steps, inputs)
    chosen = dict(parameters(spec, rng, x))
    for _ in range(2):
        network.load(chosen)
        teach = lessons(network.host.lesson_formats, rng, steps)
        words = [
            board.step_words(
                {field: int(values[t]) for field, values in teach.items()},
                [sum(int(bit) << n for n, bit in enumerate(row))],
            )
            for t, row in enumerate(x)
        ]
        ahead = spec.early(spec.layers[-1])
        wanted = expected(spec, chosen, x, own_lessons(spec, teach, steps))
        out = wanted.out
        before = expected(spec, chosen, x[:-1], own_lessons(spec, teach, steps - 1)).out
        packets = board.play(words[:-1], packets=len(before.bits))
        # The window waits for the step under way.
        board.write("STEP_DATA", words[-1])
        if not ahead:
            network.compare(wanted)
        packets += board.play([], packets=len(out.bits) - len(before.bits))
        neurons = board.host["output"]["bits"]
        assert [packet[0] for packet in packets] == [
            interval * (n + 1) for n in range(len(out.bits))
        ]
        assert [spikes_of(packet, neurons) for packet in packets] == out.bits.tolist()
        assert 0 < out.bits.sum() < out.bits.size
        spiking = spec.layers[-1].neurons if spec.plastic is None else out.bits.shape[1]
        assert board["SPIKES"] == out.bits[:, :spiking].sum()
        network.compare(wanted)
        assert board["STEPS_TAKEN"] == board["STEPS_DONE"] == steps
        lost = sum(wanted.lost.values())
        assert lost or name != "loses"
        assert board["ERRORS"] == (1 << 9 if lost else 0) or ahead
        assert not board["ERRORS"] & 1 << 8
        # a reset in the midst of steps; then all of it again
        board.write("STEP_DATA", [word for step in words[:3] for word in step])
        board.wait(int(rng.integers(100)))
        board["CONTROL"] = RESET
        assert [board[r] for r in ("STEPS_TAKEN", "ERRORS")] == [0, 0]
    if not ahead:
        assert board["OUTPUT_LEVEL"] == 0
    assert integers_of(rows_of([5, 1 << 70], 80)) == [5, 1 << 70]
