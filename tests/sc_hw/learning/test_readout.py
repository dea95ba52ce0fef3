"""The readout's pass: each row's words as often as it has spiked."""

from __future__ import annotations

from typing import Any

from learning_hardware import plan_of
from trained_layers import simulate

from sc_hw.learning.plan import LOOP
from sc_hw.learning.readout import ReadoutPass


def test_each_row_is_added_once_for_each_of_its_spikes() -> None:
    plan = plan_of()
    dut = ReadoutPass(plan)
    traces = [0, 3, 1, 0, 0, 2, 16]

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        row, seen, last = 0, [], {}
        for clock in range(100):
            ctx.set(dut.valid, row < len(traces))
            ctx.set(dut.trace, traces[row] if row < len(traces) else 5)
            ctx.set(dut.active, row >= len(traces) or traces[row] > 0)
            if ctx.get(dut.event):
                place = (ctx.get(dut.set), ctx.get(dut.group))
                assert clock - last.get(place, -LOOP) >= LOOP
                last[place] = clock
                seen.append((row, place[1]))
            moves = ctx.get(dut.next)
            ctx.set(dut.row_ended, moves and row == len(traces) - 1)
            await ctx.tick()
            ctx.set(dut.row_ended, 0)
            row += moves
        assert seen == [
            (number, group)
            for number, trace in enumerate(traces)
            for _ in range(trace)
            for group in range(plan.out_groups)
        ]

    simulate(testbench, dut)
