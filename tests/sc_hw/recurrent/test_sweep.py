"""Words of the recurrent layer: read, taken through the rule, added up and written back."""

from __future__ import annotations

import random
from typing import Any

from recurrent_networks import plan_of
from trained_layers import simulate

from sc_hw.recurrent.plan import FETCH
from sc_hw.recurrent.sweep import SynapseSweep
from sc_model.graph import NumpyOps
from sc_model.rules import resolve


def test_a_group_is_updated_by_the_rule() -> None:
    plan = plan_of(hidden={"neurons": 4, "lanes": 2})
    dut, rng = SynapseSweep(plan), random.Random(3)
    rule, params = resolve(plan.spec.hidden_rule)
    rows, lanes = range(plan.rows), range(2)
    weights = [[rng.randint(-127, 127) for _ in lanes] for _ in rows]
    eligibility = [[rng.randrange(256) for _ in lanes] for _ in rows]
    slopes, signals = [rng.randrange(16) for _ in lanes], [rng.randint(-127, 127) for _ in lanes]
    traces, spikes = [0 for _ in rows], [rng.randrange(2) for _ in rows]

    async def sweep(ctx: Any, group: int, noise: list[int], fresh: bool, ends: bool) -> list[int]:
        ctx.set(dut.fresh, fresh)
        ctx.set(dut.ends, ends)
        ctx.set(dut.issue, 1)
        for row in rows:
            ctx.set(dut.word, group * plan.rows + row)
            ctx.set(dut.row, row)
            ctx.set(dut.begins, row == 0)
            ctx.set(dut.spike, spikes[row])
            ctx.set(dut.noise, noise[row])
            await ctx.tick()
        ctx.set(dut.issue, 0)
        for _ in range(FETCH):
            await ctx.tick()
        currents = [ctx.get(dut.currents[lane]) for lane in lanes]
        for _ in range(dut.written):
            await ctx.tick()
        assert not ctx.get(dut.landing)
        return currents

    async def read(ctx: Any, word: int) -> list[Any]:
        ctx.set(dut.word, word)
        for _ in range(FETCH):
            await ctx.tick()
        return [ctx.get(dut.words[lane]) for lane in lanes]

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.shift, 9)
        for lane in lanes:
            ctx.set(dut.slopes[lane], slopes[lane])
            ctx.set(dut.signals[lane], signals[lane])
            ctx.set(dut.load, 1 << lane)
            for row in rows:
                ctx.set(dut.word, plan.rows + row)
                cell = {"weight": weights[row][lane], "eligibility": eligibility[row][lane]}
                ctx.set(dut.load_data, cell)
                await ctx.tick()
        ctx.set(dut.load, 0)
        # the first step of a sample; a group that is not the last; one more step
        for fresh, ends in ((True, True), (False, False), (False, True)):
            noise = [rng.randrange(1 << 15) for _ in rows]
            currents = await sweep(ctx, 1, noise, fresh, ends)
            before = [sum(weights[r][n] for r in rows if spikes[r]) for n in lanes]
            assert currents == before
            for row in rows:
                for lane in lanes:
                    state = {
                        "weight": weights[row][lane],
                        "pre_trace": 0 if fresh else traces[row],
                        "eligibility": 0 if fresh else eligibility[row][lane],
                    }
                    inputs = {
                        "pre_spike": spikes[row],
                        "slope": slopes[lane],
                        "signal": signals[lane],
                        "noise": noise[row],
                        "learning_shift": 9,
                    }
                    new = rule.apply(NumpyOps(), state, inputs, params)
                    weights[row][lane] = int(new["weight"])
                    eligibility[row][lane] = int(new["eligibility"])
                if ends:
                    traces[row] = int(new["pre_trace"])
                found = await read(ctx, plan.rows + row)
                assert [each.weight for each in found] == weights[row]
                assert [each.eligibility for each in found] == eligibility[row]
            assert any(traces)

    simulate(testbench, dut)
