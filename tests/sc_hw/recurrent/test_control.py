"""The course of a step, visit by visit."""

from __future__ import annotations

from typing import Any

from recurrent_networks import plan_of
from trained_layers import simulate

from sc_hw.recurrent.control import VISITS, StepControl


def course(
    told: bool, any_error: bool, *, landing: int = 0, clocks: int = 200
) -> list[tuple[str, int]]:
    """The visits of a step: which, and the number of what is visited.

    Parameters
    ----------
    landing : clocks behind each visit in which something is on its way.
    """
    plan = plan_of(hidden={"neurons": 4, "lanes": 2})
    dut = StepControl(plan)
    number = {"issue": "word", "look": "number"}
    seen: list[tuple[str, int]] = []

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.i_valid, 1)
        ctx.set(dut.told, told)
        ctx.set(dut.any_error, any_error)
        ctx.set(dut.o_ready, 1)
        quiet = landing
        for _ in range(clocks):
            ctx.set(dut.landing, quiet < landing)
            visits = [name for name in VISITS if ctx.get(getattr(dut, name))]
            assert len(visits) <= 1
            for name in visits:
                place = ctx.get(getattr(dut, number.get(name, "index")))
                seen.append((name, place if name not in ("leak", "o_valid", "done") else 0))
            quiet = 0 if {"issue", "update", "learn"} & set(visits) else quiet + 1
            if "done" in visits:
                assert ctx.get(dut.signalled) == (told and any_error)
                return
            await ctx.tick()
            ctx.set(dut.i_valid, 0)
        raise AssertionError("the step does not end")

    simulate(testbench, dut)
    return seen


def test_a_step_that_learns() -> None:
    words = []
    for group in range(2):
        neurons = [2 * group, 2 * group + 1]
        words += [("fetch", n) for n in neurons]
        words += [("issue", 9 * group + row) for row in range(9)]
        words += [("update", n) for n in neurons]
    readout = [("leak", 0), *(("add", n) for n in range(4)), *(("look", n) for n in range(3))]
    learned = [("learn", n) for n in range(4)]
    wanted = [*words, *readout, ("o_valid", 0), *learned, ("done", 0)]
    assert course(told=True, any_error=True) == wanted
    # it waits for what is on its way, and visits the same
    assert course(told=True, any_error=True, landing=7) == wanted


def test_nothing_is_learned_without_a_class_or_an_error() -> None:
    for told, any_error in ((True, False), (False, True), (False, False)):
        assert "learn" not in dict(course(told, any_error))


def test_the_host_goes_before_the_next_step() -> None:
    dut = StepControl(plan_of())

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.host, 1)
        ctx.set(dut.i_valid, 1)
        assert not ctx.get(dut.i_ready)
        await ctx.tick()
        assert ctx.get(dut.serves)
        ctx.set(dut.host, 0)
        await ctx.tick()
        assert ctx.get(dut.i_ready)

    simulate(testbench, dut)
