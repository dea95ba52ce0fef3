"""The memory of a swept layer's columns in the simulator: every column of every tick."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from trained_layers import simulate

from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.cosim import cosim
from sc_hw.trained.column_store import ColumnStore
from sc_hw.trained.lane import MEMORY
from sc_model.spec import SLICE, DenseSpec, Design, HetSynSpec, LifSpec, NetworkSpec


@pytest.mark.parametrize(("columns", "constant"), [(37, False), (33, True), (16, True), (3, False)])
def test_each_column_has_its_value(columns: int, *, constant: bool) -> None:
    """With pauses between slices, and a reset in the midst of a tick."""
    dut, rng, reset = ColumnStore(columns, constant=constant), np.random.default_rng(2), Signal()

    async def write(ctx: Any, bits: int, number: int) -> None:
        ctx.set(dut.write, 1)
        ctx.set(dut.slice, bits)
        assert ctx.get(dut.last) == (number == dut.slices - 1)
        await ctx.tick()
        ctx.set(dut.write, 0)
        await ctx.tick().repeat(int(rng.integers(0, 2)) + 1)

    async def testbench(ctx: Any) -> None:
        for tick in range(4):
            if tick == 2:
                if dut.slices > 1:
                    await write(ctx, 0, 0)
                ctx.set(reset, 1)
                await ctx.tick()
                ctx.set(reset, 0)
            values = rng.integers(0, 2, dut.slices * SLICE)
            for number in range(dut.slices):
                bits = values[number * SLICE : (number + 1) * SLICE]
                await write(ctx, int(bits @ (1 << np.arange(SLICE))), number)
            if constant:
                values[columns - 1] = 1
            seen = []
            for column in range(columns + MEMORY):
                ctx.set(dut.column, min(column, columns - 1))
                seen.append(ctx.get(dut.value))
                await ctx.tick()
            assert seen[MEMORY:] == values[:columns].tolist()

    simulate(testbench, ResetInserter(reset)(dut))


@pytest.mark.parametrize(("inputs", "own", "bias"), [(32, 20, 0), (37, 11, 1), (5, 43, 1)])
def test_columns_behind_the_inputs_are_those_of_a_memory_outside(
    inputs: int, own: int, bias: int
) -> None:
    columns = inputs + own + bias
    dut = ColumnStore(columns, constant=bool(bias), inputs=inputs)
    rng, base = np.random.default_rng(5), inputs // SLICE
    values = rng.integers(0, 2, (dut.slices + 5) * SLICE)
    outside = rng.integers(0, 2, (-(-columns // SLICE) - base) * SLICE)

    async def testbench(ctx: Any) -> None:
        for number in range(dut.slices):
            bits = values[number * SLICE : (number + 1) * SLICE]
            ctx.set(dut.write, 1)
            ctx.set(dut.slice, int(bits @ (1 << np.arange(SLICE))))
            assert ctx.get(dut.last) == (number == dut.slices - 1)
            await ctx.tick()
        ctx.set(dut.write, 0)
        seen = []
        for column in range(columns + MEMORY):
            ctx.set(dut.column, min(column, columns - 1))
            seen.append(ctx.get(dut.value))
            asked = ctx.get(dut.own_slice)
            await ctx.tick()
            bits = outside[asked * SLICE :][:SLICE]
            ctx.set(dut.own, int(bits @ (1 << np.arange(len(bits)))))
        first = inputs - base * SLICE
        wanted = [*values[:inputs], *outside[first : first + own], *[1] * bias]
        assert seen[MEMORY:] == [int(value) for value in wanted]

    simulate(testbench, dut)


@pytest.mark.soak  # a layer by itself is in test_layer.py
def test_a_wide_swept_network_equals_its_model_in_verilog(tmp_path: Path) -> None:
    """Slices into, between and out of swept layers and into one of the event engine; resets."""
    neuron = LifSpec(leak="shift", threshold_bits=12)
    shared: dict[str, Any] = {"weight_bits": 4, "bias": True, "neuron": neuron}
    layers = (
        DenseSpec(name="a", inputs=258, neurons=272, lanes=34, engine="sweep", **shared),
        DenseSpec(name="b", inputs=272, neurons=272, lanes=34, engine="events", **shared),
        HetSynSpec(name="c", inputs=272, neurons=3, weight_bits=4, max_delay=2),
    )
    spec = NetworkSpec(layers=layers)
    assert [spec.slices(index) for index in range(3)] == [17, 18, 17]
    build = elaborate(Design(name="wide", block="network", network=spec), tmp_path)
    results = cosim(build, steps=20)
    assert (results["passed"], results["differences"]) == (True, 0)
