"""The memory at a chain's head in Amaranth's simulator, sweep by sweep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulator import simulate

from sc_hw.fabric.families import load_family
from sc_hw.plastic.inputs import InputMemory
from sc_hw.plastic.lane_plan import FETCH
from sc_hw.plastic.rule_parts import rule_parts
from sc_model.graph import IntOps, evaluate
from sc_model.rules import resolve
from sc_model.spec import RuleChoice

ROWS, GROUPS, SWEEPS = 16, 3, 4


@pytest.mark.parametrize("family", ["pair_stdp", "triplet_stdp"])
def test_rows_of_a_sweep_see_the_same_fields_and_spike(family: str) -> None:
    """The spike comes in the first group, all groups see it; the fields move on once a sweep."""
    rule, params = resolve(RuleChoice(family=family))
    parts = rule_parts(rule, params)
    dut = InputMemory(parts, load_family("generic"), ROWS)
    graph = parts.neuron_graph(parts.pre)
    rng = np.random.default_rng(2)
    spikes = rng.integers(0, 2, (SWEEPS, ROWS))
    fields = [{name: parts.initial(name) for name in parts.pre} for _ in range(ROWS)]
    slots = max(ROWS, dut.span) + 1
    found: dict[int, tuple[int, dict[str, int]]] = {}

    async def testbench(ctx: Any) -> None:
        for clock in range(SWEEPS * GROUPS * slots + FETCH):
            group, row = divmod(clock, slots)
            sweep, group = divmod(group, GROUPS)
            issue = row < ROWS and sweep < SWEEPS
            ctx.set(dut.issue, issue)
            ctx.set(dut.row, row if issue else 0)
            ctx.set(dut.first, group == 0)
            ctx.set(dut.last, group == GROUPS - 1)
            ctx.set(dut.spike_in, int(spikes[sweep, row]) if issue and group == 0 else 1)
            ctx.set(dut.clear, sweep == 0)
            if ctx.get(dut.valid):
                values = {name: ctx.get(dut.fields_out[name]) for name in parts.pre}
                found[clock - FETCH] = (ctx.get(dut.spike), values)
            await ctx.tick()

    simulate(dut, testbench)
    assert len(found) == SWEEPS * GROUPS * ROWS
    for sweep in range(SWEEPS):
        for group in range(GROUPS):
            for row in range(ROWS):
                clock = (sweep * GROUPS + group) * slots + row
                assert found[clock] == (spikes[sweep, row], fields[row]), (sweep, group, row)
        for row in range(ROWS):
            values = {parts.pre_spike: int(spikes[sweep, row]), **fields[row]}
            known = {name: values[name] for name in graph.variables}
            result = evaluate(graph, IntOps(), known)
            fields[row] = {name: int(result[name]) for name in graph.outputs}
    assert any(value for row in fields for value in row.values())


def test_span_is_a_clock_longer_than_the_write_needs() -> None:
    rule, params = resolve(RuleChoice(family="pair_stdp"))
    dut = InputMemory(rule_parts(rule, params), load_family("generic"), ROWS)
    assert dut.span == FETCH + 1 + dut.update.latency + 2
