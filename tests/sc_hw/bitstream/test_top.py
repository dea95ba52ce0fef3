"""The board's top in simulation: reset, serial line, LEDs."""

from __future__ import annotations

from typing import Any

from amaranth.sim import Simulator
from echo_system import EchoSystem

from sc_hw.bitstream.flows import load_flow
from sc_hw.bitstream.top import RESET_S, BoardTop
from sc_hw.boards import load_board
from sc_hw.boards.resources import ports_of

BIT = 12  # clocks of 12 MHz at 1 Mbaud


def test_reset_serial_line_and_lights() -> None:
    board = load_board("hx8k-breakout")
    flow = load_flow(board.flow)
    top = BoardTop(EchoSystem(12e6), board, flow, flow.clocking(board, 12), ports_of(board))
    seen: dict[str, Any] = {"sent": [], "link": [], "spike": []}

    async def bench(ctx: Any) -> None:
        async def clocks(count: int) -> None:
            for _ in range(count):
                ctx.set(top.clock, 1)
                await ctx.delay(1 / 24e6)
                ctx.set(top.clock, 0)
                await ctx.delay(1 / 24e6)
                seen["sent"].append(ctx.get(top.tx))

        async def send(byte: int) -> None:
            for bit in (0, *(byte >> place & 1 for place in range(8)), 1):
                ctx.set(top.rx, bit)
                await clocks(BIT)

        ctx.set(top.rx, 1)
        await clocks(100)
        await send(0x41)  # in reset: nobody answers
        await clocks(200)
        assert set(seen["sent"]) == {1}
        assert ctx.get(top.led_link) == 0
        await clocks(max(0, round(RESET_S * 12e6) - 400))
        before = len(seen["sent"])
        await send(0x41)
        await clocks(12 * BIT)
        seen["answer"] = seen["sent"][before:]
        seen["lights"] = [ctx.get(top.led_link), ctx.get(top.led_spike), ctx.get(top.led_error)]
        ctx.set(top.rx, 0)  # a byte without its stop bit
        await clocks(12 * BIT)
        seen["error"] = ctx.get(top.led_error)

    simulator = Simulator(top)
    simulator.add_testbench(bench)
    simulator.run()
    start = seen["answer"].index(0)
    bits = [seen["answer"][start + BIT // 2 + BIT * (place + 1)] for place in range(8)]
    assert sum(bit << place for place, bit in enumerate(bits)) == 0x42
    assert seen["lights"] == [1, 1, 0]
    assert seen["error"] == 1
