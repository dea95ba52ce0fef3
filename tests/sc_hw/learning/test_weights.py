"""Weights: a slot's word comes, and is written when its change is there."""

from __future__ import annotations

from typing import Any

import pytest
from learning_hardware import plan_of
from trained_layers import simulate

from sc_hw.learning.plan import PRODUCT
from sc_hw.learning.weights import WeightMemory


@pytest.mark.parametrize("single_port", [True, False])
def test_a_word_is_read_and_its_change_written(single_port: bool) -> None:
    plan = plan_of("ice40_up", inputs=784, hidden=128) if single_port else plan_of()
    assert plan.single_port == single_port
    dut = WeightMemory(plan)

    async def testbench(ctx: Any) -> None:
        for word in range(4):
            ctx.set(dut.address, word)
            await ctx.tick()
            for lane in range(plan.lanes):
                ctx.set(dut.load, 1 << lane)
                ctx.set(dut.load_data, 10 * word + lane)
                await ctx.tick()
            ctx.set(dut.load, 0)
        # Updates in every `stride` clocks: each adds 1 to what it has read.
        words, clocks = [0, 1, 2, 3], 4 * plan.stride + plan.fetch + PRODUCT + 1
        pipeline: list[list[int]] = []
        for clock in range(clocks):
            slot, rest = divmod(clock, plan.stride)
            issues = slot < 4 and not rest
            ctx.set(dut.address, words[slot] if issues else 0)
            ctx.set(dut.update, issues)
            pipeline.append([int(weight) for weight in ctx.get(dut.words)])
            if len(pipeline) > PRODUCT:
                ctx.set(dut.changed, [weight + 1 for weight in pipeline[-1 - PRODUCT]])
            await ctx.tick()
        assert not ctx.get(dut.landing)
        for word in range(4):
            ctx.set(dut.address, word)
            await ctx.tick().repeat(plan.fetch)
            assert list(ctx.get(dut.words)) == [10 * word + lane + 1 for lane in range(plan.lanes)]

    simulate(testbench, dut)
