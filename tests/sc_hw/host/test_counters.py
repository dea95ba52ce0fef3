"""Counters in block RAM against plain sums, with events in every clock, reads and resets."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.hdl import Module, ResetInserter, Signal
from simulator import simulate

from sc_hw.host.counters import CONSTANTS, COUNTERS, JOB_CLOCKS, Counters
from sc_hw.host.register_map import register_map

MAP = register_map(kind=3, build_id="123456789abc", design_hash="fedcba9876543210")
LONGEST = 6 * JOB_CLOCKS + 4 * JOB_CLOCKS  # a read behind a reset


async def read(ctx: Any, counters: Counters, name: str) -> int:
    """Read a register as the bus does."""
    ctx.set(counters.word, MAP[name].word)
    ctx.set(counters.ask, 1)
    value = count = 0
    for _ in range(LONGEST):
        if ctx.get(counters.shift):
            value |= ctx.get(counters.byte) << 8 * count
            count += 1
        done = ctx.get(counters.done)
        await ctx.tick()
        if done:
            ctx.set(counters.ask, 0)
            assert count == 4
            return value
    raise AssertionError(f"a read of {name} must end")


@pytest.mark.parametrize("settles", [False, True])
def test_what_is_counted_is_read(settles: bool) -> None:
    counters, rng = Counters(MAP, settles=settles), random.Random(3)
    m, reset = Module(), Signal()
    m.submodules.counters = ResetInserter(reset)(counters)
    taken, done, spikes, clocks = (Signal(32) for _ in range(4))
    # The least and the most that a counter was while it was being read: a sum of one instant.
    m.d.sync += [
        taken.eq(taken + counters.begins),
        done.eq(done + counters.finished),
        spikes.eq(spikes + counters.spike),
        clocks.eq(clocks + 1),
    ]
    if settles:
        with m.If(counters.settled):
            m.d.sync += done.eq(taken)
    models = {"STEPS_TAKEN": taken, "STEPS_DONE": done, "SPIKES": spikes, "CLOCKS_LOW": clocks}

    async def bench(ctx: Any) -> None:
        for name in CONSTANTS:
            assert await read(ctx, counters, name) == MAP[name].reset, name
        for round_number in range(4):
            ctx.set(counters.spike, round_number % 2 == 0)  # in every clock
            for _ in range(30):
                for strobe in (counters.begins, counters.finished):
                    ctx.set(strobe, 1)
                    await ctx.tick()
                    ctx.set(strobe, 0)
                    await ctx.tick().repeat(rng.randrange(3, 9))
                if rng.random() < 0.3:
                    ctx.set(counters.settled, 1)
                    await ctx.tick()
                    ctx.set(counters.settled, 0)
                name = rng.choice([*models, "CLOCKS_HIGH"])
                if name == "CLOCKS_HIGH":
                    assert await read(ctx, counters, name) == 0
                    continue
                ctx.set(counters.settled, settles and name == "STEPS_DONE")
                least = ctx.get(models[name])
                value = await read(ctx, counters, name)
                ctx.set(counters.settled, 0)
                assert least <= value <= ctx.get(models[name]), name
            if round_number == 2:
                ctx.set(counters.spike, 0)
                ctx.set(reset, 1)
                ctx.set(spikes, 0)
                await ctx.tick()
                ctx.set(reset, 0)
                for signal in (taken, done, spikes, clocks):
                    ctx.set(signal, 0)
        ctx.set(counters.spike, 0)
        for name in COUNTERS[:3]:
            ctx.set(counters.settled, settles)
            assert await read(ctx, counters, name) == ctx.get(models[name])

    simulate(m, bench)


def test_a_carry_goes_from_the_lower_half_of_the_clocks_to_the_upper() -> None:
    """CLOCKS_HIGH is what it was when CLOCKS_LOW was read."""
    counters = Counters(MAP, settles=False)

    async def bench(ctx: Any) -> None:
        await ctx.tick().repeat(LONGEST)
        words = counters.memory
        low, high = MAP["CLOCKS_LOW"].word, MAP["CLOCKS_HIGH"].word

        def put(value: int) -> None:
            for byte in range(4):
                ctx.set(words.data[4 * low + byte], value >> 8 * byte & 0xFF)

        put(0xFFFF_FF80)
        seen = []
        for _ in range(20):
            value = await read(ctx, counters, "CLOCKS_LOW")
            await ctx.tick().repeat(11)
            seen.append(((await read(ctx, counters, "CLOCKS_HIGH")) << 32) + value)
        assert seen == sorted(seen)
        assert seen[0] < 1 << 32 <= seen[-1] < (1 << 32) + 2000
        assert high == low + 1

    simulate(counters, bench)
