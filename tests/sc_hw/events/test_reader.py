"""The reader of sums in Amaranth's simulator."""

from __future__ import annotations

from typing import Any

import pytest
from trained_layers import simulate

from sc_hw.events.reader import SumReader
from sc_model.spec import DenseSpec


@pytest.mark.parametrize(("neurons", "lanes", "sets"), [(5, 2, 2), (4, 4, 8), (3, 1, 1)])
def test_each_partial_sum_is_fetched_once(neurons: int, lanes: int, sets: int) -> None:
    spec = DenseSpec(name="a", inputs=3, neurons=neurons, lanes=lanes, engine="events")
    dut, used = SumReader(spec, sets), 0b01010101 & ((1 << sets) - 1)

    async def testbench(ctx: Any) -> None:
        for _ in range(2):
            ctx.set(dut.start, 1)
            ctx.set(dut.used, used)
            await ctx.tick()
            ctx.set(dut.start, 0)
            ctx.set(dut.used, 0)
            fetched = []
            for clock in range(dut.slots * spec.groups + 3):
                if ctx.get(dut.fetch):
                    row = (dut.group, dut.set, dut.begin, dut.counts, dut.last)
                    fetched.append((clock, *(int(ctx.get(signal)) for signal in row)))
                await ctx.tick()
            assert fetched == [
                (group * dut.slots + n, group, n, n == 0, used >> n & 1, n == sets - 1)
                for group in range(spec.groups)
                for n in range(sets)
            ]

    simulate(testbench, dut)
