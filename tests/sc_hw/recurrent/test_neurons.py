"""Neurons: their words, the group's registers, and what counts as 0."""

from __future__ import annotations

import random
from typing import Any

from recurrent_networks import plan_of
from trained_layers import simulate

from sc_hw.recurrent.neurons import NeuronBank
from sc_hw.recurrent.plan import FETCH
from sc_model.arithmetic.recurrent import recurrent_neuron
from sc_model.graph import NumpyOps


def test_neurons_step_and_are_fetched() -> None:
    plan = plan_of(hidden={"neurons": 4, "lanes": 2})
    dut, unit, rng = NeuronBank(plan), recurrent_neuron(plan.spec), random.Random(2)
    kept = [{"potential": 0, "spike": 0, "trace": 0, "slope": 0} for _ in range(4)]

    async def update(ctx: Any, fresh: bool) -> None:
        fired = []
        ctx.set(dut.fresh, fresh)
        for group in range(2):
            currents = [rng.randint(-300, 300) for _ in range(2)]
            for lane in range(2):
                ctx.set(dut.currents[lane], currents[lane])
            for clock in range(2 + dut.written):
                ctx.set(dut.update, clock < 2)
                ctx.set(dut.index, 2 * group + clock % 2)
                if ctx.get(dut.fired):
                    fired.append(ctx.get(dut.spike))
                await ctx.tick()
            for lane in range(2):
                old = kept[2 * group + lane]
                given = {
                    name: 0 if fresh else old[name] for name in ("potential", "spike", "trace")
                }
                given["current"] = currents[lane]
                new = unit.apply(NumpyOps(), given)
                kept[2 * group + lane] = {name: int(new[name]) for name in old}
        assert not ctx.get(dut.landing)
        assert fired == [each["spike"] for each in kept]

    async def fetched(ctx: Any, group: int, fresh: bool = False) -> tuple[list[int], list[int]]:
        ctx.set(dut.fresh, fresh)
        for lane in range(2):
            ctx.set(dut.fetch, 1)
            ctx.set(dut.index, 2 * group + lane)
            await ctx.tick()
        ctx.set(dut.fetch, 0)
        for _ in range(FETCH):
            await ctx.tick()
        return [ctx.get(dut.slopes[n]) for n in range(2)], [
            ctx.get(dut.signals[n]) for n in range(2)
        ]

    async def testbench(ctx: Any) -> None:
        for step in range(6):
            await update(ctx, fresh=step == 0)
        signals = [5, -7, 120, -127]
        for index, signal in enumerate(signals):
            ctx.set(dut.signal_write, 1)
            ctx.set(dut.signal_index, index)
            ctx.set(dut.signal, signal)
            await ctx.tick()
        ctx.set(dut.signal_write, 0)
        for group in range(2):
            slopes = [kept[2 * group + lane]["slope"] for lane in range(2)]
            assert await fetched(ctx, group) == (slopes, [0, 0])
            ctx.set(dut.signalled, 1)
            assert await fetched(ctx, group) == (slopes, signals[2 * group : 2 * group + 2])
            assert await fetched(ctx, group, fresh=True) == ([0, 0], [0, 0])
            ctx.set(dut.signalled, 0)
        assert ctx.get(dut.trace) == kept[3]["trace"]
        assert any(each["slope"] for each in kept)

    simulate(testbench, dut)
