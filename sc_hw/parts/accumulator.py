"""A sum of products with its carry chain cut in segments, one product a clock."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import add_with_carry, fit
from sc_hw.fabric.primitives import CarryOut
from sc_hw.fabric.schedule import segments
from sc_hw.wires import Delays, gated


class Accumulator(wiring.Component):
    """Sums signed terms.

    Each segment works a clock behind the one below it, whose carry waits in a register; so the
    chain of a clock is as short as the fabric wants it, however wide the sum is. Throughput one
    term a clock, latency `latency` clocks, domain ``sync``. No reset: what comes out counts only
    with a strobe that travels outside.

    Parameters
    ----------
    term_width, sum_width : bits, sum_width >= term_width >= 1; the sum is modulo 2^sum_width.
    carry_bits : of a segment, >= 1.

    Members
    -------
    i_term, i_first : a term, and whether a new sum begins with it.
    o_sum : the sum with the term that came `latency` clocks ago.
    """

    def __init__(self, term_width: int, sum_width: int, carry_bits: int) -> None:
        if not 1 <= term_width <= sum_width or carry_bits < 1:
            raise ValueError(
                "Accumulator needs 1 <= term_width <= sum_width and carry_bits >= 1, not"
                f" {term_width}, {sum_width}, {carry_bits}"
            )
        self.parts = segments(sum_width, carry_bits)
        super().__init__(
            {"i_term": In(signed(term_width)), "i_first": In(1), "o_sum": Out(signed(sum_width))}
        )

    @property
    def latency(self) -> int:
        """Clocks from a term to the sum with it."""
        return len(self.parts)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        delays = Delays(m)
        carry: Value | None = None
        total: list[Value] = []
        last = len(self.parts) - 1
        term = fit(self.i_term, len(self.o_sum))
        for number, bits in enumerate(self.parts):
            room = len(bits) + (number < last)  # with the carry out
            segment = Signal(room, name=f"segment_{number}", reset_less=True)
            first = delays.later(self.i_first, number, "first")
            given = delays.later(term[bits.start : bits.stop], number, f"term_{number}")
            kept = gated(segment[: len(bits)], by=~first)
            part = add_with_carry(fit(kept, room), fit(given, room), carry, room)
            if number < last:
                m.submodules[f"carry_{number}"] = out = CarryOut()
                m.d.comb += out.carry.eq(part[-1])
                part = Cat(part[:-1], out.bit)
            m.d.sync += segment.eq(part)
            carry = segment[-1]
            total.append(delays.later(segment[: len(bits)], last - number, f"sum_{number}"))
        m.d.comb += self.o_sum.eq(Cat(*total))
        return m
