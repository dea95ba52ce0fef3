"""The whole network in Amaranth's simulator; tests/sim/benches has it in the compiled Verilog."""

from __future__ import annotations

import random
from typing import Any

from amaranth.sim import Simulator
from learning_hardware import spec_of
from learning_networks import weights_of
from trained_layers import until

from sc_hw.fabric.families import load_family
from sc_hw.learning import LearningNetwork
from sc_hw.parts.space import Space
from sc_model.golden.learning_network import LearningNetwork as Golden


def test_a_sample_changes_what_the_model_changes() -> None:
    spec = spec_of(hidden=5, classes=3, lanes=4, inputs=3, steps=4, layer={"threshold": 60})
    dut, rng = LearningNetwork(spec, load_family("generic")), random.Random(1)
    weights = weights_of(spec)
    # -2^(bits - 1), which no step leaves and the quiet claims leave out, is loaded as its neighbour
    weights["hidden"][1, 4] = weights["output"][4, 2] = -127
    golden = Golden(spec, weights)
    plan = dut.plan

    async def load(ctx: Any, space: Space, lane: int, word: int, value: int) -> None:
        payload = {"space": space, "lane": lane, "word": word, "data": value % (1 << 21)}
        ctx.set(dut.load.payload, payload)
        ctx.set(dut.load.valid, 1)
        await until(ctx, dut.load.ready, "load")
        await ctx.tick()
        ctx.set(dut.load.valid, 0)

    async def testbench(ctx: Any) -> None:
        for row in range(spec.rows(0)):
            for column in range(5):
                word = row * plan.groups + column // 4
                value = int(weights["hidden"][row, column])
                value -= value == -127
                await load(ctx, Space.SYNAPSE, column % 4, word, value)
        for row in range(5):
            for column in range(3):
                value = int(weights["output"][row, column])
                value -= value == -127
                await load(ctx, Space.SYNAPSE, column, plan.out_base + row, value)
        for neuron in range(5):
            await load(ctx, Space.NEURON, neuron % 4, neuron // 4, 0)
        for _ in range(4):
            values = [rng.randrange(256) for _ in range(3)]
            answer = golden.answer(values)
            label = rng.randrange(3)
            golden.learn(label)
            for value in values:
                ctx.set(dut.i.payload, value)
                ctx.set(dut.i.valid, 1)
                await until(ctx, dut.i.ready, "room")
                await ctx.tick()
                ctx.set(dut.i.valid, 0)
            await until(ctx, dut.o.valid, "an answer")
            assert ctx.get(dut.o.payload.winner) == answer.winner
            ctx.set(dut.o.ready, 1)
            ctx.set(dut.teach.payload, {"learn": 1, "label": label, "right": 1, "single": 0})
            ctx.set(dut.teach.valid, 1)
            await ctx.tick()
            ctx.set(dut.o.ready, 0)
            await until(ctx, dut.teach.ready, "the lesson")
            await ctx.tick()
            ctx.set(dut.teach.valid, 0)
            await until(ctx, dut.done, "the end")
            assert ctx.get(dut.parts.noise.state) == golden.state["control"]["lfsr"]
            await ctx.tick()
        for row, column, lane, word in ((1, 4, 0, plan.groups + 1), (4, 2, 2, plan.out_base + 4)):
            ctx.set(dut.read.payload, {"space": Space.SYNAPSE, "lane": lane, "word": word})
            ctx.set(dut.read.valid, 1)
            await until(ctx, dut.read.ready, "read")
            await ctx.tick()
            ctx.set(dut.read.valid, 0)
            await until(ctx, dut.readback.valid, "the word")
            name = "output" if word >= plan.out_base else "hidden"
            expected = int(golden.state[name]["weight"][row, column])
            assert ctx.get(dut.readback.payload) & 0xFF == expected % 256
            ctx.set(dut.readback.ready, 1)
            await ctx.tick()
            ctx.set(dut.readback.ready, 0)
        assert golden.counts.words["hidden"]
        assert golden.counts.words["output"]

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
