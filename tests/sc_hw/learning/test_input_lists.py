"""Lists of inputs: every input that spikes is in the list of its step, the last one first."""

from __future__ import annotations

import random
from typing import Any

import pytest
from learning_hardware import plan_of
from trained_layers import simulate, until

from sc_hw.learning.input_lists import InputLists


@pytest.mark.parametrize(("bias", "steps"), [(True, 16), (False, 6)])
def test_each_input_is_in_the_list_of_its_step(bias: bool, steps: int) -> None:
    plan = plan_of(bias=bias, steps=steps, inputs=12)
    dut, rng = InputLists(plan), random.Random(3)
    samples = [[rng.choice((0, 0, 255, 200, rng.randrange(256))) for _ in range(12)] for _ in "abc"]
    samples.append([0] * 12)

    async def writer(ctx: Any) -> None:
        for sample in samples:
            for value in sample:
                ctx.set(dut.i.payload, value)
                ctx.set(dut.i.valid, 1)
                await until(ctx, dut.i.ready, "room for a value")
                await ctx.tick()
                ctx.set(dut.i.valid, 0)
                if rng.random() < 0.3:
                    await ctx.tick()

    async def reader(ctx: Any) -> None:
        for sample in samples:
            await until(ctx, dut.full, "a sample")
            times = [((255 - value) * steps >> 8) if value else steps for value in sample]
            times += [0] * bias
            assert ctx.get(dut.count) == sum(time < steps for time in times)
            for step in range(steps):
                ctx.set(dut.step, step)
                ctx.set(dut.look, 1)
                await ctx.tick()
                ctx.set(dut.look, 0)
                expected = [row for row, time in enumerate(times) if time == step][::-1]
                assert ctx.get(dut.some) == bool(expected)
                await ctx.tick()
                for place, row in enumerate(expected):
                    assert ctx.get(dut.row) == row
                    await ctx.tick()
                    assert ctx.get(dut.last) == (place == len(expected) - 1)
                    if place < len(expected) - 1:
                        ctx.set(dut.advance, 1)
                        await ctx.tick()
                        ctx.set(dut.advance, 0)
            ctx.set(dut.release, 1)
            await ctx.tick()
            ctx.set(dut.release, 0)

    simulate((reader, writer), dut)
