# amaranth: UnusedElaboratable=no
"""Past values of a layer's columns, for synapses with delays, in block RAM."""

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
    """The last `max_delay` values of each column, one word a column; a sweep ages them by a tick.

    Latency `MEMORY` clocks, throughput one column a clock, domain ``sync``. A column is written
    while the layer's last group is swept, and read again in the next tick at the earliest, so that
    no read meets a write. Contents are not defined at power-on and survive a reset.

    Parameters
    ----------
    spec : a layer with max_delay >= 1.
    value : format of the values of a column.

    Members
    -------
    column : read that column.
    fresh : ignore the stored past and use 0.
    keep : the tick is over for `column`: write it back with the present value in front.
    present : value of the column in this tick, `MEMORY` clocks after `column`.
    past : its values in the ticks before, the latest first, `MEMORY` clocks after `column`.
    host_column : read while `column` is 0 and `keep` is low; 0 otherwise.
    word : the column that was read, `MEMORY` clocks later.
    load : write `load_data` at `host_column`.
    load_data : as `word`.
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
            read.eq(self.column | self.host_column),  # one of the two is always 0
            ram.r_addr.eq(read),
            self.word.eq(ram.r_data),
            self.past.eq(gated(ram.r_data, by=~delays.later(self.fresh, MEMORY, "fresh"))),
        ]
        # registers in front of the write port, so that host and sweep are far from the memory
        keep = delays.later(self.keep, MEMORY, "keep", strobe=True)
        place = delays.later(self.column, MEMORY, "column")
        # the oldest value falls off the end of the word
        aged = Cat(self.present, self.past)[:bits]
        write = gated_write_register(
            m,
            update=Write(keep, place, aged),
            load=Write(self.load, self.host_column, self.load_data),
        )
        connect(m, ram, write)
        return m
