"""The update of the hidden layer: every row that spiked meets every group with a signal, once."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from learning_hardware import MadeUpLists, plan_of
from trained_layers import simulate

from sc_hw.learning.update import STEPPED, UpdatePass


@pytest.mark.parametrize("active", [0b001, 0b101, 0b111, 0b100])
@pytest.mark.parametrize("family", ["generic", "ice40_up"])
def test_each_row_meets_each_active_group_once(active: int, family: str) -> None:
    others: dict[str, Any] = {"inputs": 4000} if family == "ice40_up" else {}
    plan = plan_of(family, steps=4, **others)
    dut = UpdatePass(plan)
    lists = [[5], [], [9, 2, 1], [4]]
    made_up = MadeUpLists(lists)

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.active, active)
        await ctx.tick().repeat(3)
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        seen, stepped, slots = [], [], []
        for clock in range(200):
            made_up.drive(ctx, dut)
            if ctx.get(dut.update):
                seen.append((made_up.row, ctx.get(dut.group)))
                slots.append(clock)
            if ctx.get(dut.stepped):
                stepped.append((clock, len(seen)))
            made_up.tick(ctx, dut)
            await ctx.tick()
        groups = [group for group in range(plan.groups) if active >> group & 1]
        assert seen == [(row, group) for rows in lists for row in rows for group in groups]
        assert all(b - a >= plan.stride for a, b in itertools.pairwise(slots))
        # A step's slots have their drive before it goes down, and the next one's after that.
        before = 0
        for (clock, _), rows in zip(stepped, lists, strict=True):
            before += len(rows) * len(groups)
            last = slots[before - 1]
            assert clock >= last + plan.fetch
            if before < len(slots):
                assert clock < slots[before] + plan.fetch
        assert plan.fetch - 1 <= STEPPED

    simulate(testbench, dut)
