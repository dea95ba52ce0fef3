"""The arithmetic of a lane of an event layer: products, sums, and sums of partial sums."""

from __future__ import annotations

from typing import Any

import pytest
from trained_layers import simulate

from sc_hw.events.lane import EventLane
from sc_hw.fabric.families import load_family
from sc_hw.trained.lane import synapse_graph
from sc_model.layer_kinds import kind_of
from sc_model.spec import DenseSpec, IntFormat


@pytest.mark.parametrize(("width", "sets"), [(1, 1), (3, 2)])
def test_events_and_fetches_go_through_one_pipeline(width: int, sets: int) -> None:
    spec, value = DenseSpec(name="a", inputs=9, neurons=2, weight_bits=6), IntFormat(width)
    family = load_family("ice40_up")
    graph = synapse_graph(kind_of(spec).pipeline(spec, value, 1.0), family)
    dut = EventLane(spec, value, graph, family.layer_delay or family.delay, sets)
    given = [(-31, 1, 100), (30, (1 << width) - 1, -100), (7, 1, 0)]  # weight, value, stored sum
    seen: list[tuple[int, int]] = []

    async def testbench(ctx: Any) -> None:
        for clock in range(20):
            if clock < len(given):
                ctx.set(dut.i_word, {"weight": given[clock][0]})
                if width > 1:
                    ctx.set(dut.i_value, given[clock][1])
            turn = clock - dut.product_ready
            if 0 <= turn < len(given):
                ctx.set(dut.i_stored, given[turn][2])
                if sets > 1:
                    ctx.set(dut.i_begin, turn == 0)
            seen.append((ctx.get(dut.o_total), ctx.get(dut.o_current)))
            await ctx.tick()

    simulate(testbench, dut)
    running = 0
    for turn, (weight, factor, stored) in enumerate(given):
        running = running + stored if sets > 1 else stored
        first = turn + dut.product_ready
        assert seen[first + dut.adder.latency][0] == stored + weight * factor
        assert seen[first + dut.summing][1] == running
