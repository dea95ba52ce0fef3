"""The register of the noise is that of the model, and so are the classes that it draws."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from learning_hardware import spec_of
from trained_layers import simulate

from sc_hw.fabric.families import load_family
from sc_hw.learning.noise import Exploration, NoiseSource
from sc_hw.learning.plan import LearningPlan
from sc_model.arithmetic.learning import galois_step
from sc_model.golden.learning_network import LearningNetwork as Golden


def test_the_register_steps_as_in_the_model() -> None:
    dut = NoiseSource(0xACE1)

    async def testbench(ctx: Any) -> None:
        state = 0xACE1
        for clock in range(50):
            assert ctx.get(dut.state) == state
            ctx.set(dut.step, clock % 3 != 0)
            await ctx.tick()
            state = galois_step(state) if clock % 3 else state
        ctx.set(dut.step, 0)
        ctx.set(dut.load, 1)
        ctx.set(dut.load_data, 0x1234)
        await ctx.tick()
        assert ctx.get(dut.state) == 0x1234

    simulate(testbench, dut)


@pytest.mark.parametrize("explores", [True, False])
def test_a_class_is_drawn_as_the_model_draws_it(explores: bool) -> None:
    spec = spec_of(feedback="reward", exploration=100)
    dut, rng = Exploration(LearningPlan(spec, load_family("generic"))), random.Random(2)
    golden = Golden(spec)

    async def testbench(ctx: Any) -> None:
        played = set()
        for _ in range(20):
            state, winner = rng.randrange(1, 1 << 16), rng.randrange(10)
            golden.state["control"]["lfsr"] = np.array(state)
            ctx.set(dut.explores, explores)
            ctx.set(dut.winner, winner)
            ctx.set(dut.start, 1)
            await ctx.tick()
            ctx.set(dut.start, 0)
            while not ctx.get(dut.ended):
                ctx.set(dut.state, state)
                state = galois_step(state) if ctx.get(dut.draws) else state
                await ctx.tick()
            ctx.set(dut.state, state)
            await ctx.tick()
            assert ctx.get(dut.played) == (golden._explored(winner) if explores else winner)
            played.add(ctx.get(dut.played) == winner)
        assert played == ({True, False} if explores else {True})

    simulate(testbench, dut)
