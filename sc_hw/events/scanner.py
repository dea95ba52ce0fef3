# amaranth: UnusedElaboratable=no
"""The scanner: from the values of a tick's columns to events, one for each column that is not 0."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.wires import gated
from sc_model.spec import SLICE

# Columns that are searched at a time, at most: a carry chain and an encoder of so many inputs. Half
# as many would take twice as many clocks over empty columns.
CHUNK = SLICE


class Scanner(wiring.Component):
    """Finds the columns that are not 0, lowest number first, and ends each tick with a token.

    The values stand in a shift register of chunks, or come in chunk by chunk (`sliced`). In the
    chunk in front the lowest column that is left becomes the next event and is cleared; an empty
    chunk gives way to the next one. So there is no multiplexer over all columns. One event a clock
    at most, and a clock for each chunk but the last; the first event is at `o_event` 2 clocks after
    `load`. Domain ``sync``.

    Reset: it drops the rest of the values and the event at `o_event`.

    Parameters
    ----------
    columns : number of columns.
    width : bits of a value, which is unsigned.
    sliced : the values come in chunk by chunk.
    constant : the last column is 1 in every tick; only with `sliced`.

    Members
    -------
    load : take `values`; allowed only while `busy` is low.
    busy : the end token of the last values is still to come.
    values : the value of each column; with `sliced` of those of a chunk.
    more : only with `sliced`: take `values` as the next chunk; allowed only while `wants` is high.
    wants : only with `sliced`: nothing is left of the last chunk, and it was not the tick's last.
    o_event : stream of {end, column, value}. With `end` it is the token, and `column` and `value`
        mean nothing; all other events have a value that is not 0.
    """

    def __init__(
        self, columns: int, width: int, *, sliced: bool = False, constant: bool = False
    ) -> None:
        self.columns, self.width, self.sliced, self.constant = columns, width, sliced, constant
        self.column_bits = max(1, (columns - 1).bit_length())
        self.index_bits = min(CHUNK, 1 << (columns - 1).bit_length()).bit_length() - 1
        self.chunk = 1 << self.index_bits
        self.chunks = -(-columns // self.chunk)
        self.event_layout = data.StructLayout(
            {"end": 1, "column": self.column_bits, "value": width}
        )
        super().__init__(
            {
                "load": In(1),
                "busy": Out(1),
                "values": In(data.ArrayLayout(width, self.chunk if sliced else columns)),
                **({"more": In(1), "wants": Out(1)} if sliced else {}),
                "o_event": Out(stream.Signature(self.event_layout)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        width, ahead = self.width, self.chunk * self.width
        left = Signal(ahead if self.sliced else self.chunks * ahead, reset_less=True)
        number = Signal(range(max(2, self.chunks)))
        scanning = Signal()
        m.d.comb += self.busy.eq(scanning)
        front = data.View(data.ArrayLayout(width, self.chunk), left[:ahead])
        active = Signal(self.chunk)
        m.d.comb += active.eq(Cat(front[place].any() for place in range(self.chunk)))
        lowest = Signal(self.chunk)
        # Two's complement: a number and its negative have only the lowest 1 in common.
        m.d.comb += lowest.eq(active & (~active + 1)[: self.chunk])
        found, at_last = active.any(), number == self.chunks - 1
        room = ~self.o_event.valid | self.o_event.ready
        with m.If(room):
            m.d.sync += [
                self.o_event.valid.eq(scanning & (found | at_last)),
                self.o_event.payload.end.eq(~found),
                self.o_event.payload.column.eq(
                    Cat(self._index(lowest), number)[: self.column_bits]
                ),
                self.o_event.payload.value.eq(self._value(front, lowest)),
            ]
        # An empty chunk moves on also while an event waits at `o_event`.
        moves, wants = Signal(), scanning & ~found & ~at_last
        if self.sliced:
            m.d.comb += [self.wants.eq(wants), moves.eq(self.wants & self.more)]
        else:
            m.d.comb += moves.eq(wants)
        given = self._given(number)
        rest = Cat(gated(front[place], by=~lowest[place]) for place in range(self.chunk))
        with m.If(self.load):
            m.d.sync += [scanning.eq(1), number.eq(0), left.eq(given)]
        with m.Elif(scanning & found & room):
            m.d.sync += left[:ahead].eq(rest)
        with m.Elif(moves):
            m.d.sync += [left.eq(given if self.sliced else left[ahead:]), number.eq(number + 1)]
        with m.Elif(scanning & ~found & at_last & room):
            m.d.sync += scanning.eq(0)
        return m

    def _given(self, number: Signal) -> Value:
        """The values that are taken in, in a tick's last chunk without those behind the columns."""
        if not self.sliced:
            return self.values.as_value()
        last = C(1, 1) if self.chunks == 1 else ~self.load & (number == self.chunks - 2)
        given, first = [], (self.chunks - 1) * self.chunk
        for place, value in enumerate(self.values):
            column = first + place
            if self.constant and column == self.columns - 1:
                given.append(Cat(value[0] | last, gated(value[1:], by=~last)))
            elif column < self.columns:
                given.append(value)
            else:
                given.append(gated(value, by=~last))
        return Cat(*given)

    def _index(self, lowest: Value) -> Value:
        """The number of the one bit that is set."""
        return Cat(
            Cat(lowest[place] for place in range(self.chunk) if place >> bit & 1).any()
            for bit in range(self.index_bits)
        )

    def _value(self, front: data.View[data.ArrayLayout], lowest: Value) -> Value:
        """The value in front whose bit is set."""
        value: Value = C(0, self.width)
        for place in range(self.chunk):
            value |= gated(front[place], by=lowest[place])
        return value
