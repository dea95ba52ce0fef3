"""Accesses of a host: one at a time, a load first, and answers that wait until they are taken."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from trained_layers import simulate, until

from sc_hw.parts.host_accesses import access_ports, serve_accesses
from sc_hw.parts.space import Space


class Port(wiring.Component):
    """Two spaces of one word each, whose words stand at ports."""

    def __init__(self, long: bool) -> None:
        self.spaces = {space: data.StructLayout({"x": 4}) for space in (Space.INPUT, Space.NEURON)}
        self.long = long
        _, _, streams = access_ports(2, 3, 4)
        super().__init__({**streams, "words": In(data.ArrayLayout(4, 2)), "loads": Out(8)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        stored = Signal(name="stored") if self.long else None
        access = serve_accesses(m, self, 2, stored=stored)
        access.answer(m, self.readback, dict(zip(self.spaces, self.words, strict=True)))
        with m.If(access.loading if stored is None else stored):
            m.d.sync += self.loads.eq(self.loads + 1)
        return m


@pytest.mark.parametrize("long", [False, True])
def test_a_load_goes_first_and_an_answer_waits(long: bool) -> None:
    dut = Port(long)

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.words, [5, 9])
        ctx.set(dut.read.payload, {"space": Space.NEURON, "lane": 1, "word": 2})
        ctx.set(dut.load.valid, 1)
        ctx.set(dut.read.valid, 1)
        await ctx.tick().repeat(2)
        assert (ctx.get(dut.asks), ctx.get(dut.load.ready), ctx.get(dut.read.ready)) == (1, 0, 0)
        ctx.set(dut.serves, 1)
        assert (ctx.get(dut.load.ready), ctx.get(dut.read.ready)) == (1, 0)
        await ctx.tick()
        ctx.set(dut.load.valid, 0)
        busy = 0
        while not ctx.get(dut.read.ready):
            await ctx.tick()
            busy += 1
        assert busy == 1 + long
        await ctx.tick()
        ctx.set(dut.read.valid, 0)
        await until(ctx, dut.readback.valid, "the answer")
        await ctx.tick().repeat(5)
        assert (ctx.get(dut.readback.valid), ctx.get(dut.readback.payload)) == (1, 9)
        assert (ctx.get(dut.asks), ctx.get(dut.loads)) == (1, 1)
        ctx.set(dut.readback.ready, 1)
        await ctx.tick()
        assert (ctx.get(dut.readback.valid), ctx.get(dut.asks)) == (0, 0)

    simulate(testbench, dut)
