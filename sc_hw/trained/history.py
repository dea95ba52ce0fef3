# amaranth: UnusedElaboratable=no
"""A memory of the past values of a layer's columns, for synapses with delays."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.parts.state_memory import Write, connect, gated_write_register
from sc_hw.trained.lane import MEMORY
from sc_hw.wires import Delays, gated
from sc_model.spec import IntFormat, TrainedLayerSpec


class History(wiring.Component):
    """A memory with the last `max_delay` values of each column, one word for each column.

    Every group of neurons reads every column. The last group of a tick also writes each column
    back, one tick older: the present value comes in front, and the oldest value is dropped. The
    column is read again in the next tick at the earliest, so no read meets a write. Latency
    `MEMORY` clocks, throughput one column a clock, domain ``sync``. Contents are undefined at
    power-on and survive a reset.

    Parameters
    ----------
    spec : a layer with max_delay >= 1.
    value : format of the values of a column.

    Members
    -------
    column : number of the column to read; 0 while there is none.
    fresh : with `column`: ignore the stored values and use 0.
    keep : with `column`: this is the column's last read in the tick; write it back.
    present : the column's value in this tick, `MEMORY` clocks after `column`.
    past : the column's values in earlier ticks, the latest first, `MEMORY` clocks after `column`.
    host_column : number of the column that the host reads or writes; 0 during a tick.
    word : the stored word of the column that was addressed `MEMORY` clocks ago.
    load : write `load_data` at `host_column`.
    load_data : the word to write, with the latest value in the lowest bits.
    """

    def __init__(self, spec: TrainedLayerSpec, value: IntFormat) -> None:
        self.spec, self.value = spec, value
        self.layout = data.ArrayLayout(value.width, spec.max_delay)
        column_bits = max(1, (spec.columns - 1).bit_length())
        bits = self.layout.size
        super().__init__(
            {
                "column": In(column_bits),
                "keep": In(1),
                "fresh": In(1),
                "present": In(value.width),
                "past": Out(bits),
                "host_column": In(column_bits),
                "word": Out(bits),
                "load": In(1),
                "load_data": In(bits),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        bits = self.layout.size
        m.submodules.memory = ram = BlockRAM(self.spec.columns, bits)
        read = Signal.like(self.column)
        m.d.comb += [
            # The host works between ticks only, so one of the two addresses is always 0 and an OR
            # selects. A multiplexer would need a select signal and one more LUT input per bit.
            read.eq(self.column | self.host_column),
            ram.r_addr.eq(read),
            # The host sees the stored word, which `fresh` does not hide from it.
            self.word.eq(ram.r_data),
            # Block RAM can't be cleared in one clock. So a reset leaves the words as they are, and
            # the first tick afterwards reads 0 by this AND and writes every column again.
            self.past.eq(gated(ram.r_data, by=~delays.later(self.fresh, MEMORY, "fresh"))),
        ]
        # A column is written back when its word has been read, MEMORY clocks after its turn. Reset
        # clears the strobe on its way: an update wins over a load in the write register, so that a
        # late one could suppress a load that the host makes right after the reset.
        keep = delays.later(self.keep, MEMORY, "keep", strobe=True)
        place = delays.later(self.column, MEMORY, "column")
        # The present value takes the lowest bits; the cut drops the oldest one.
        aged = Cat(self.present, self.past)[:bits]
        write = gated_write_register(
            m,
            update=Write(keep, place, aged),
            load=Write(self.load, self.host_column, self.load_data),
        )
        connect(m, ram, write)
        return m
