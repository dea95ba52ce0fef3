"""Sums: additions `LOOP` clocks apart, and clears."""

from __future__ import annotations

import random
from typing import Any

from learning_hardware import plan_of
from trained_layers import simulate

from sc_hw.learning.event_sums import EventSums
from sc_hw.learning.plan import LOOP


def test_additions_to_one_sum_may_follow_after_a_loop() -> None:
    plan, rng = plan_of(), random.Random(5)
    dut = EventSums(plan)

    async def testbench(ctx: Any) -> None:
        sums = [[0] * plan.lanes for _ in range(LOOP)]
        ctx.set(dut.clear, 1)
        for place in range(LOOP):
            ctx.set(dut.place, place)
            await ctx.tick()
        ctx.set(dut.clear, 0)
        words: list[list[int]] = []
        slots = 10 * LOOP
        for clock in range(slots + plan.fetch):
            ctx.set(dut.event, clock < slots)
            ctx.set(dut.place, clock % LOOP)
            words.append([rng.randint(-128, 127) for _ in range(plan.lanes)])
            if clock >= plan.fetch:
                added = words[clock - plan.fetch]
                ctx.set(dut.words, added)
                place = (clock - plan.fetch) % LOOP
                sums[place] = [a + b for a, b in zip(sums[place], added, strict=True)]
            await ctx.tick()
        ctx.set(dut.event, 0)
        await ctx.tick().repeat(2)
        assert not ctx.get(dut.landing)
        for place in range(LOOP):
            ctx.set(dut.place, place)
            await ctx.tick().repeat(plan.fetch)
            assert list(ctx.get(dut.stored)) == sums[place]

    simulate(testbench, dut)
