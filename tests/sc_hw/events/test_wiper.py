"""The wiper of sums in Amaranth's simulator."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import ResetInserter, Signal
from trained_layers import simulate

from sc_hw.events.wiper import SumWiper


@pytest.mark.parametrize(("words", "landed"), [(1, 5), (8, 3), (20, 7)])
def test_each_word_once(words: int, landed: int) -> None:
    dut, reset = SumWiper(words, landed), Signal()

    async def wiped(ctx: Any) -> list[int]:
        found = []
        for _ in range(words + landed):
            assert ctx.get(dut.busy)
            if ctx.get(dut.wipe):
                found.append(ctx.get(dut.place))
            await ctx.tick()
        assert not ctx.get(dut.busy)
        return found

    async def testbench(ctx: Any) -> None:
        assert await wiped(ctx) == [*range(words)]
        assert dut.clocks == words + landed
        await ctx.tick()
        assert not ctx.get(dut.wipe)
        ctx.set(dut.restart, 1)
        await ctx.tick()
        await ctx.tick()  # once more does not begin anew
        ctx.set(dut.restart, 0)
        ctx.set(reset, 1)  # a reset does
        await ctx.tick()
        ctx.set(reset, 0)
        assert await wiped(ctx) == [*range(words)]

    simulate(testbench, ResetInserter(reset)(dut))
