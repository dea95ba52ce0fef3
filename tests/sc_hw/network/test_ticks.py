"""The scheduler of ticks and the intake, clock by clock, against their definitions."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from trained_layers import simulate

from sc_hw.network.ticks import Intake, TickScheduler
from sc_model.golden.network.crossing import Crossing
from sc_model.spec import CrossingSpec

STALLS = (0.0, 0.3, 0.9)
PATIENCE = 20_000  # clocks


def events(i_interval: int, o_interval: int, steps: int) -> list[tuple[str, int]]:
    """Words and ticks in the order of their steps; the word of a step precedes its tick."""
    return [
        (what, step)
        for step in range(1, steps + 1)
        for what, interval in (("word", i_interval), ("tick", o_interval))
        if step % interval == 0
    ]


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize(("i_interval", "o_interval"), [(1, 1), (1, 7), (5, 1), (3, 2), (4, 6)])
@pytest.mark.parametrize("policy", ["hold", "accumulate", "once"])
def test_intake_equals_the_golden_crossing(
    policy: Any, i_interval: int, o_interval: int, stall: float
) -> None:
    """Steps of 4 bits, which wrap; random idle clocks at both ends."""
    spec = CrossingSpec(3, i_interval, o_interval, policy, 2)
    dut, golden = Intake(spec, 4), Crossing(spec)
    order = events(i_interval, o_interval, 60)
    words = [step for what, step in order if what == "word"]
    rng, chance = np.random.default_rng(5), random.Random(5)

    async def testbench(ctx: Any) -> None:
        done, sent, lost = 0, 0, 0
        for _ in range(PATIENCE):
            if done == len(order):
                break
            spikes = int(rng.integers(0, 8))
            ctx.set(dut.i.valid, sent < len(words) and chance.random() >= stall)
            if sent < len(words):
                ctx.set(dut.i.payload, {"step": words[sent] % 16, "spikes": spikes})
            ctx.set(dut.o.ready, chance.random() >= stall)
            word = ctx.get(dut.i.valid) and ctx.get(dut.i.ready)
            tick = ctx.get(dut.o.valid) and ctx.get(dut.o.ready)
            assert not (word and tick)
            if word:
                assert order[done] == ("word", words[sent])
                golden.put([spikes >> channel & 1 for channel in range(3)])
                done, sent = done + 1, sent + 1
            if tick:
                payload = ctx.get(dut.o.payload)
                assert order[done][0] == "tick"
                assert payload.step == order[done][1] % 16
                assert [payload["values"][channel] for channel in range(3)] == (
                    golden.take().tolist()
                )
                done += 1
            await ctx.tick()
            if policy == "once":
                lost += ctx.get(dut.lost)
                assert bool(lost) == bool(golden.lost)
        assert done == len(order)
        assert not ctx.get(dut.out_of_step)

    simulate(testbench, dut)


def test_a_word_of_another_step_is_reported_for_good() -> None:
    dut = TickScheduler(2, 4, 4)

    async def testbench(ctx: Any) -> None:
        for step in (2, 5, 6, 8):
            if not ctx.get(dut.word_due):
                ctx.set(dut.tick_taken, 1)
                await ctx.tick()
                ctx.set(dut.tick_taken, 0)
            ctx.set(dut.word_step, step)
            ctx.set(dut.word_taken, 1)
            await ctx.tick()
            ctx.set(dut.word_taken, 0)
            await ctx.tick()
            assert ctx.get(dut.out_of_step) == (step > 2)

    simulate(testbench, dut)


@pytest.mark.parametrize(
    ("intervals", "name", "value"), [((0, 1), "i_interval", 0), ((1, 8), "o_interval", 8)]
)
def test_intervals_have_a_range(intervals: tuple[int, int], name: str, value: int) -> None:
    with pytest.raises(
        ValueError, match=rf"^Tick scheduler needs {name} in \[1, 7\], not {value}$"
    ):
        TickScheduler(*intervals, 4)
