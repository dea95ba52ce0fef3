"""An adder whose carry chain is cut into segments, one a clock: new operands in every clock."""

from __future__ import annotations

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import fit
from sc_hw.fabric.schedule import segments
from sc_hw.parts.segmented_sum import segmented_sum
from sc_hw.wires import Delays


class PipelinedAdder(wiring.Component):
    """The sum of two signed numbers, modulo 2^width.

    No carry chain is longer than the fabric wants it (see :func:`segmented_sum`). Latency `latency`
    clocks, throughput one sum a clock, domain ``sync``. The registers have no reset.

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

        def base(number: int, bits: range, segment: Signal) -> Value:
            return delays.later(self.i_base[bits.start : bits.stop], number, f"base_{number}")

        term = fit(self.i_term, len(self.o_sum))
        m.d.comb += self.o_sum.eq(segmented_sum(m, delays, self.parts, term, base))
        return m
