"""The backward pass: which words are read, which updated, and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from learning_hardware import plan_of
from trained_layers import simulate

from sc_hw.learning.backward import BackwardPass

# trace, near, age: silent, near the threshold, active, silent for long
ROWS = ((0, 0, 3), (0, 1, 3), (5, 0, 9), (0, 0, 254), (0, 0, 255), (16, 1, 0))


@pytest.mark.parametrize(
    ("signals", "learns", "active"), [(1, 1, 3), (1, 0, 3), (0, 1, 3), (1, 1, 2), (1, 1, 1)]
)
def test_rows_without_a_way_to_learn_have_no_slot(signals: int, learns: int, active: int) -> None:
    plan = plan_of()
    dut = BackwardPass(plan)

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.signals, signals)
        ctx.set(dut.learns, learns)
        ctx.set(dut.active, active)
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        row, seen, ages, clocks = 0, [], [], []
        for clock in range(120):
            ctx.set(dut.valid, row < len(ROWS))
            for name, value in zip(("trace", "near", "age"), ROWS[row % len(ROWS)], strict=True):
                ctx.set(getattr(dut, name), value)
            ctx.set(dut.row, row)
            if ctx.get(dut.ages):
                ages.append((ctx.get(dut.aged_row), ctx.get(dut.aged)))
            if ctx.get(dut.feedback) or ctx.get(dut.update):
                kind = "feedback" if ctx.get(dut.feedback) else "update"
                seen.append((row, kind, ctx.get(dut.group)))
                clocks.append(clock)
            moves = ctx.get(dut.next)
            ctx.set(dut.row_ended, moves and row == len(ROWS) - 1)
            await ctx.tick()
            ctx.set(dut.row_ended, 0)
            row += moves
        groups = range(plan.out_groups)
        expected = []
        for number, (trace, near, age) in enumerate(ROWS):
            if signals and (trace or near or age >= 254):
                expected += [(number, "feedback", group) for group in groups]
            if learns and trace:
                expected += [(number, "update", group) for group in groups if active >> group & 1]
        assert seen == expected
        assert len({clock % 2 for clock in clocks}) == 1
        new = [0 if trace else min(age + 1, 255) for trace, _, age in ROWS]
        assert ages == (list(enumerate(new)) if signals else [])

    simulate(testbench, dut)
