"""Rings of spikes: each visit shows the next one, and the last one leads back to the first."""

from __future__ import annotations

from typing import Any

from recurrent_networks import plan_of
from trained_layers import simulate

from sc_hw.recurrent.spike_rings import SpikeRings


def test_two_steps() -> None:
    dut = SpikeRings(plan_of(inputs=3, hidden={"neurons": 4, "lanes": 2}))

    async def shown(ctx: Any, visit: Any, spike: Any, count: int) -> list[int]:
        ctx.set(visit, 1)
        seen = []
        for _ in range(count):
            seen.append(ctx.get(spike))
            await ctx.tick()
        ctx.set(visit, 0)
        return seen

    async def testbench(ctx: Any) -> None:
        for first, fired in ((1, [1, 0, 0, 1]), (0, [0, 1, 1, 1]), (1, [0, 0, 1, 0])):
            before = ctx.get(dut.neuron_spike), await shown(ctx, dut.add, dut.neuron_spike, 4)
            assert before[0] == before[1][0]
            ctx.set(dut.take, 1)
            ctx.set(dut.lines, 0b101)
            ctx.set(dut.first, first)
            await ctx.tick()
            ctx.set(dut.take, 0)
            rows = [1, 0, 1, *([0] * 4 if first else before[1])]
            for _ in range(2):  # a group each
                assert await shown(ctx, dut.issue, dut.row_spike, 7) == rows
            for spike in fired:
                ctx.set(dut.fired, 1)
                ctx.set(dut.spike, spike)
                await ctx.tick()
            ctx.set(dut.fired, 0)
            assert await shown(ctx, dut.add, dut.neuron_spike, 4) == fired

    simulate(testbench, dut)


def test_spikes_come_back_after_the_delay_of_their_neuron() -> None:
    dut = SpikeRings(plan_of(inputs=1, hidden={"neurons": 4, "lanes": 2, "max_delay": 3}))
    history = [[1, 1, 1, 1], [0, 1, 1, 0], [1, 0, 0, 1], [0, 0, 1, 1], [1, 1, 0, 0]]
    begins = (0, 3)  # samples, each with so many steps of the history in front

    async def testbench(ctx: Any) -> None:
        for step, fired in enumerate(history):
            first = max(begin for begin in begins if begin <= step)
            ctx.set(dut.take, 1)
            ctx.set(dut.first, step == first)
            await ctx.tick()
            ctx.set(dut.take, 0)
            ctx.set(dut.issue, 1)
            rows = []
            for _ in range(5):
                rows.append(ctx.get(dut.row_spike))
                await ctx.tick()
            ctx.set(dut.issue, 0)
            wanted = [
                history[step - delay][neuron] if step - delay >= first else 0
                for neuron, delay in enumerate((1, 2, 3, 1))
            ]
            assert rows == [0, *wanted], step
            for spike in fired:
                ctx.set(dut.fired, 1)
                ctx.set(dut.spike, spike)
                await ctx.tick()
            ctx.set(dut.fired, 0)

    simulate(testbench, dut)
