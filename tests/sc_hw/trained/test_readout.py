"""The readout in the simulator, beside its golden model: scores, answers, resets, the host."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from trained_layers import simulate

from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.cosim import cosim
from sc_hw.simulation.device import Device
from sc_hw.trained.lane import MEMORY
from sc_hw.trained.readout import Readout
from sc_model.golden.network.network import Network, parameter_bounds
from sc_model.golden.readout import Readout as GoldenReadout
from sc_model.spec import (
    ConfigError,
    ConvSpec,
    DenseSpec,
    Design,
    IntegratorNeuronSpec,
    IntegratorSpec,
    IntFormat,
    LifSpec,
    NetworkSpec,
    ReadoutSpec,
    TrainedLayerSpec,
)

KINDS = get_args(ReadoutSpec.model_fields["kind"].annotation)
NEURONS, BITS = 5, 4


@pytest.mark.parametrize(("kind", "order"), [*((kind, None) for kind in KINDS), ("count", (2, 3))])
def test_scores_and_answers_equal_golden(kind: Any, order: tuple[int, int] | None) -> None:
    """Few values and few bits, so that scores are alike and stay at their greatest value."""
    spec, neurons = ReadoutSpec(kind=kind, score_bits=2), NEURONS if order is None else 6
    dut = Readout(spec, neurons, IntFormat(BITS, signed=True), order)
    golden = GoldenReadout(spec, neurons)
    # numbers of the model, as neurons come
    turns = np.arange(neurons) if order is None else np.arange(neurons).reshape(3, 2).T.ravel()
    rng, reset, winners = np.random.default_rng(1), Signal(), set()

    async def testbench(ctx: Any) -> None:
        for tick in range(60):
            if tick % 20 == 0:
                golden.reset()
                for _ in range(tick // 20):  # in the midst of a tick
                    ctx.set(dut.valid, 1)
                    await ctx.tick()
                ctx.set(reset, 1)
                await ctx.tick()
                ctx.set(reset, 0)
            word = (rng.random(neurons) < 0.2).astype(int)
            potentials = rng.integers(-(1 << BITS - 1), 1 << BITS - 1, neurons)
            ctx.set(dut.fresh, not golden.begun)
            for turn, number in enumerate(turns):
                ctx.set(dut.valid, 1)
                ctx.set(dut.last, turn == neurons - 1)
                ctx.set(dut.spike, int(word[number]))
                if spec.by_potential:
                    ctx.set(dut.potential, int(potentials[number]))
                await ctx.tick()
                ctx.set(dut.valid, 0)
                await ctx.tick().repeat(int(rng.integers(0, 2)) + 1)
            await ctx.tick().repeat(dut.latency)
            golden.step(word, potentials)
            assert ctx.get(dut.winner) == golden.answer, tick
            winners.add(golden.answer)
            for turn, number in enumerate(turns):
                ctx.set(dut.host_address, turn)
                await ctx.tick().repeat(MEMORY)
                assert ctx.get(dut.word) == golden.scores[number]
            ctx.set(dut.host_address, 0)

    simulate(testbench, ResetInserter(reset)(dut))
    assert len(winners) > 1


def network(kind: Any, engine: Any) -> Design:
    first = DenseSpec(
        name="a", inputs=7, neurons=5, lanes=2, engine="events", neuron=LifSpec(threshold_bits=10)
    )
    last: TrainedLayerSpec
    if engine == "conv":
        last = ConvSpec(
            name="b",
            image=(1, 4, 4),
            channels=4,
            kernel=(3, 3),
            lanes=2,
            neuron=LifSpec(threshold_bits=10),
        )
    elif kind.endswith("potential"):
        neuron = IntegratorNeuronSpec(leak="shift", potential_bits=18)
        last = IntegratorSpec(
            name="b", inputs=5, neurons=6, lanes=4, engine=engine, neuron=neuron, tick_interval=2,
        )  # fmt: skip
    else:
        last = DenseSpec(
            name="b", inputs=5, neurons=6, lanes=3, engine=engine, neuron=LifSpec(threshold_bits=10)
        )
    if engine == "sweep":
        last = last.model_copy(update={"clock": "other"})
    # with one layer alone the Verilog is compiled in half of the time
    layers = (first, last) if engine == "sweep" else (last,)
    spec = NetworkSpec(layers=layers, readout=ReadoutSpec(kind=kind, score_bits=3))
    return Design(name="answers", block="network", network=spec)


@pytest.mark.soak  # a short one is in the tests of the encoder
@pytest.mark.parametrize(
    ("kind", "engine"),
    [
        ("largest_potential", "events"),
        ("count", "sweep"),
        ("first_spike", "events"),
        ("last_potential", "sweep"),
        ("largest_potential", "conv"),
    ],
)
def test_answers_of_verilog_are_those_of_golden(kind: Any, engine: Any, tmp_path: Path) -> None:
    """By the bench, with resets in the midst; and by `Device`, with states between runs."""
    design = network(kind, engine)
    spec = design.network
    assert spec is not None
    results = cosim(elaborate(design, root=tmp_path), steps=60)
    assert (results["passed"], results["differences"]) == (True, 0)

    rng = np.random.default_rng(6)
    parameters = {
        name: rng.integers(low, high + 1, shape)
        for name, (shape, low, high) in parameter_bounds(spec).items()
    }
    samples = (rng.random((6, 9, spec.layers[0].inputs)) < 0.4).astype(np.uint8)
    wanted = Network(spec, parameters).answers(samples)
    assert len(set(wanted.winners.tolist())) > 1
    states = []
    for on in ("model", "rtl"):
        with Device.open(design, on=on, root=tmp_path) as device:
            device.load(parameters)
            found = device.answers(samples)
            assert found.winners.tolist() == wanted.winners.tolist()
            assert found.scores.tolist() == wanted.scores.tolist()
            device.run(spikes=samples[0, :6])
            middle = device.state()
            assert middle["b"]["score"].any()
            # scores go on from a state, on the same device and on the other one
            device.restore(states[0] if states else middle)
            device.run(spikes=samples[0, 6:8])
            states += [middle, device.state()]
    for before, after in ((0, 2), (1, 3)):
        np.testing.assert_array_equal(states[before]["b"]["score"], states[after]["b"]["score"])
    golden = Network(spec, parameters)
    golden.run(samples[0, :8])
    assert golden.readout is not None
    np.testing.assert_array_equal(states[3]["b"]["score"], golden.readout.scores)


def test_a_device_without_a_readout_answers_nothing() -> None:
    layer = DenseSpec(name="a", inputs=2, neurons=2)
    silent = Design(name="silent", block="network", network=NetworkSpec(layers=(layer,)))
    with Device.open(silent) as device, pytest.raises(ConfigError, match=r"^design 'silent': a"):
        device.answers(np.zeros((1, 2, 2), np.uint8))
    with (
        Device.open(network("count", "sweep")) as device,
        pytest.raises(ValueError, match=r"^samples must have shape \(samples, steps, 7\), not"),
    ):
        device.answers(np.zeros((2, 7), np.uint8))
    lane = Design(name="lane", block="lane")
    text = r"^design 'lane' must have block 'network' and a table \[readout\] to answer samples"
    with Device.open(lane) as device, pytest.raises(ConfigError, match=text):
        device.answers([])
