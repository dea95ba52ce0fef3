"""The readout: sums, winner, errors, signals and weights."""

from __future__ import annotations

import random
from typing import Any

from recurrent_networks import plan_of
from trained_layers import simulate

from sc_hw.recurrent.plan import FETCH
from sc_hw.recurrent.readout import Readout
from sc_model.arithmetic.learning import class_error
from sc_model.arithmetic.recurrent import feedback_signal
from sc_model.graph import NumpyOps
from sc_model.rules import resolve

OPS = NumpyOps()


def test_a_step_of_the_readout() -> None:
    plan = plan_of(hidden={"neurons": 4, "lanes": 2}, readout={"margin": 100})
    dut, rng, spec = Readout(plan), random.Random(5), plan.spec
    rule, params = resolve(spec.readout_rule)
    weights = [[rng.randint(-127, 127) for _ in range(3)] for _ in range(4)]
    scores = [0, 0, 0]

    async def wait(ctx: Any) -> None:
        await ctx.tick()
        while ctx.get(dut.landing):
            await ctx.tick()

    async def step(ctx: Any, spikes: list[int], label: int, fresh: bool) -> None:
        ctx.set(dut.fresh, fresh)
        ctx.set(dut.leak, 1)
        await ctx.tick()
        ctx.set(dut.leak, 0)
        for neuron, spike in enumerate(spikes):
            ctx.set(dut.add, 1)
            ctx.set(dut.index, neuron)
            ctx.set(dut.spike, spike)
            await ctx.tick()
        ctx.set(dut.add, 0)
        await wait(ctx)
        for number in range(3):
            left = 0 if fresh else scores[number] - (scores[number] >> 3)
            scores[number] = left + sum(weights[n][number] for n in range(4) if spikes[n])
            assert ctx.get(dut.scores[number]) == scores[number]
        ctx.set(dut.told, 1)
        ctx.set(dut.label, label)
        for number in range(3):
            ctx.set(dut.look, 1)
            ctx.set(dut.number, number)
            await ctx.tick()
        ctx.set(dut.look, 0)
        await wait(ctx)
        assert ctx.get(dut.winner) == scores.index(max(scores))

    async def learn(ctx: Any, label: int, learns: bool) -> int:
        unit = class_error(spec.readout, spec.score_format)
        errors = [
            int(unit.apply(OPS, {"score": score, "target": n == label, "known": 1})["error"])
            for n, score in enumerate(scores)
        ]
        assert ctx.get(dut.any_error) == any(errors)
        ctx.set(dut.learns, learns)
        ctx.set(dut.shift, 5)
        feedback = feedback_signal(spec)
        for neuron in range(4):
            values = {f"weight_{n}": weights[neuron][n] for n in range(3)}
            values |= {f"error_{n}": errors[n] for n in range(3)}
            trace, noise = rng.randrange(256), rng.randrange(1 << 15)
            ctx.set(dut.learn, 1)
            ctx.set(dut.index, neuron)
            ctx.set(dut.noise, noise)
            await ctx.tick()
            ctx.set(dut.learn, 0)
            ctx.set(dut.noise, 0)
            await ctx.tick()
            ctx.set(dut.trace, trace)
            signals = []
            while ctx.get(dut.landing):
                if ctx.get(dut.signal_write):
                    signals.append((ctx.get(dut.signal_index), ctx.get(dut.signal)))
                await ctx.tick()
            assert signals == [(neuron, int(feedback.apply(OPS, values)["signal"]))]
            for number in range(3) if learns else ():
                inputs = {"trace": trace, "signal": errors[number], "shift": 5, "noise": noise}
                state = {"weight": weights[neuron][number]}
                weights[neuron][number] = int(rule.apply(OPS, state, inputs, params)["weight"])
            for _ in range(FETCH):
                await ctx.tick()
            assert [ctx.get(dut.words[n]) for n in range(3)] == weights[neuron]
        return sum(map(abs, errors))

    async def testbench(ctx: Any) -> None:
        for number in range(3):
            ctx.set(dut.load, 1 << number)
            for neuron in range(4):
                ctx.set(dut.index, neuron)
                ctx.set(dut.load_data, weights[neuron][number])
                await ctx.tick()
        ctx.set(dut.load, 0)
        for turn in range(4):
            label = turn % 3
            await step(ctx, [rng.randrange(2) for _ in range(4)], label, fresh=turn == 0)
            assert await learn(ctx, label, learns=turn != 1) or turn

    simulate(testbench, dut)
