# amaranth: UnusedElaboratable=no
"""The scanner: from the values of a tick's columns to events, one for each column that is not 0."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
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
    at most (`spaced`: one in two clocks), and a clock for each chunk but the last; the first event
    is at `o_event` 2 clocks after `load`. Domain ``sync``.

    Reset: it drops the rest of the values and the event at `o_event`.

    Parameters
    ----------
    columns : number of columns.
    width : bits of a value, which is unsigned.
    sliced : the values come in chunk by chunk.
    constant : the last column is 1 in every tick; only with `sliced`.
    spaced : an event follows another one no sooner than two clocks behind it. Where each takes the
        lanes that long, it costs nothing, and what is searched does not depend on `o_event.ready`,
        which comes from far away in this clock.

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
        self,
        columns: int,
        width: int,
        *,
        sliced: bool = False,
        constant: bool = False,
        spaced: bool = False,
    ) -> None:
        self.columns, self.width, self.sliced, self.constant = columns, width, sliced, constant
        self.spaced = spaced
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
        ahead = self.chunk * self.width
        left = Signal(ahead if self.sliced else self.chunks * ahead, reset_less=True)
        number = Signal(range(max(2, self.chunks)))
        scanning = Signal()
        # That there is a column in front, and that no columns are behind it: out of registers,
        # since it decides in this clock whether what stands in front of the layer goes on.
        found = Signal(name="found", reset_less=True)
        at_last = Signal(name="at_last") if self.chunks > 1 else C(1, 1)
        m.d.comb += self.busy.eq(scanning)
        front = self._front(left)
        active, lowest = Signal(self.chunk, name="active"), Signal(self.chunk, name="lowest")
        # Two's complement: a number and its negative have only the lowest 1 in common.
        m.d.comb += [active.eq(_of_columns(front)), lowest.eq(active & (~active + 1)[: self.chunk])]
        room = ~self.o_event.valid
        if self.spaced:
            with m.If(self.o_event.ready):
                m.d.sync += self.o_event.valid.eq(0)
        else:
            room |= self.o_event.ready
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
        input_bits = following = self._input_bits(number)
        if self.sliced:
            m.d.comb += [self.wants.eq(wants), moves.eq(self.wants & self.more)]
        else:
            m.d.comb += moves.eq(wants)
            following = Mux(self.load, input_bits, left[ahead:])
        rest = Cat(gated(front[place], by=~lowest[place]) for place in range(self.chunk))
        with m.If(self.load | moves):
            first = _of_columns(self._front(following))
            m.d.sync += [left.eq(following), found.eq(first.any())]
        with m.Elif(found & room):
            m.d.sync += [left[:ahead].eq(rest), found.eq(several(active))]
        with m.If(self.load):
            m.d.sync += [scanning.eq(1), number.eq(0)]
        with m.Elif(moves):
            m.d.sync += number.eq(number + 1)
        with m.Elif(scanning & ~found & at_last & room):
            m.d.sync += scanning.eq(0)
        if self.chunks > 1:
            with m.If(self.load | moves):
                m.d.sync += at_last.eq(~self.load & (number == self.chunks - 2))
        return m

    def _front(self, values: Value) -> data.View[data.ArrayLayout]:
        """The values of the chunk in front."""
        return data.View(
            data.ArrayLayout(self.width, self.chunk), values[: self.chunk * self.width]
        )

    def _input_bits(self, number: Signal) -> Value:
        """The values that are taken in, in a tick's last chunk without those behind the columns."""
        if not self.sliced:
            values = self.values.as_value()
            return Cat(values, C(0, self.chunks * self.chunk * self.width - len(values)))
        last = C(1, 1) if self.chunks == 1 else ~self.load & (number == self.chunks - 2)
        bits, first = [], (self.chunks - 1) * self.chunk
        for place, value in enumerate(self.values):
            column = first + place
            if self.constant and column == self.columns - 1:
                bits.append(Cat(value[0] | last, gated(value[1:], by=~last)))
            elif column < self.columns:
                bits.append(value)
            else:
                bits.append(gated(value, by=~last))
        return Cat(*bits)

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


def _of_columns(front: data.View[data.ArrayLayout]) -> Value:
    """Of each column whether its value is not 0."""
    return Cat(value.any() for value in front)


def several(bits: Value) -> Value:
    """Whether two bits or more are 1."""
    # Halves that both have a 1, or one that has two: a tree, in front of which no carry waits.
    if len(bits) == 1:
        return C(0, 1)
    low, high = bits[: len(bits) // 2], bits[len(bits) // 2 :]
    return (low.any() & high.any()) | several(low) | several(high)
