"""The course of a sample: what follows what, and that nothing begins before all has landed."""

from __future__ import annotations

import random
from typing import Any

import pytest
from learning_hardware import plan_of
from trained_layers import simulate

from sc_hw.learning.control import SampleControl

PASSES = ("forward", "readout", "classes", "backward", "update")


@pytest.mark.parametrize(
    ("learns", "errors", "signals", "expected"),
    [
        (1, 1, 1, ["forward", "readout", "classes", "classes", "backward", "update"]),
        (1, 1, 0, ["forward", "readout", "classes", "classes", "backward"]),
        (1, 0, 1, ["forward", "readout", "classes", "classes"]),
        (0, 1, 1, ["forward", "readout", "classes"]),
    ],
)
def test_passes_follow_each_other(
    learns: int, errors: int, signals: int, expected: list[str]
) -> None:
    dut, rng = SampleControl(plan_of()), random.Random(7)

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.full, 1)
        ctx.set(dut.learn, 3)
        ctx.set(dut.any_error, errors)
        ctx.set(dut.any_signal, signals)
        ctx.set(dut.o_ready, 1)
        ctx.set(dut.teach.valid, 1)
        ctx.set(dut.teach.payload.learn, learns)
        started, left, landing, was_landing, seen_errors = [], 0, 0, 1, []
        for _ in range(600):
            landing = int(rng.random() < 0.4) if landing == 0 else int(rng.random() < 0.8)
            ctx.set(dut.landing, landing)
            ctx.set(dut.ended, left == 1)
            left = max(0, left - 1)
            begins = [name for name in PASSES if ctx.get(getattr(dut.starts, name))]
            if begins or ctx.get(dut.release):
                assert not was_landing
                assert len(begins) <= 1
                assert not left
            if begins:
                started += begins
                left = rng.randint(2, 6)
                seen_errors.append(ctx.get(dut.errors))
            released = ctx.get(dut.release)
            was_landing = landing
            await ctx.tick()
            if released:
                break
        else:
            raise AssertionError(f"the sample does not end: {started}")
        assert started == expected
        assert seen_errors == [number > 2 for number in range(len(expected))]

    simulate(testbench, dut)


def test_the_host_goes_before_samples_and_before_what_is_told() -> None:
    dut = SampleControl(plan_of())

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.full, 1)
        ctx.set(dut.host, 1)
        await ctx.tick().repeat(3)
        assert ctx.get(dut.serves)
        ctx.set(dut.host, 0)
        ctx.set(dut.ended, 1)
        ctx.set(dut.o_ready, 1)
        for _ in range(40):
            assert not ctx.get(dut.serves) or not any(
                ctx.get(getattr(dut.starts, name)) for name in PASSES
            )
            if ctx.get(dut.o_valid):
                break
            await ctx.tick()
        await ctx.tick()
        ctx.set(dut.host, 1)
        ctx.set(dut.teach.valid, 1)
        assert not ctx.get(dut.teach.ready)
        await ctx.tick()
        assert ctx.get(dut.serves)
        ctx.set(dut.host, 0)
        await ctx.tick()
        assert ctx.get(dut.teach.ready)

    simulate(testbench, dut)
