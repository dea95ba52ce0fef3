# amaranth: UnusedElaboratable=no
"""A table of constants that a parameter of a synapse selects: a read-only memory."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.wires import port_shape
from sc_model.layer_kinds import Table


class TableMemory(wiring.Component):
    """A read-only memory with the rows of a table.

    Latency 1 clock, throughput one row a clock, domain ``sync``. It has no reset.

    Parameters
    ----------
    table : its columns and rows.

    Members
    -------
    code : number of the row; the columns are undefined for a number beyond the last one.
    columns : the row's constants by name.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.layout = data.StructLayout(
            {name: port_shape(form) for name, form in table.formats.items()}
        )
        code_bits = max(1, (len(table.rows) - 1).bit_length())
        super().__init__({"code": In(code_bits), "columns": Out(self.layout)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        words = [
            sum(
                form.encode(row[name]) << self.layout[name].offset
                for name, form in self.table.formats.items()
            )
            for row in self.table.rows
        ]
        # Every address has a word, 0 behind the last row: synthesis treats a missing word as an
        # undriven wire, which a proof must then assume to be anything.
        m.submodules.entries = entries = memory.Memory(
            shape=self.layout.size, depth=1 << len(self.code), init=words
        )
        # The port's register is the LOOKUP clock of the lane. No enable: a row that nobody waits
        # for does no harm, and an enable would be one more long net.
        port = entries.read_port()
        m.d.comb += [port.en.eq(1), port.addr.eq(self.code), self.columns.as_value().eq(port.data)]
        return m
