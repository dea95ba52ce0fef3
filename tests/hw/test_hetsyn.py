"""The HetSyn layer in Amaranth's simulator: ticks against the golden layer, host access, resets, its clocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from sc_hw.families import load_family
from sc_hw.hetsyn import HetSynLayer
from sc_hw.hetsyn.accumulator import Accumulator
from sc_hw.hetsyn.layer import HetSynSpace
from sc_model.golden.hetsyn import HetSyn
from sc_model.spec import CrossingSpec, HetSynSpec, NeuronSpec

PATIENCE = 20_000  # clocks


def simulate(testbench: Any, dut: Any) -> None:
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


async def until(ctx: Any, condition: Any, what: str) -> int:
    for clock in range(PATIENCE):
        if ctx.get(condition):
            return clock
        await ctx.tick()
    raise AssertionError(f"waited {PATIENCE} clocks for {what}")


async def load(ctx: Any, dut: HetSynLayer, space: HetSynSpace, lane: int, word: int, value: int) -> None:
    ctx.set(dut.load.payload, {"space": space, "lane": lane, "word": word, "data": value})
    ctx.set(dut.load.valid, 1)
    await until(ctx, dut.load.ready, "load")
    await ctx.tick()
    ctx.set(dut.load.valid, 0)


async def read(ctx: Any, dut: HetSynLayer, space: HetSynSpace, lane: int, word: int) -> int:
    ctx.set(dut.read.payload, {"space": space, "lane": lane, "word": word})
    ctx.set(dut.read.valid, 1)
    await until(ctx, dut.read.ready, "read")
    await ctx.tick()
    ctx.set(dut.read.valid, 0)
    await until(ctx, dut.readback.valid, "read-back")
    value = ctx.get(dut.readback.payload)
    ctx.set(dut.readback.ready, 1)
    await ctx.tick()
    ctx.set(dut.readback.ready, 0)
    return int(value)


async def load_all(ctx: Any, dut: HetSynLayer, golden: HetSyn) -> None:
    spec = golden.spec
    for j in range(spec.neurons):
        for i in range(spec.inputs):
            weight = int(golden.weight[j, i]) & ((1 << spec.weight_bits) - 1)
            value = (weight | int(golden.code[j, i]) << spec.weight_bits) << spec.trace_bits
            value |= 0x2A5A5 & ((1 << spec.trace_bits) - 1)  # what a trace holds at power-on must not matter
            await load(ctx, dut, HetSynSpace.SYNAPSE, j % spec.lanes, j // spec.lanes * spec.inputs + i, value)


def pair(spec: HetSynSpec, crossing: CrossingSpec, seed: int, family: str = "generic") -> tuple[HetSynLayer, HetSyn]:
    rng = np.random.default_rng(seed)
    golden = HetSyn(spec, crossing, 1.0)
    shape = (spec.neurons, spec.inputs)
    top = 1 << (spec.weight_bits - 1)
    golden.load(rng.integers(-top // 2, top, shape), rng.integers(0, len(golden.codes.factors), shape))
    return HetSynLayer(spec, golden.codes, crossing.value, 16, load_family(family)), golden


CASES: list[tuple[dict[str, Any], dict[str, Any], str, int, str]] = [
    ({"inputs": 5, "neurons": 4}, {}, "hold", 1, "generic"),
    (
        {"inputs": 7, "neurons": 5, "lanes": 3, "terms": 0, "trace_bits": 16, "trace_fraction": 8},
        {"leak_shift": 3},
        "accumulate",
        6,
        "ecp5",
    ),
    (
        {"inputs": 1, "neurons": 1, "terms": 4, "code_bits": 8},
        {"refractory": 2, "threshold": 50_000},
        "once",
        2,
        "ice40_hx",
    ),
    ({"inputs": 3, "neurons": 9, "lanes": 5, "terms": 2, "weight_bits": 12}, {"threshold_step": 9000}, "hold", 1, "ice40_up"),
    ({"inputs": 16, "neurons": 8, "lanes": 8, "terms": 1, "trace_bits": 11}, {"current_shift": 3}, "accumulate", 3, "ecp5"),
]


@pytest.mark.parametrize(("sizes", "options", "policy", "interval", "family"), CASES)
def test_layer_equals_golden(sizes: dict[str, Any], options: dict[str, Any], policy: Any, interval: int, family: str) -> None:
    spec = HetSynSpec(name="layer", **sizes, neuron=NeuronSpec(**{"reset": "subtract", "threshold": 1 << 16, **options}))
    crossing = CrossingSpec(spec.inputs, 1, interval, policy, 4)
    dut, golden = pair(spec, crossing, 3, family)
    rng = np.random.default_rng(7)
    fired = []

    async def testbench(ctx: Any) -> None:
        await load_all(ctx, dut, golden)
        for tick in range(60):
            if tick == 40:  # a reset puts everything but weights and codes back
                await ctx.tick()
                golden.reset()
                ctx.set(reset, 1)
                await ctx.tick()
                ctx.set(reset, 0)
            values = rng.integers(0, crossing.value.hi + 1, spec.inputs) * (rng.random(spec.inputs) < (0.3 if tick < 30 else 0.9))
            ctx.set(dut.i.payload, {"step": tick, "values": [int(value) for value in values]})
            ctx.set(dut.i.valid, 1)
            await until(ctx, dut.i.ready, "input")
            await ctx.tick()
            ctx.set(dut.i.valid, 0)
            clocks = await until(ctx, dut.o.valid, "spikes")
            assert clocks == dut.tick_clocks - 1
            expected = golden.step(values)
            got = ctx.get(dut.o.payload)
            assert got.step == tick
            assert [got.spikes >> j & 1 for j in range(spec.neurons)] == list(expected), tick
            fired.append(expected.mean())
            ctx.set(dut.o.ready, 1)
            await ctx.tick()
            ctx.set(dut.o.ready, 0)
        for j in range(spec.neurons):
            word = await read(ctx, dut, HetSynSpace.NEURON, 0, j)
            assert word & ((1 << len(golden_bits(golden, j))) - 1) == int(golden_bits(golden, j), 2), j
            for i in range(spec.inputs):
                word = await read(ctx, dut, HetSynSpace.SYNAPSE, j % spec.lanes, j // spec.lanes * spec.inputs + i)
                assert word & spec.trace_format.hi == golden.trace[j, i]

    reset = Signal()
    simulate(testbench, ResetInserter(reset)(dut))
    assert 0.02 < np.mean(fired) < 0.98
    assert golden.trace.max() > 0


def golden_bits(golden: HetSyn, j: int) -> str:
    """The potential's bits, highest first."""
    width = golden.spec.neuron.potential_format(golden.spec.current_format).width
    return format(int(golden.neuron["potential"][j]) & ((1 << width) - 1), f"0{width}b")


@pytest.mark.parametrize(("term", "total", "carry"), [(1, 1, 1), (5, 9, 4), (26, 36, 16), (12, 13, 5)])
def test_accumulator(term: int, total: int, carry: int) -> None:
    dut = Accumulator(term, total, carry)
    rng = np.random.default_rng(1)
    terms = [int(value) for value in rng.integers(-(1 << (term - 1)), 1 << (term - 1), 300)]
    firsts = [index == 0 or bool(flag) for index, flag in enumerate(rng.random(300) < 0.1)]
    sums: list[int] = []
    for value, first in zip(terms, firsts, strict=True):
        now = value + (0 if first else sums[-1])
        sums.append((now + (1 << (total - 1))) % (1 << total) - (1 << (total - 1)))

    async def testbench(ctx: Any) -> None:
        for clock in range(300):
            ctx.set(dut.i_term, terms[clock])
            ctx.set(dut.i_first, firsts[clock])
            if clock >= dut.latency:
                assert ctx.get(dut.o_sum) == sums[clock - dut.latency]
            await ctx.tick()

    simulate(testbench, dut)
