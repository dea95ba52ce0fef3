"""The host's port: one lane of a word at a time, and the registers."""

from __future__ import annotations

from typing import Any

from learning_hardware import plan_of
from trained_layers import simulate, until

from sc_hw.learning.host_port import HostPort
from sc_hw.parts.space import Space


def test_loads_and_reads_reach_what_they_name() -> None:
    plan = plan_of()
    dut = HostPort(plan)

    async def testbench(ctx: Any) -> None:
        async def load(space: Space, lane: int, word: int, value: int) -> list[tuple[int, ...]]:
            payload = {"space": space, "lane": lane, "word": word, "data": value}
            ctx.set(dut.load.payload, payload)
            ctx.set(dut.load.valid, 1)
            await until(ctx, dut.load.ready, "load")
            await ctx.tick()
            ctx.set(dut.load.valid, 0)
            seen, before = [], 0
            for _ in range(3):
                strobes = (ctx.get(dut.load_weights), ctx.get(dut.load_ages))
                if any(strobes) or ctx.get(dut.load_noise):
                    seen.append((*strobes, ctx.get(dut.load_noise), before, ctx.get(dut.data)))
                before = ctx.get(dut.address)
                await ctx.tick()
            assert not ctx.get(dut.asks)
            return seen

        ctx.set(dut.serves, 0)
        ctx.set(dut.load.valid, 1)
        await ctx.tick().repeat(3)
        assert not ctx.get(dut.load.ready)
        assert ctx.get(dut.asks)
        ctx.set(dut.load.valid, 0)
        ctx.set(dut.serves, 1)
        # Weights are written where the address stood a clock before.
        assert await load(Space.SYNAPSE, 3, 77, 5) == [(8, 0, 0, 77, 5)]
        ((weights, ages, noise, _, data),) = await load(Space.NEURON, 1, 2, 9)
        assert (weights, ages, noise, data) == (0, 2, 0, 9)
        word = 0xBEEF | 5 << 16 | 1 << 20
        await load(Space.CONTROL, 0, 0, word)
        assert (ctx.get(dut.step_shift), ctx.get(dut.learn)) == (5, 2)
        ctx.set(dut.words, [-lane for lane in range(8)])
        ctx.set(dut.ages, [10 * lane for lane in range(8)])
        ctx.set(dut.noise, 0x1234)
        expected = {Space.SYNAPSE: -6 % 256, Space.NEURON: 60}
        expected[Space.CONTROL] = 0x1234 | 5 << 16 | 2 << 19
        for space, value in expected.items():
            ctx.set(dut.read.payload, {"space": space, "lane": 6, "word": 1})
            ctx.set(dut.read.valid, 1)
            await until(ctx, dut.read.ready, "read")
            await ctx.tick()
            ctx.set(dut.read.valid, 0)
            await until(ctx, dut.readback.valid, "the word")
            bits = 8 if space is Space.SYNAPSE else 21
            assert ctx.get(dut.readback.payload) % (1 << bits) == value
            ctx.set(dut.readback.ready, 1)
            await ctx.tick()
            ctx.set(dut.readback.ready, 0)

    simulate(testbench, dut)
