# amaranth: UnusedElaboratable=no
"""The columns of a swept layer's tick in a memory, as they come slice by slice."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.trained.lane import MEMORY
from sc_hw.wires import Delays, gated
from sc_model.spec import SLICE


class ColumnStore(wiring.Component):
    """Takes the columns of a tick in slices of `SLICE`, and shows one of them in each clock.

    The slices lie in a block RAM, so that no column has a register. Latency `MEMORY` clocks from a
    column's number to its value, throughput one slice and one column a clock, domain ``sync``. The
    columns are those of the last tick that was written as a whole.

    Reset: at any time; the next slice is the first one of a tick.

    Parameters
    ----------
    columns : that a tick has.
    width : bits of a column's value.
    constant : the last column is 1 in every tick, whatever its slice says.
    inputs : columns that come in slices, where those behind them are in slices of a memory outside,
        in which they go on where the inputs end; None where all columns come.

    Members
    -------
    write : `slice` is stored in this clock; all slices of a tick come in turn, the columns with the
        lowest numbers first and in the lowest bits.
    slice : columns of a tick; those behind the last column have no meaning.
    last : it is the tick's last one.
    column : number of a column, once all slices of a tick are written.
    value : value of the column whose number was there `MEMORY` clocks ago.
    own_slice : only with `inputs`: number of the slice that has the column, from 0 for the one in
        which the first column behind the inputs is.
    own : only with `inputs`: that slice, a clock later.
    """

    def __init__(
        self, columns: int, width: int = 1, *, constant: bool = False, inputs: int | None = None
    ) -> None:
        self.columns, self.width, self.constant = columns, width, constant
        self.inputs = inputs
        self.slices = -(-(columns if inputs is None else inputs) // SLICE)
        more = {}
        if inputs is not None:
            last = (columns - 1) // SLICE - inputs // SLICE
            more = {"own_slice": Out(max(1, last.bit_length())), "own": In(SLICE)}
        super().__init__(
            {
                "write": In(1),
                "slice": In(SLICE * width),
                "last": Out(1),
                "column": In(max(1, (columns - 1).bit_length())),
                "value": Out(width),
                **more,
            }
        )

    @property
    def bits(self) -> int:
        """Bits of its memory."""
        return self.slices * SLICE * self.width

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.memory = ram = BlockRAM(self.slices, SLICE * self.width, output_register=False)
        part = Signal(range(self.slices), name="part")
        in_slice = (SLICE - 1).bit_length()
        place = delays.later(self.column[:in_slice], MEMORY - 1, "place")
        word: Value = ram.r_data
        if self.inputs is not None:
            behind = delays.later(self.column >= self.inputs, MEMORY - 1, "behind_inputs")
            word = Mux(behind, self._own_values(), word)
            m.d.comb += self.own_slice.eq(self.column[in_slice:] - self.inputs // SLICE)
        value = word.word_select(place, self.width)
        if self.constant:
            is_last = delays.later(self.column == self.columns - 1, MEMORY - 1, "is_constant")
            one = value[0] | is_last
            value = Cat(one, gated(value[1:], by=~is_last)) if self.width > 1 else one
        m.d.comb += [
            self.last.eq(part == self.slices - 1),
            ram.w_en.eq(self.write),
            ram.w_addr.eq(part),
            ram.w_data.eq(self.slice),
            ram.r_addr.eq(self.column[in_slice:]),
        ]
        m.d.sync += self.value.eq(value)
        with m.If(self.write):
            m.d.sync += part.eq(gated(part + 1, by=~self.last))
        return m

    def _own_values(self) -> Value:
        """The slice of a memory outside, each bit as a value."""
        if self.width == 1:
            return self.own
        return Cat(Cat(bit, C(0, self.width - 1)) for bit in self.own)
