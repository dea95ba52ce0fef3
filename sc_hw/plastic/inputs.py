# amaranth: UnusedElaboratable=no
"""The head of a chain: the traces of its presynaptic neurons, and the spikes of this step for the
groups to come.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.plastic.lane_plan import FETCH
from sc_hw.plastic.rule_parts import RuleParts
from sc_hw.wires import Delays, port_shape


class InputMemory(wiring.Component):
    """One word a row: the rule's presynaptic fields and the row's spike.

    In the first group of a sweep the spike comes from outside and is written beside the old fields;
    the groups between read both; the last group writes the new fields. Latency `FETCH` from `issue`
    to `spike` and `fields`; domain ``sync``.

    Members
    -------
    issue, row, first, last, spike_in : a row is worked on, in the first or last group, with this
        spike in the first.
    clear : the fields read in the first group count as initial; from `start` of a sweep on.
    valid, spike, fields : what the synapses of the row see; spike is 0 without a row.
    load, load_data : write the host's fields at `row`.
    word : fields at the row that was given 3 clocks ago.
    """

    def __init__(self, parts: RuleParts, family: Family, rows: int) -> None:
        self.parts, self.rows = parts, rows
        self.fields = data.StructLayout(
            {name: port_shape(form) for name, form in parts.pre.items()}
        )
        self.update = Datapath(parts.neuron_graph(parts.pre), family.delay)
        row = max(1, (rows - 1).bit_length())
        super().__init__(
            {
                "issue": In(1),
                "row": In(row),
                "first": In(1),
                "last": In(1),
                "spike_in": In(1),
                "clear": In(1),
                "valid": Out(1),
                "spike": Out(1),
                "fields_out": Out(self.fields),
                "load": In(1),
                "load_data": In(self.fields.size),
                "word": Out(self.fields.size),
            }
        )

    @property
    def span(self) -> int:
        """Clocks from a row to its next safe reading."""
        return FETCH + self.update.latency + 3

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.memory = ram = BlockRAM(self.rows, self.fields.size + 1)
        m.submodules.update = update = self.update
        address = delays.later(self.row, 1, "row")
        issue = delays.later(self.issue, FETCH, "issue", strobe=True)
        first, last = (
            delays.later(self.first, FETCH, "first"),
            delays.later(self.last, FETCH, "last"),
        )
        came = data.View(self.fields, ram.r_data[:-1])
        m.d.comb += [
            ram.r_addr.eq(address),
            self.valid.eq(issue),
            self.spike.eq(
                issue & Mux(first, delays.later(self.spike_in, FETCH, "spike_in"), ram.r_data[-1])
            ),
            self.word.eq(ram.r_data[:-1]),
        ]
        for name in self.parts.pre:
            m.d.comb += self.fields_out[name].eq(
                Mux(first & self.clear, self.parts.initial(name), came[name])
            )

        # A register, the rule, a register: then it is written
        now = Signal(self.fields, reset_less=True)
        spike = Signal(reset_less=True)
        valid = Signal()
        was_last = Signal(reset_less=True)
        m.d.sync += [
            now.eq(self.fields_out),
            spike.eq(self.spike),
            valid.eq(issue & (first | last)),
            was_last.eq(last),
        ]
        for name in self.update.graph.variables:
            m.d.comb += getattr(update, f"i_{name}").eq(
                spike if name == self.parts.pre_spike else now[name]
            )
        lat = self.update.latency
        new = Cat(*(getattr(update, f"o_{name}") for name in self.parts.pre))
        old = delays.later(now.as_value(), lat, "now")
        write = delays.later(valid, lat, "valid", strobe=True)
        written = Signal(self.fields.size + 1, reset_less=True)
        write_en = Signal()
        write_row = Signal(len(self.row), reset_less=True)
        spike_out = delays.later(spike, lat, "spike_now")
        kept = Mux(delays.later(was_last, lat, "was_last"), new, old)
        m.d.sync += [
            write_en.eq(write | self.load),
            written.eq(Mux(self.load, self.load_data, Cat(kept, spike_out))),
            write_row.eq(Mux(self.load, self.row, delays.later(self.row, FETCH + 1 + lat, "row"))),
        ]
        m.d.comb += [ram.w_en.eq(write_en), ram.w_addr.eq(write_row), ram.w_data.eq(written)]
        return m
