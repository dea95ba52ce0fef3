"""A lane's multiply-add is the rule's step, and the product that is fed back."""

from __future__ import annotations

import random
from typing import Any

from learning_hardware import plan_of
from trained_layers import simulate

from sc_hw.learning.lane import LearningLane
from sc_hw.learning.plan import PRODUCT
from sc_model.graph import IntOps
from sc_model.rules import resolve


def test_new_weights_are_the_rule_s() -> None:
    plan, rng = plan_of(), random.Random(1)
    dut = LearningLane(plan)
    rule, params = resolve(plan.spec.rule(0))
    noise = plan.spec.noise_bits

    async def testbench(ctx: Any) -> None:
        for _ in range(300):
            shift, weight = rng.randint(2, noise), rng.choice((-127, 127, rng.randint(-127, 127)))
            values = {
                "trace": rng.randint(0, 16),
                "signal": rng.choice((-127, 127, 0, rng.randint(-127, 127))),
                "shift": shift,
                "noise": rng.randrange(1 << noise),
            }
            ctx.set(dut.weight, weight)
            ctx.set(dut.signal, values["signal"])
            ctx.set(dut.drive, values["trace"] << (noise - shift))
            ctx.set(dut.noise, values["noise"])
            ctx.set(dut.feedback, 0)
            await ctx.tick().repeat(PRODUCT)
            expected = rule.apply(IntOps(), {"weight": weight}, values, params)["weight"]
            assert ctx.get(dut.changed) == expected, values

    simulate(testbench, dut)


def test_products_are_of_the_raised_weight() -> None:
    dut, rng = LearningLane(plan_of()), random.Random(2)

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.feedback, 1)
        for _ in range(50):
            weight, error = rng.randint(-127, 127), rng.randint(-15, 15)
            ctx.set(dut.weight, weight)
            ctx.set(dut.signal, error)
            ctx.set(dut.noise, rng.randrange(1 << 13))
            await ctx.tick().repeat(PRODUCT)
            assert ctx.get(dut.product) == (weight + 128) * error

    simulate(testbench, dut)
