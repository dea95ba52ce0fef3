"""The forward pass: slots of events and visits, in the order of the steps."""

from __future__ import annotations

from typing import Any

from learning_hardware import MadeUpLists, plan_of
from trained_layers import simulate

from sc_hw.learning.forward import ForwardPass


def test_each_input_meets_all_groups_and_each_step_all_neurons() -> None:
    plan = plan_of(steps=3)
    dut = ForwardPass(plan, spacing=9)
    lists = [[12, 3, 4], [], [7]]
    made_up = MadeUpLists(lists)

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        seen: list[tuple[Any, ...]] = []
        for _ in range(400):
            made_up.drive(ctx, dut)
            if ctx.get(dut.clear):
                seen.append(("clear", ctx.get(dut.place)))
            if ctx.get(dut.event):
                seen.append(("event", made_up.row, ctx.get(dut.group)))
            if ctx.get(dut.visit):
                first = ctx.get(dut.first_step)
                seen.append(("visit", first, ctx.get(dut.group), ctx.get(dut.share)))
            made_up.tick(ctx, dut)
            ended = ctx.get(dut.ended)
            await ctx.tick()
            if ended:
                break
        expected: list[tuple[Any, ...]] = [("clear", n) for n in range(1 << plan.place_bits)]
        for step, rows in enumerate(lists):
            expected += [("event", row, group) for row in rows for group in range(plan.groups)]
            expected += [
                ("visit", step == 0, group, half)
                for group in range(plan.groups)
                for half in range(plan.fold)
            ]
        assert seen == expected

    simulate(testbench, dut)
