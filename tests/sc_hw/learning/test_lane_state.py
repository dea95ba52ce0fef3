"""The lanes' state: halves with values of their own, single lanes, all lanes."""

from __future__ import annotations

from typing import Any

from learning_hardware import plan_of
from trained_layers import simulate

from sc_hw.learning.lane_state import LaneState


def test_what_is_written_is_read() -> None:
    plan = plan_of()
    dut = LaneState(plan)

    async def testbench(ctx: Any) -> None:
        async def word(address: int) -> list[int]:
            ctx.set(dut.address, address)
            await ctx.tick().repeat(plan.fetch)
            return [int(value) for value in ctx.get(dut.word)]

        ctx.set(dut.w_address, 5)
        ctx.set(dut.write, 255)
        ctx.set(dut.value, 7)
        await ctx.tick()
        ctx.set(dut.write, 4)
        ctx.set(dut.value, 9)
        await ctx.tick()
        ctx.set(dut.write, 0)
        assert await word(5) == [7, 7, 9, 7, 7, 7, 7, 7]
        ctx.set(dut.write_share, 2)
        ctx.set(dut.values, [1, 2, 3, 4])
        await ctx.tick()
        ctx.set(dut.write_share, 0)
        assert await word(5) == [7, 7, 9, 7, 1, 2, 3, 4]

    simulate(testbench, dut)
