"""A pipelined multiplexer: one of many values by an index, three bits of the index a clock."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.wires import choose

BITS_A_CLOCK = 3  # one of eight values is two or three LUTs deep on every fabric


class Selector(wiring.Component):
    """`values[index]`; an index beyond the last value selects some value of the list.

    Latency `latency` clocks, throughput one selection a clock, domain ``sync``. The registers have
    no reset: a value is valid only together with a strobe that the caller delays by `latency`.

    Parameters
    ----------
    width : bits of a value, >= 1.
    count : number of values, >= 2.

    Members
    -------
    i_values, i_index : the list and the index, in the same clock.
    o_value : the value, `latency` clocks later.

    Raises
    ------
    ValueError : width or count out of these ranges.
    """

    def __init__(self, width: int, count: int) -> None:
        if count < 2 or width < 1:
            raise ValueError(
                f"Selector needs count >= 2 and width >= 1, not {count} values of {width} bits"
            )
        self.width, self.count = width, count
        self.index_bits = (count - 1).bit_length()
        super().__init__(
            {
                "i_values": In(data.ArrayLayout(width, count)),
                "i_index": In(self.index_bits),
                "o_value": Out(width),
            }
        )

    @property
    def latency(self) -> int:
        """Clocks from values and index to the value."""
        return -(-self.index_bits // BITS_A_CLOCK)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        values = [self.i_values[number] for number in range(self.count)]
        index = self.i_index
        for stage in range(self.latency):
            # The lowest bits choose within groups of neighbours, the rest goes on to the next clock
            # as the index of the group.
            low, index = index[:BITS_A_CLOCK], index[BITS_A_CLOCK:]
            groups = [
                values[start : start + (1 << BITS_A_CLOCK)]
                for start in range(0, len(values), 1 << BITS_A_CLOCK)
            ]
            values = []
            for number, group in enumerate(groups):
                chosen = Signal(self.width, name=f"chosen_{stage}_{number}", reset_less=True)
                m.d.sync += chosen.eq(choose(low, group))
                values.append(chosen)
            # The rest of the index keeps up with its values.
            if len(index):
                later = Signal(len(index), name=f"index_{stage}", reset_less=True)
                m.d.sync += later.eq(index)
                index = later
        m.d.comb += self.o_value.eq(values[0])
        return m
