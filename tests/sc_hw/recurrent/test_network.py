"""The whole network in Amaranth's simulator; tests/sim/benches has it in the compiled Verilog."""

from __future__ import annotations

from typing import Any

from recurrent_networks import network, samples, weights_of
from trained_layers import simulate, until

from sc_hw.fabric.families import load_family
from sc_hw.parts.space import Space
from sc_hw.recurrent import RecurrentNetwork
from sc_model.golden.recurrent_network import RecurrentNetwork as Golden


def test_a_sample_gives_what_the_model_gives() -> None:
    spec = network(inputs=2, hidden={"neurons": 2, "lanes": 1}, readout={"neurons": 2})
    dut, golden = RecurrentNetwork(spec, load_family("generic")), Golden(spec, weights_of(spec))
    spikes, targets = samples(spec, 2, steps=5)

    async def load(ctx: Any, space: Space, lane: int, word: int, value: int) -> None:
        payload = {"space": space, "lane": lane, "word": word, "data": value % 256}
        ctx.set(dut.load.payload, payload)
        ctx.set(dut.load.valid, 1)
        await until(ctx, dut.load.ready, "load")
        await ctx.tick()
        ctx.set(dut.load.valid, 0)

    async def testbench(ctx: Any) -> None:
        weights = weights_of(spec)
        for row in range(4):
            for column in range(2):
                value = int(weights["hidden"][row, column])
                await load(ctx, Space.SYNAPSE, 0, column * 4 + row, value)
        for neuron in range(2):
            for number in range(2):
                value = int(weights["output"][neuron, number])
                await load(ctx, Space.OUTPUT, number, neuron, value)
        for sample, told in zip(spikes, targets, strict=True):
            golden._begin()
            for step, (lines, target) in enumerate(zip(sample, told.tolist(), strict=True)):
                wanted = golden.step(lines, target)
                payload = {
                    "first": step == 0,
                    "told": target >= 0,
                    "label": max(target, 0),
                    "spikes": sum(int(line) << n for n, line in enumerate(lines)),
                }
                ctx.set(dut.i.payload, payload)
                ctx.set(dut.i.valid, 1)
                await until(ctx, dut.i.ready, "room")
                await ctx.tick()
                ctx.set(dut.i.valid, 0)
                await until(ctx, dut.o.valid, "an answer")
                answer = ctx.get(dut.o.payload)
                assert answer.winner == wanted
                assert list(answer.scores) == golden.scores.tolist()
                ctx.set(dut.o.ready, 1)
                await ctx.tick()
                ctx.set(dut.o.ready, 0)
                await until(ctx, dut.done, "the end")
                assert ctx.get(dut.parts.noise.state) == golden.state["control"]["lfsr"]
                await ctx.tick()
        assert golden.counts.errors

    simulate(testbench, dut)
