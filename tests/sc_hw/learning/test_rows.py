"""Rows: each hidden neuron once, in order, with its own trace and age."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.sim import Simulator
from learning_hardware import plan_of

from sc_hw.learning.plan import Part
from sc_hw.learning.rows import HiddenRows


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_each_neuron_is_a_row_once(stall: float) -> None:
    plan, rng = plan_of(), random.Random(6)
    dut = HiddenRows(plan)
    near = 1 << plan.trace_bits
    words = {
        part: [[rng.randrange(near * 2) for _ in range(8)] for _ in range(plan.groups)]
        for part in (Part.TRACE, Part.AGE)
    }

    async def memory(ctx: Any) -> None:
        pipeline = [0] * plan.fetch
        while True:
            pipeline = [*pipeline[1:], ctx.get(dut.address)]
            part, group = divmod(pipeline[0], 1 << plan.group_bits)
            word = words[Part(part)][group] if part < 2 and group < plan.groups else [0] * 8
            await ctx.tick()
            ctx.set(dut.word, sum(v << n * plan.state_bits for n, v in enumerate(word)))

    async def testbench(ctx: Any) -> None:
        for _ in range(2):
            ctx.set(dut.start, 1)
            await ctx.tick()
            ctx.set(dut.start, 0)
            for row in range(plan.neurons_of(0)):
                for _ in range(20):
                    takes = bool(ctx.get(dut.valid)) and rng.random() >= stall
                    ctx.set(dut.next, takes)
                    if takes:
                        break
                    await ctx.tick()
                group, lane = divmod(row, plan.lanes)
                trace, age = words[Part.TRACE][group][lane], words[Part.AGE][group][lane]
                assert ctx.get(dut.row) == row
                assert (ctx.get(dut.trace), ctx.get(dut.near)) == (trace % near, trace // near)
                assert ctx.get(dut.age) == age
                assert ctx.get(dut.ended) == (row == plan.neurons_of(0) - 1)
                await ctx.tick()
                ctx.set(dut.next, 0)
            for _ in range(5):
                assert not ctx.get(dut.valid)
                await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(memory, background=True)
    simulator.add_testbench(testbench)
    simulator.run()
