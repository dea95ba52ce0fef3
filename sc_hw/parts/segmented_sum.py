"""A sum whose carry chain is cut into segments, one a clock: what adder and accumulator share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amaranth.hdl import Cat, Module, Signal, Value

from sc_hw.fabric.datapath import add_with_carry, fit
from sc_hw.fabric.primitives import CarryOut
from sc_hw.wires import Delays

# The operand of a segment beside the term: of (its number, its bits, its register).
Operand = Callable[[int, range, Signal], Value]


def segmented_sum(
    m: Module, delays: Delays, parts: Sequence[range], term: Value, operand: Operand
) -> Value:
    """The sum of a term and another operand, as many clocks later as there are segments.

    Each segment works one clock behind the one below it, whose carry waits in a register; so the
    bits of both operands reach it that much later.

    Parameters
    ----------
    m : the module that gets the registers ``segment_<number>``, which have no reset.
    delays : delays the term and the segments of the sum; `operand` has to delay its own value.
    parts : bits of each segment, lowest segment first.
    term : as wide as the sum.
    operand : the other operand's bits in a segment.
    """
    carry: Value | None = None
    total: list[Value] = []
    last = len(parts) - 1
    for number, bits in enumerate(parts):
        # Every segment but the highest keeps its carry out as one bit more.
        room = len(bits) + (number < last)
        segment = Signal(room, name=f"segment_{number}", reset_less=True)
        other = operand(number, bits, segment)
        addend = delays.later(term[bits.start : bits.stop], number, f"term_{number}")
        part = add_with_carry(fit(other, room), fit(addend, room), carry, room)
        if number < last:
            # A carry that leaves its chain needs a cell of its own on some fabrics.
            m.submodules[f"carry_{number}"] = out = CarryOut()
            m.d.comb += out.carry.eq(part[-1])
            part = Cat(part[:-1], out.bit)
        m.d.sync += segment.eq(part)
        carry = segment[-1]
        # Lower segments are ready earlier: they wait for the last one.
        total.append(delays.later(segment[: len(bits)], last - number, f"sum_{number}"))
    return Cat(*total)
