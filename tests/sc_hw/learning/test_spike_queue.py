"""The queue between two hidden layers: every neuron that fired once, in order."""

from __future__ import annotations

import random
from typing import Any

import pytest
from learning_hardware import deep_spec_of
from trained_layers import simulate

from sc_hw.fabric.families import load_family
from sc_hw.learning.plan import LearningPlan
from sc_hw.learning.spike_queue import SpikeQueue


@pytest.mark.parametrize("density", [0.0, 0.3, 1.0])
def test_each_neuron_that_fired_comes_once(density: float) -> None:
    plan, rng = LearningPlan(deep_spec_of((40, 20)), load_family("generic")), random.Random(3)
    dut = SpikeQueue(plan)

    async def testbench(ctx: Any) -> None:
        for _ in range(3):
            ctx.set(dut.clear, 1)
            await ctx.tick()
            ctx.set(dut.clear, 0)
            fired = [neuron for neuron in range(40) if rng.random() < density]
            for number in range(plan.fold * plan.groups):
                first = number * plan.share
                bits = sum(1 << n for n in range(plan.share) if first + n in fired)
                group, share = divmod(number, plan.fold)
                for port, value in (("spikes", bits), ("group", group), ("share", share)):
                    ctx.set(getattr(dut, port), value)
                ctx.set(dut.push, 1)
                await ctx.tick()
            ctx.set(dut.push, 0)
            found: list[int] = []
            while not ctx.get(dut.empty):
                takes = bool(ctx.get(dut.some)) and rng.random() < 0.6
                ctx.set(dut.take, takes)
                if takes:
                    found.append(ctx.get(dut.row))
                await ctx.tick()
                ctx.set(dut.take, 0)
            assert found == fired

    simulate(testbench, dut)
