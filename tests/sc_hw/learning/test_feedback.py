"""Signals: the sum over a row's words, then the units."""

from __future__ import annotations

import random
from typing import Any

import pytest
from learning_hardware import plan_of
from trained_layers import simulate

from sc_hw.learning.feedback import FeedbackSum
from sc_hw.learning.lane import LearningLane
from sc_hw.learning.plan import PRODUCT
from sc_model.arithmetic.learning import gated_signal, learning_signal
from sc_model.graph import IntOps


@pytest.mark.parametrize(("classes", "gap"), [(10, 2), (4, 2), (10, 4)])
def test_signals_are_the_units(classes: int, gap: int) -> None:
    plan, rng = plan_of(classes=classes), random.Random(gap)
    dut = FeedbackSum(plan, LearningLane(plan).product_bits)
    sums = learning_signal(plan.hidden, plan.spec.feedback_format(0))
    gate = gated_signal(plan.hidden, plan.spec.trace_format, plan.steps)
    oldest = plan.hidden.age_format.hi
    padded = plan.out_groups * plan.lanes
    errors = [rng.randint(-15, 15) if k < classes else 0 for k in range(padded)]
    rows = [
        {
            "weights": [rng.randint(-127, 127) for _ in range(padded)],
            "trace": rng.choice((0, 0, 5, plan.steps)),
            "near": rng.randrange(2),
            "oldest": rng.randrange(2),
        }
        for _ in range(plan.neurons_of(0))
    ]

    def expected(row: dict[str, Any]) -> int:
        feedback = sum(w * e for w, e in zip(row["weights"], errors, strict=True))
        signal = sums.apply(IntOps(), {"feedback": feedback})["signal"]
        now = {"trace": row["trace"], "near": row["near"], "signal": signal}
        age = oldest if row["oldest"] else 3
        return int(gate.apply(IntOps(), {**now, "age": age})["gated"])

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.errors, sum(errors))
        slots = [(n, group) for n in range(len(rows)) for group in range(plan.out_groups)]
        pipeline: list[Any] = [None] * (plan.fetch + PRODUCT)
        found = []
        for clock in range(len(slots) * gap + dut.latency + 2):
            slot, rest = divmod(clock, gap)
            issued = slots[slot] if slot < len(slots) and not rest else None
            ctx.set(dut.slot, issued is not None)
            if issued:
                number, group = issued
                ctx.set(dut.first, group == 0)
                ctx.set(dut.last, group == plan.out_groups - 1)
                ctx.set(dut.row, number)
                for name in ("trace", "near", "oldest"):
                    ctx.set(getattr(dut, name), rows[number][name])
            else:
                for name in ("first", "last", "row", "trace", "near", "oldest"):
                    ctx.set(getattr(dut, name), 1)
            pipeline.append(issued)
            came = pipeline.pop(0)
            if came:
                low = came[1] * plan.lanes
                chosen = range(low, low + plan.lanes)
                weights = rows[came[0]]["weights"]
                ctx.set(dut.products, [(weights[k] + 128) * errors[k] for k in chosen])
            else:
                ctx.set(dut.products, [11] * plan.lanes)
            if ctx.get(dut.valid):
                signal = plan.hidden.signal_format.decode(ctx.get(dut.signal))
                found.append((ctx.get(dut.o_row), signal))
            await ctx.tick()
        assert found == [(number, expected(row)) for number, row in enumerate(rows)]

    simulate(testbench, dut)
