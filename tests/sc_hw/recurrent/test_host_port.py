"""The host's accesses: registers, lanes of words, and that they wait for their turn."""

from __future__ import annotations

from typing import Any

from recurrent_networks import plan_of
from trained_layers import simulate, until

from sc_hw.parts.space import Space
from sc_hw.recurrent.host_port import HostPort
from sc_hw.recurrent.readout import Readout
from sc_hw.recurrent.sweep import SynapseSweep


def test_loads_and_reads() -> None:
    plan = plan_of()
    dut = HostPort(plan, SynapseSweep(plan).cell_layout, Readout(plan).weight_shape)

    async def access(ctx: Any, port: Any, **payload: int) -> None:
        ctx.set(port.payload, payload)
        ctx.set(port.valid, 1)
        await until(ctx, port.ready, "the port")
        await ctx.tick()
        ctx.set(port.valid, 0)

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.load.valid, 1)
        assert ctx.get(dut.asks)
        assert not ctx.get(dut.load.ready)  # not before it is served
        ctx.set(dut.serves, 1)
        assert [ctx.get(port) for port in (dut.hidden_shift, dut.readout_shift)] == [11, 6]
        assert [ctx.get(port) for port in (dut.learn_hidden, dut.learn_readout)] == [1, 1]
        word = 0x1234 | 9 << 16 | 3 << 20 | 1 << 25
        await access(ctx, dut.load, space=Space.CONTROL, lane=0, word=0, data=word)
        assert ctx.get(dut.load_noise)
        await ctx.tick()
        assert [ctx.get(port) for port in (dut.hidden_shift, dut.readout_shift)] == [9, 3]
        assert [ctx.get(port) for port in (dut.learn_hidden, dut.learn_readout)] == [0, 1]
        await access(ctx, dut.load, space=Space.SYNAPSE, lane=2, word=17, data=0xABCD)
        assert (ctx.get(dut.load_cells), ctx.get(dut.word), ctx.get(dut.data)) == (4, 17, 0xABCD)
        await ctx.tick()
        await access(ctx, dut.load, space=Space.OUTPUT, lane=1, word=5, data=0x7F)
        assert (ctx.get(dut.load_weights), ctx.get(dut.load_cells)) == (2, 0)
        await ctx.tick()
        ctx.set(dut.cells[3], 0x4321)
        ctx.set(dut.weights[2], -3)
        ctx.set(dut.noise, 0x5555)
        wanted = {
            (Space.SYNAPSE, 3): 0x4321,
            (Space.OUTPUT, 2): 0xFD,
            (Space.CONTROL, 0): word & ~0xFFFF | 0x5555,
        }
        for (space, lane), value in wanted.items():
            await access(ctx, dut.read, space=space, lane=lane, word=0)
            await until(ctx, dut.readback.valid, "the answer")
            assert ctx.get(dut.readback.payload) == value
            ctx.set(dut.readback.ready, 1)
            await ctx.tick()
            ctx.set(dut.readback.ready, 0)
        assert not ctx.get(dut.asks)

    simulate(testbench, dut)
