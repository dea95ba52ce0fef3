"""A running sum whose carry chain is cut into segments: one term a clock, whatever the width."""

from __future__ import annotations

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import fit
from sc_hw.fabric.schedule import segments
from sc_hw.parts.segmented_sum import segmented_sum
from sc_hw.wires import Delays, gated


class Accumulator(wiring.Component):
    """Sums signed terms, one a clock.

    The carry chain of a clock is as short as the fabric wants it, however wide the sum is (see
    :func:`segmented_sum`). Latency `latency` clocks, throughput one term a clock, domain ``sync``.
    The registers have no reset: a sum is valid only together with a strobe that the caller delays
    by `latency`.

    Parameters
    ----------
    term_width : bits of a term, >= 1.
    sum_width : bits of the sum, >= term_width; the sum is modulo 2^sum_width.
    carry_bits : longest carry chain, in bits, >= 1.

    Members
    -------
    i_term : a term.
    i_first : a new sum begins with this term.
    o_sum : the sum up to and including the term of `latency` clocks ago.
    parts : the bits of the sum that each segment holds, lowest segment first.

    Raises
    ------
    ValueError : widths out of these ranges.
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
        """Clocks from a term to the sum with it: one a segment."""
        return len(self.parts)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        delays = Delays(m)

        def before(number: int, bits: range, segment: Signal) -> Value:
            # the sum so far, or 0: the flag reaches a segment together with the carry from below
            first = delays.later(self.i_first, number, "first")
            return gated(segment[: len(bits)], by=~first)

        term = fit(self.i_term, len(self.o_sum))
        m.d.comb += self.o_sum.eq(segmented_sum(m, delays, self.parts, term, before))
        return m
