"""What hands a scanner the slices of inputs and of own spikes: every column in its place, once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trained_layers import simulate

from sc_hw.events.column_feed import ColumnFeed
from sc_model.spec import SLICE


@pytest.mark.parametrize("stall", [0.0, 0.6])
@pytest.mark.parametrize(
    ("inputs", "neurons", "bias", "width"),
    [(32, 48, 0, 1), (37, 27, 0, 2), (5, 40, 1, 1), (48, 32, 1, 3), (3, 70, 0, 1)],
)
def test_each_column_comes_once(
    inputs: int, neurons: int, bias: int, width: int, stall: float
) -> None:
    columns = inputs + neurons + bias
    dut, rng = ColumnFeed(inputs, columns, width), np.random.default_rng(inputs)

    async def testbench(ctx: Any) -> None:
        own = rng.integers(0, 2, neurons)
        places = np.zeros((dut.chunks - dut.base + 1) * SLICE, int)
        places[dut.first : dut.first + neurons] = own
        ctx.set(dut.own, int(places[:SLICE] @ (1 << np.arange(SLICE))))  # asked for before
        for _ in range(3):
            given = rng.integers(0, 1 << width, inputs)
            junk = rng.integers(0, 1 << width, dut.transfers * SLICE)
            junk[:inputs] = given
            found: list[int] = []
            taken = 0
            while len(found) < dut.chunks * SLICE:
                waits, comes = rng.random() < stall, rng.random() >= stall
                offered = taken < dut.transfers and comes
                ctx.set(dut.valid, int(offered))
                ctx.set(dut.load, int(offered and not found))
                ctx.set(dut.wants, int(bool(found) and not waits))
                values = junk[taken * SLICE :][:SLICE] if offered else [1] * SLICE
                ctx.set(dut.inputs, [int(value) for value in values])
                moves = ctx.get(dut.load) or (ctx.get(dut.wants) and ctx.get(dut.more))
                taken += ctx.get(dut.load) or (ctx.get(dut.ready) and ctx.get(dut.valid))
                if moves:
                    found += [int(value) for value in ctx.get(dut.values)]
                asked = ctx.get(dut.slice)
                await ctx.tick()
                ctx.set(dut.load, 0)
                ctx.set(dut.wants, 0)
                slice_ = places[asked * SLICE :][:SLICE]
                ctx.set(dut.own, int(slice_ @ (1 << np.arange(len(slice_)))))
            assert taken == dut.transfers
            assert found[: inputs + neurons] == [*given.tolist(), *own.tolist()]

    simulate(testbench, dut)
