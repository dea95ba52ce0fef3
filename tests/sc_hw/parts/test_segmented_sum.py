"""A sum in segments, with a constant for the other operand."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from trained_layers import simulate

from sc_hw.fabric.schedule import segments
from sc_hw.parts.segmented_sum import segmented_sum
from sc_hw.wires import Delays

ADDED = 0b1011_0111


class _Sum(wiring.Component):
    """`i` plus `ADDED`, in 8 bits."""

    def __init__(self, carry_bits: int) -> None:
        self.parts = segments(8, carry_bits)
        self.asked: list[tuple[int, range, int]] = []
        super().__init__({"i": In(8), "o": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        def operand(number: int, bits: range, segment: Signal) -> Value:
            self.asked.append((number, bits, len(segment)))
            return Const(ADDED, 8)[bits.start : bits.stop]

        m.d.comb += self.o.eq(segmented_sum(m, Delays(m), self.parts, self.i, operand))
        return m


@pytest.mark.parametrize("carry_bits", [1, 3, 8])
def test_a_carry_reaches_the_next_segment_a_clock_later(carry_bits: int) -> None:
    dut = _Sum(carry_bits)
    latency = len(dut.parts)

    async def testbench(ctx: Any) -> None:
        for clock in range(256 + latency):
            ctx.set(dut.i, clock % 256)
            if clock >= latency:
                assert ctx.get(dut.o) == (clock - latency + ADDED) % 256
            await ctx.tick()

    simulate(testbench, dut)
    last = latency - 1
    assert dut.asked == [
        (number, bits, len(bits) + (number < last)) for number, bits in enumerate(dut.parts)
    ]
