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


class _Bench:
    """A readout of 3 classes behind 4 neurons, beside its weights and scores in Python."""

    def __init__(self) -> None:
        plan = plan_of(hidden={"neurons": 4, "lanes": 2}, readout={"margin": 100})
        self.dut, self.spec = Readout(plan), plan.spec
        self.rng = rng = random.Random(5)
        self.weights = [[rng.randint(-127, 127) for _ in range(3)] for _ in range(4)]
        self.scores = [0, 0, 0]

    async def load(self, ctx: Any) -> None:
        for number in range(3):
            ctx.set(self.dut.load, 1 << number)
            for neuron in range(4):
                ctx.set(self.dut.index, neuron)
                ctx.set(self.dut.load_data, self.weights[neuron][number])
                await ctx.tick()
        ctx.set(self.dut.load, 0)

    async def wait(self, ctx: Any) -> None:
        await ctx.tick()
        while ctx.get(self.dut.landing):
            await ctx.tick()

    async def step(self, ctx: Any, spikes: list[int], label: int, fresh: bool) -> None:
        dut, scores = self.dut, self.scores
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
        await self.wait(ctx)
        for number in range(3):
            left = 0 if fresh else scores[number] - (scores[number] >> 3)
            scores[number] = left + sum(self.weights[n][number] for n in range(4) if spikes[n])
            assert ctx.get(dut.scores[number]) == scores[number]
        ctx.set(dut.told, 1)
        ctx.set(dut.label, label)
        for number in range(3):
            ctx.set(dut.look, 1)
            ctx.set(dut.number, number)
            await ctx.tick()
        ctx.set(dut.look, 0)
        await self.wait(ctx)
        assert ctx.get(dut.winner) == scores.index(max(scores))

    async def learn(self, ctx: Any, label: int, learns: bool) -> int:
        """Learn in all neurons; the sum of the errors' magnitudes."""
        unit = class_error(self.spec.readout, self.spec.score_format)
        errors = [
            int(unit.apply(OPS, {"score": score, "target": n == label, "known": 1})["error"])
            for n, score in enumerate(self.scores)
        ]
        assert ctx.get(self.dut.any_error) == any(errors)
        ctx.set(self.dut.learns, learns)
        ctx.set(self.dut.shift, 5)
        for neuron in range(4):
            await self._learn_in(ctx, neuron, errors, learns)
        return sum(map(abs, errors))

    async def _learn_in(self, ctx: Any, neuron: int, errors: list[int], learns: bool) -> None:
        dut, weights = self.dut, self.weights[neuron]
        rule, params = resolve(self.spec.readout_rule)
        values = {f"weight_{n}": weights[n] for n in range(3)}
        values |= {f"error_{n}": errors[n] for n in range(3)}
        trace, noise = self.rng.randrange(256), self.rng.randrange(1 << 15)
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
        signal = feedback_signal(self.spec).apply(OPS, values)["signal"]
        assert signals == [(neuron, int(signal))]
        for number in range(3) if learns else ():
            inputs = {"trace": trace, "signal": errors[number], "shift": 5, "noise": noise}
            state = {"weight": weights[number]}
            weights[number] = int(rule.apply(OPS, state, inputs, params)["weight"])
        for _ in range(FETCH):
            await ctx.tick()
        assert [ctx.get(dut.words[n]) for n in range(3)] == weights


def test_a_step_of_the_readout() -> None:
    bench = _Bench()

    async def testbench(ctx: Any) -> None:
        await bench.load(ctx)
        for turn in range(4):
            label = turn % 3
            spikes = [bench.rng.randrange(2) for _ in range(4)]
            await bench.step(ctx, spikes, label, fresh=turn == 0)
            assert await bench.learn(ctx, label, learns=turn != 1) or turn

    simulate(testbench, bench.dut)
