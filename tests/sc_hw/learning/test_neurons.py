"""Hidden neurons: steps of each half are the unit's."""

from __future__ import annotations

import random
from typing import Any

from learning_hardware import plan_of
from trained_layers import simulate

from sc_hw.learning.neurons import HiddenNeurons
from sc_model.arithmetic.learning import hidden_neuron
from sc_model.graph import IntOps


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
                ctx.set(dut.half, half)
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
                    neuron = half * plan.half + lane
                    now = {"potential": potentials[neuron], "current": currents[neuron]}
                    out = unit.apply(IntOps(), now)
                    potentials[neuron] = out["potential"]
                    count = (traces[neuron] + out["spike"]) % (1 << plan.trace_bits)
                    assert found == count | out["near"] << plan.trace_bits
                    traces[neuron] = int(found) % (1 << plan.trace_bits)
                await ctx.tick()

    simulate(testbench, dut)
