"""Hidden neurons: steps of each half are the unit's."""

from __future__ import annotations

import random
from typing import Any

import pytest
from learning_hardware import plan_of
from support import sketch
from trained_layers import simulate

from sc_hw.learning.neurons import HiddenNeurons, cut
from sc_model.arithmetic.learning import hidden_neuron
from sc_model.graph import IntOps
from sc_model.spec import IntFormat


def test_steps_are_the_unit_s_and_spikes_are_counted() -> None:
    plan, rng = plan_of(), random.Random(4)
    dut = HiddenNeurons(plan)
    unit = hidden_neuron(plan.hidden, plan.spec.current_format(0))

    async def testbench(ctx: Any) -> None:
        potentials, traces = [0] * plan.lanes, [0] * plan.lanes
        for step in range(6):
            currents = [rng.randint(-300, 600) for _ in range(plan.lanes)]
            for half in range(2):
                ctx.set(dut.visit, 1)
                ctx.set(dut.share, half)
                ctx.set(dut.fresh, step == 0)
                ctx.set(dut.currents, currents)
                ctx.set(dut.word, traces)
                await ctx.tick()
                ctx.set(dut.visit, 0)
                for _ in range(dut.written - 1):
                    assert not ctx.get(dut.write)
                    await ctx.tick()
                assert ctx.get(dut.write) == 1 << half
                for lane, found in enumerate(ctx.get(dut.values)):
                    neuron = half * plan.share + lane
                    now = {"potential": potentials[neuron], "current": currents[neuron]}
                    out = unit.apply(IntOps(), now)
                    potentials[neuron] = out["potential"]
                    count = (traces[neuron] + out["spike"]) % (1 << plan.trace_bits)
                    assert found == count | out["near"] << plan.trace_bits
                    traces[neuron] = int(found) % (1 << plan.trace_bits)
                await ctx.tick()

    simulate(testbench, dut)


def test_a_graph_is_cut_where_no_way_leads_around() -> None:
    byte = IntFormat(8)
    graph = sketch(lambda ops, v: ops.let("middle", v.a + v.b) * 3 + 1, a=byte, b=byte)
    front, behind = cut(graph, "middle")
    assert front.variables == graph.variables
    assert list(front.outputs) == list(behind.variables) == ["middle"]
    assert list(behind.outputs) == ["result"]
    around = sketch(lambda ops, v: ops.let("middle", v.a + v.b) * v.a, a=byte, b=byte)
    with pytest.raises(ValueError, match="a must not lead around middle"):
        cut(around, "middle")
