"""An adder whose carry chain is cut into segments, one a clock: new operands in every clock."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import add_with_carry, fit
from sc_hw.fabric.primitives import CarryOut
from sc_hw.fabric.schedule import segments
from sc_hw.wires import Delays


class PipelinedAdder(wiring.Component):
    """The sum of two signed numbers, modulo 2^width.

    Each segment of the sum works one clock behind the one below it, whose carry waits in a
    register, so that no carry chain is longer than the fabric wants it. Latency `latency` clocks,
    throughput one sum a clock, domain ``sync``. The registers have no reset.

    Parameters
    ----------
    width : bits of the first operand and of the sum, >= 1.
    term_width : bits of the second operand, in [1, width].
    carry_bits : longest carry chain, in bits, >= 1.

    Members
    -------
    i_base, i_term : the operands.
    o_sum : the sum of the operands of `latency` clocks ago.
    parts : the bits of the sum that each segment computes, lowest segment first.

    Raises
    ------
    ValueError : widths out of these ranges.
    """

    def __init__(self, width: int, term_width: int, carry_bits: int) -> None:
        if not 1 <= term_width <= width or carry_bits < 1:
            raise ValueError(
                "Pipelined adder needs 1 <= term_width <= width and carry_bits >= 1, not"
                f" {term_width}, {width}, {carry_bits}"
            )
        self.parts = segments(width, carry_bits)
        super().__init__(
            {
                "i_base": In(signed(width)),
                "i_term": In(signed(term_width)),
                "o_sum": Out(signed(width)),
            }
        )

    @property
    def latency(self) -> int:
        """Clocks from operands to their sum: one a segment."""
        return len(self.parts)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        delays = Delays(m)
        carry: Value | None = None
        total: list[Value] = []
        last = len(self.parts) - 1
        term = fit(self.i_term, len(self.o_sum))
        for number, bits in enumerate(self.parts):
            # Every segment but the highest keeps its carry out as one bit more.
            room = len(bits) + (number < last)
            segment = Signal(room, name=f"segment_{number}", reset_less=True)
            # The operands' bits reach a segment together with the carry from below.
            base = delays.later(self.i_base[bits.start : bits.stop], number, f"base_{number}")
            addend = delays.later(term[bits.start : bits.stop], number, f"term_{number}")
            part = add_with_carry(fit(base, room), fit(addend, room), carry, room)
            if number < last:
                # A carry that leaves its chain needs a cell of its own on some fabrics.
                m.submodules[f"carry_{number}"] = out = CarryOut()
                m.d.comb += out.carry.eq(part[-1])
                part = Cat(part[:-1], out.bit)
            m.d.sync += segment.eq(part)
            carry = segment[-1]
            # Lower segments are ready earlier: they wait for the last one.
            total.append(delays.later(segment[: len(bits)], last - number, f"sum_{number}"))
        m.d.comb += self.o_sum.eq(Cat(*total))
        return m
