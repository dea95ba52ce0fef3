# amaranth: UnusedElaboratable=no
"""The head of a chain: traces of its presynaptic neurons, and their spikes in this step."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.parts.state_memory import WRITE, Write, connect, write_register
from sc_hw.plastic.lane_plan import FETCH
from sc_hw.plastic.rule_parts import RuleParts
from sc_hw.wires import Delays, port_shape


class InputMemory(wiring.Component):
    """One word a row: the rule's presynaptic fields, and the row's spike.

    In the first group of a sweep the spike comes from outside and is written beside the old fields.
    The groups after it read the spike from memory. The last group writes the new fields. Latency
    `FETCH` from `issue` to `spike` and `fields_out`; throughput one row a clock; domain ``sync``. A
    reset clears the write enable; the memory survives it, and is not defined at power-on.

    Parameters
    ----------
    parts : the rule, split by locality.
    family : the fabric.
    rows : words of the memory.

    Members
    -------
    issue, row : this row is worked on.
    first, last : it is in the first, or in the last, group of the sweep.
    spike_in : the row's spike, in the first group.
    clear : the fields read in the first group are replaced by their initial values; it must be
        stable from the first to the last clock of that group.
    valid, spike, fields_out : what the synapses of the row get; `spike` is 0 without a row.
    load, load_data : write the host's fields at `row`.
    word : fields at the row that was given 3 clocks ago.
    """

    def __init__(self, parts: RuleParts, family: Family, rows: int) -> None:
        self.parts, self.rows = parts, rows
        self.fields = data.StructLayout(
            {name: port_shape(form) for name, form in parts.pre.items()}
        )
        self.update = Datapath(parts.neuron_graph(parts.pre), family.delay, distinct=True)
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
        """Clocks from a row to its next safe reading.

        To the pipeline's end: FETCH, the register before the pipeline (1), the pipeline. Then
        `WRITE` clocks until the word can be read. One clock of this is slack: FETCH holds the
        address register, behind which the next reading starts too.
        """
        return FETCH + 1 + self.update.latency + WRITE

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.memory = ram = BlockRAM(self.rows, self.fields.size + 1)
        m.submodules.update = self.update
        # The row's address goes to the memory; its flags arrive together with its word.
        m.d.comb += ram.r_addr.eq(delays.later(self.row, 1, "row"))
        issue = delays.later(self.issue, FETCH, "issue", strobe=True)
        first = delays.later(self.first, FETCH, "first")
        last = delays.later(self.last, FETCH, "last")
        self._read(m, delays, ram, issue, first)
        self._write(m, delays, ram, issue & (first | last), last)
        return m

    def _read(self, m: Module, delays: Delays, ram: BlockRAM, issue: Value, first: Value) -> None:
        """What the row's synapses get: its fields, and its spike from outside or from memory."""
        fetched = data.View(self.fields, ram.r_data[:-1])
        spike_in = delays.later(self.spike_in, FETCH, "spike_in")
        m.d.comb += [
            self.valid.eq(issue),
            self.spike.eq(issue & Mux(first, spike_in, ram.r_data[-1])),
            self.word.eq(ram.r_data[:-1]),
        ]
        # Cleared fields are replaced on the way out; the last group writes what comes of them.
        for name in self.parts.pre:
            m.d.comb += self.fields_out[name].eq(
                Mux(first & self.clear, self.parts.initial(name), fetched[name])
            )

    def _write(self, m: Module, delays: Delays, ram: BlockRAM, writes: Value, last: Value) -> None:
        """A register, the rule's pipeline, the write register.

        Parameters
        ----------
        writes : the row that is fetched now is to be written.
        last : its group is the last one.
        """
        update = self.update
        # A register of its own in front of the pipeline: behind the memory there is the choice
        # between the fetched and the initial value already.
        fields = Signal(self.fields, reset_less=True)
        spike = Signal(reset_less=True)
        valid = Signal()
        was_last = Signal(reset_less=True)
        m.d.sync += [
            fields.eq(self.fields_out),
            spike.eq(self.spike),
            # Groups between the first and the last leave the word as it is.
            valid.eq(writes),
            was_last.eq(last),
        ]
        for name in update.graph.variables:
            port = getattr(update, f"i_{name}")
            m.d.comb += port.eq(spike if name == self.parts.pre_spike else fields[name])
        latency = update.latency
        new = Cat(*(getattr(update, f"o_{name}") for name in self.parts.pre))
        old = delays.later(fields.as_value(), latency, "fields")
        enable = delays.later(valid, latency, "valid", strobe=True)
        spike_out = delays.later(spike, latency, "spike")
        # Only the last group writes new fields: all groups of a sweep must see the same ones.
        next_fields = Mux(delays.later(was_last, latency, "was_last"), new, old)
        word: Value = Cat(next_fields, spike_out)
        row = delays.later(self.row, FETCH + 1 + latency, "row")
        write = write_register(
            m, update=Write(enable, row, word), load=Write(self.load, self.row, self.load_data)
        )
        connect(m, ram, write)
