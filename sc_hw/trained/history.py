# amaranth: UnusedElaboratable=no
"""What a layer's columns were in its last ticks: a word of `max_delay` values a column, in block
RAM.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.trained.lane import MEMORY
from sc_hw.wires import Delays, gated, select
from sc_model.spec import IntFormat, TrainedLayerSpec


class History(wiring.Component):
    """The past of all columns, which moves on by a tick as the columns are gone through.

    Throughput one column a clock, domain ``sync``. A column is written while the layer's last group
    is gone through, and read again in the next tick at the earliest: no read meets a write.
    Contents are not defined at power-on and survive a reset; `fresh` stands for the state after
    reset, all 0.

    Parameters
    ----------
    spec : a layer with max_delay >= 1.
    value : format of what comes in.

    Members
    -------
    column, fresh : read that column, for 0 if fresh.
    keep : with `column`: the tick is over for it.
    present : its value in this tick, `MEMORY` clocks later.
    past : its values in the ticks before, the latest first, `MEMORY` clocks later.
    host_column : read while `column` is 0 and nothing is kept; `word` shows it.
    load, load_data : write there.
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
            read.eq(self.column | self.host_column),
            ram.r_addr.eq(read),
            self.word.eq(ram.r_data),
            self.past.eq(gated(ram.r_data, by=~delays.later(self.fresh, MEMORY, "fresh"))),
        ]
        write_en = Signal(reset_less=True)
        write_column = Signal.like(self.column, reset_less=True)
        written = Signal(bits, reset_less=True)
        kept = delays.later(self.keep, MEMORY, "keep", strobe=True)
        place = delays.later(self.column, MEMORY, "column")
        m.d.sync += [
            write_en.eq(kept | self.load),
            write_column.eq(select(kept, place, self.host_column)),
            written.eq(select(kept, Cat(self.present, self.past)[:bits], self.load_data)),
        ]
        m.d.comb += [ram.w_en.eq(write_en), ram.w_addr.eq(write_column), ram.w_data.eq(written)]
        return m
