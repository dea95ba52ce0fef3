"""The encoder in the simulator, beside its golden model, with stalls and resets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from encoded_networks import coded, encoded
from sparse_networks import parameters_of
from trained_layers import simulate

from sc_hw.build.elaborate import elaborate
from sc_hw.network.encoder import ValueEncoder
from sc_hw.simulation.cosim import cosim
from sc_hw.simulation.device import Device
from sc_model.golden.encoder import Encoder
from sc_model.golden.network.network import Network
from sc_model.spec import ConfigError, Design, EncoderSpec

CASES: list[tuple[dict[str, Any], int, int, int]] = [
    ({"kind": "threshold", "level": 100, "steps": 2}, 5, 5, 1),
    ({"kind": "threshold", "bits": 1, "lanes": 4}, 37, 16, 3),
    ({"kind": "latency", "level": 100, "ticks": 4, "steps": 5}, 19, 16, 2),
    ({"kind": "latency", "level": 1, "ticks": 7, "steps": 6, "bits": 3, "lanes": 2}, 7, 7, 1),
    ({"kind": "bernoulli", "steps": 3, "seed": 77}, 19, 16, 2),
    ({"kind": "bernoulli", "steps": 2, "bits": 5, "lanes": 4}, 22, 16, 2),
    ({"kind": "delta", "level": 40, "steps": 6}, 3, 6, 1),
    ({"kind": "delta", "level": 5, "steps": 4, "bits": 4, "lanes": 8}, 20, 16, 3),
    ({"kind": "delta", "level": 9, "steps": 3, "bits": 6}, 1, 2, 1),
]


@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize(("fields", "values", "chunk", "transfers"), CASES)
def test_spikes_equal_golden(
    fields: dict[str, Any], values: int, chunk: int, transfers: int, stall: float
) -> None:
    spec = EncoderSpec(**fields)
    dut, golden = ValueEncoder(spec, values, chunk, transfers), Encoder(spec, values)
    rng, reset, rates = np.random.default_rng(2), Signal(), []
    channels = spec.channels(values)

    async def give(ctx: Any, given: Any) -> None:
        for value in given:
            while rng.random() < stall:
                await ctx.tick()
            ctx.set(dut.i.payload, int(value))
            ctx.set(dut.i.valid, 1)
            assert ctx.get(dut.i.ready)
            await ctx.tick()
            ctx.set(dut.i.valid, 0)

    async def take(ctx: Any) -> list[int]:
        for _ in range(4 * dut.words + 40):
            ready = rng.random() >= stall
            ctx.set(dut.o.ready, ready)
            if ready and ctx.get(dut.o.valid):
                payload = ctx.get(dut.o.payload)
                await ctx.tick()
                return [payload >> bit & 1 for bit in range(chunk)]
            await ctx.tick()
        raise AssertionError("no transfer came")

    async def testbench(ctx: Any) -> None:
        for number in range(4):
            given = rng.integers(0, 1 << spec.bits, values)
            if number == 2:  # in the midst of a set's values, and of its steps
                await give(ctx, given)
                await take(ctx)
                ctx.set(reset, 1)
                await ctx.tick()
                ctx.set(reset, 0)
                await give(ctx, given[: values // 2])
                ctx.set(reset, 1)
                await ctx.tick()
                ctx.set(reset, 0)
            await give(ctx, given)
            for word in golden.shown(given[None]):
                found = [bit for _ in range(transfers) for bit in await take(ctx)]
                assert found[:channels] == word.tolist()
                rates.append(word.mean())
            ctx.set(dut.o.ready, 0)

    simulate(testbench, ResetInserter(reset)(dut))
    assert 0 < np.mean(rates) < 1


def test_more_lanes_than_a_transfer_has_spikes_are_refused() -> None:
    spec = EncoderSpec(kind="delta", lanes=16)
    text = r"^\[encoder\] lanes must be 8 at most for words of 16 spikes, not 16\.$"
    with pytest.raises(ConfigError, match=text):
        ValueEncoder(spec, 100, 16, 13)


@pytest.mark.parametrize(
    "design",
    [
        coded(),
        pytest.param(encoded("latency"), marks=pytest.mark.soak),
        pytest.param(encoded("delta", 260), marks=pytest.mark.soak),
    ],
    ids=["with lists and an answer", "latency", "delta in slices"],
)
def test_a_network_of_values_equals_its_model_in_verilog(design: Design, tmp_path: Path) -> None:
    """With resets in the midst, by the bench; and by `Device`, with answers and states."""
    spec = design.network
    assert spec is not None
    assert spec.encoder is not None
    results = cosim(elaborate(design, root=tmp_path), steps=60)
    assert (results["passed"], results["differences"]) == (True, 0)

    parameters, rng = parameters_of(spec), np.random.default_rng(4)
    values = rng.integers(0, 16, (9, spec.values))
    shown = Encoder(spec.encoder, spec.values).encode(values, spec.encoder.steps)
    wanted = Network(spec, parameters).answers(shown)
    words, states, last = [], [], spec.layers[-1].name
    for on in ("model", "rtl"):
        with Device.open(design, on=on, root=tmp_path) as device:
            device.load(parameters)
            found = device.answers(values)
            assert found.winners.tolist() == wanted.winners.tolist()
            assert found.scores.tolist() == wanted.scores.tolist()
            words.append(device.run(values=values))
            states.append(device.state())
            device.restore(states[0])
            words.append(device.run(values=values[:2]))
    assert words[0].shape == (9, 3)
    np.testing.assert_array_equal(words[0], words[2])
    np.testing.assert_array_equal(words[1], words[3])
    for space, fields in states[0].items():
        for name, given in fields.items():
            np.testing.assert_array_equal(states[1][space][name], given, f"{space}.{name}")
    assert states[1][last]["score"].any()
    assert int(states[1]["network"]["steps"]) == 9 * spec.encoder.steps


@pytest.mark.soak
def test_a_board_takes_values_and_answers(tmp_path: Path) -> None:
    """Through the registers, at the end of a serial line: a packet for each set of values."""
    design = encoded("bernoulli")
    spec = design.network
    assert spec is not None
    values = np.random.default_rng(4).integers(0, 16, (9, spec.values))
    found, words = [], []
    for on in ("model", "sim-board"):
        with Device.open(design, on=on, root=tmp_path) as device:
            device.load(parameters_of(spec))
            found.append(device.answers(values))
            words.append(device.run(values=values))
    np.testing.assert_array_equal(found[0].winners, found[1].winners)
    np.testing.assert_array_equal(found[0].scores, found[1].scores)
    np.testing.assert_array_equal(*words)


def test_a_recording_of_spikes_is_refused() -> None:
    text = r"^recording spikes\.npz holds spikes, and design 'encoded' takes values by its table"
    with Device.open(encoded("latency")) as device, pytest.raises(ConfigError, match=text):
        device.recording("spikes.npz")
