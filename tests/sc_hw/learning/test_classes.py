"""Classes: the winner, and the errors that the unit gives."""

from __future__ import annotations

import random
from typing import Any

import pytest
from learning_hardware import plan_of
from trained_layers import simulate

from sc_hw.learning.classes import ClassScores
from sc_model.arithmetic.learning import class_error
from sc_model.graph import IntOps


# With the last shift no error needs the bits of `most_error`.
@pytest.mark.parametrize(
    ("classes", "lanes", "error_shift"), [(10, 8, 4), (3, 8, 4), (4, 2, 4), (3, 2, 15)]
)
def test_winner_and_errors(classes: int, lanes: int, error_shift: int) -> None:
    plan = plan_of(classes=classes, lanes=lanes, output={"error_shift": error_shift})
    rng = random.Random(classes)
    dut = ClassScores(plan)
    unit = class_error(plan.spec.output, plan.spec.score_format)

    async def testbench(ctx: Any) -> None:
        for single in (0, 1):
            sums = {
                (set_, group): [rng.randint(-500, 500) for _ in range(lanes)]
                for set_ in range(plan.sets)
                for group in range(plan.out_groups)
            }
            scores = [
                sum(sums[set_, k // lanes][k % lanes] for set_ in range(plan.sets))
                for k in range(classes)
            ]
            label, right = rng.randrange(classes), rng.randrange(2)
            ctx.set(dut.label, label)
            ctx.set(dut.right, right)
            ctx.set(dut.single, single)
            for errors in (0, 1):
                found = await one_pass(ctx, errors, sums)
            assert ctx.get(dut.winner) == scores.index(max(scores))
            expected = [
                unit.apply(
                    IntOps(),
                    {
                        "score": score,
                        "target": int(k == label and right),
                        "known": int(k == label or not single),
                    },
                )["error"]
                for k, score in enumerate(scores)
            ]
            padded = [*expected, *[0] * (plan.out_groups * lanes - classes)]
            assert found == padded
            assert ctx.get(dut.total) == sum(expected)
            assert ctx.get(dut.active) == sum(
                any(padded[group * lanes : (group + 1) * lanes]) << group
                for group in range(plan.out_groups)
            )

    async def one_pass(ctx: Any, errors: int, sums: Any) -> list[int]:
        width = plan.spec.output.error_format
        words: list[int] = [99] * plan.out_groups * lanes
        ctx.set(dut.errors, errors)
        ctx.set(dut.start, 1)
        pipeline: list[Any] = [None] * plan.fetch
        for _ in range(200):
            slot = (ctx.get(dut.set), ctx.get(dut.group)) if ctx.get(dut.slot) else None
            pipeline = [*pipeline, slot]
            came = pipeline.pop(0)
            ctx.set(dut.stored, sums[came] if came else [7] * lanes)
            for lane in range(lanes):
                if ctx.get(dut.write) >> lane & 1:
                    words[ctx.get(dut.w_group) * lanes + lane] = width.decode(ctx.get(dut.value))
            ended = ctx.get(dut.ended)
            await ctx.tick()
            ctx.set(dut.start, 0)
            if ended:
                return words
        raise AssertionError("the pass does not end")

    simulate(testbench, dut)
