"""The memory of postsynaptic traces in Amaranth's simulator: two banks, one read, one written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulator import simulate

from sc_hw.fabric.families import load_family
from sc_hw.plastic.outputs import FEED, OutputMemory
from sc_hw.plastic.rule_parts import rule_parts
from sc_model.graph import IntOps, evaluate
from sc_model.rules import resolve
from sc_model.spec import RuleChoice

NEURONS, STEPS = 6, 4


@pytest.mark.parametrize("family", ["pair_stdp", "triplet_stdp"])
def test_a_step_can_be_fed_twice(family: str) -> None:
    """Each step is fed twice, and moves on only when the banks are exchanged."""
    rule, params = resolve(RuleChoice(family=family))
    parts = rule_parts(rule, params)
    dut = OutputMemory(parts, load_family("generic"), NEURONS)
    graph = parts.neuron_graph(parts.post)
    rng = np.random.default_rng(2)
    spikes = rng.integers(0, 2, (STEPS, NEURONS))
    fields = [{name: parts.initial(name) for name in parts.post} for _ in range(NEURONS)]
    rest = FEED + dut.update.latency + 4

    async def feed(ctx: Any, step: int) -> list[tuple[int, dict[str, int]]]:
        """What comes out for each neuron in turn."""
        found = []
        for clock in range(NEURONS + rest):
            ctx.set(dut.feed, clock < NEURONS)
            ctx.set(dut.index, clock if clock < NEURONS else 0)
            if FEED - 1 <= clock < NEURONS + FEED - 1:  # of the neuron of 3 clocks ago
                ctx.set(dut.spike, int(spikes[step, clock - FEED + 1]))
            if FEED <= clock < NEURONS + FEED:
                values = {name: ctx.get(dut.values[name]) for name in parts.post}
                found.append((ctx.get(dut.values[parts.post_spike]), values))
            await ctx.tick()
        return found

    async def testbench(ctx: Any) -> None:
        for step in range(STEPS):
            ctx.set(dut.clear, step == 0)
            for _ in range(2):
                found = await feed(ctx, step)
                assert found == [(spikes[step, j], fields[j]) for j in range(NEURONS)], step
            for j in range(NEURONS):
                values = {parts.post_spike: int(spikes[step, j]), **fields[j]}
                known = {name: values[name] for name in graph.variables}
                result = evaluate(graph, IntOps(), known)
                fields[j] = {name: int(result[name]) for name in graph.outputs}
            ctx.set(dut.flip, 1)
            await ctx.tick()
            ctx.set(dut.flip, 0)
        # the host sees the state after the last whole step
        for j in range(NEURONS):
            ctx.set(dut.index, j)
            await ctx.tick().repeat(3)
            word = ctx.get(dut.word)
            found = {}
            for name, form in parts.post.items():
                found[name] = form.decode(word)
                word >>= form.width
            assert found == fields[j]

    simulate(dut, testbench)
    assert any(value for row in fields for value in row.values())
