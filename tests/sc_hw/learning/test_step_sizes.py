"""The drive of rows, and of inputs step by step."""

from __future__ import annotations

from typing import Any

from learning_hardware import plan_of
from trained_layers import simulate

from sc_hw.learning.step_sizes import StepSizes


def test_drives_are_shifted_traces() -> None:
    plan = plan_of()
    dut = StepSizes(plan)
    noise = plan.spec.noise_bits
    layers = plan.spec.layers

    async def testbench(ctx: Any) -> None:
        for count, added in ((1, 0), (13, 0), (8, 3), (13, 7)):
            ctx.set(dut.count, count)
            ctx.set(dut.step_shift, added)
            await ctx.tick().repeat(dut.settling)
            shift = min(layers[1].shift + added, noise)
            for trace in (0, 1, 16, 11):
                ctx.set(dut.trace, trace)
                ctx.set(dut.rows, 1)
                await ctx.tick().repeat(plan.fetch)
                assert ctx.get(dut.drive) == trace << (noise - shift)
            ctx.set(dut.rows, 0)
            shift = min(layers[0].shift + added + count.bit_length() - 1, noise)
            ctx.set(dut.begins, 1)
            await ctx.tick()
            ctx.set(dut.begins, 0)
            for left in range(plan.steps, 0, -1):
                assert ctx.get(dut.drive) == left << (noise - shift)
                ctx.set(dut.stepped, 1)
                await ctx.tick()
                ctx.set(dut.stepped, 0)

    simulate(testbench, dut)
