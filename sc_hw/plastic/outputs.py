# amaranth: UnusedElaboratable=no
"""The traces of the postsynaptic neurons, sent into the lanes before a group's synapses come."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.plastic.rule_parts import RuleParts
from sc_hw.wires import Delays, port_shape

FEED = (
    4  # clocks from a neuron's turn to its values: address, memory, its output register, the values
)


class OutputMemory(wiring.Component):
    """One word a neuron, in two banks: a step reads its fields in one and leaves the new ones in
    the other.

    So the values of a group can be fetched a second time (after the host has been at the memory)
    without being changed twice, and the host sees the state after the last whole step. Latency
    `FEED` from `feed` to `values`; domain ``sync``.

    Members
    -------
    feed, index : it is the turn of this neuron.
    flip : from the next turn on in the other bank.
    clear : the fields count as initial.
    spike : of the neuron whose turn was 3 clocks ago.
    values : the fields and the spike that the neuron's synapses see.
    load, load_data : write the host's fields at `index`.
    word : fields at the index that was given 3 clocks ago.
    """

    def __init__(self, parts: RuleParts, family: Family, neurons: int) -> None:
        self.parts, self.neurons = parts, neurons
        self.fields = data.StructLayout(
            {name: port_shape(form) for name, form in parts.post.items()}
        )
        self.values_layout = data.StructLayout(
            {**{name: port_shape(form) for name, form in parts.post.items()}, parts.post_spike: 1}
        )
        self.update = Datapath(parts.neuron_graph(parts.post), family.delay)
        super().__init__(
            {
                "feed": In(1),
                "index": In(max(1, (neurons - 1).bit_length())),
                "flip": In(1),
                "clear": In(1),
                "spike": In(1),
                "values": Out(self.values_layout),
                "load": In(1),
                "load_data": In(self.fields.size),
                "word": Out(self.fields.size),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        bits = len(self.index)
        m.submodules.memory = ram = BlockRAM(2 << bits, self.fields.size)
        m.submodules.update = update = self.update
        bank = Signal()
        m.d.sync += bank.eq(bank ^ self.flip)
        came = data.View(self.fields, ram.r_data)
        values = Signal(self.values_layout, reset_less=True)
        read = Signal(bits + 1, reset_less=True)
        m.d.sync += read.eq(Cat(self.index, bank))
        m.d.comb += [ram.r_addr.eq(read), self.word.eq(ram.r_data), self.values.eq(values)]
        for name in self.parts.post:
            m.d.sync += values[name].eq(Mux(self.clear, self.parts.initial(name), came[name]))
        m.d.sync += values[self.parts.post_spike].eq(self.spike)

        for name in update.graph.variables:
            m.d.comb += getattr(update, f"i_{name}").eq(values[name])
        lat = FEED + update.latency
        write = delays.later(self.feed, lat, "feed", strobe=True)
        write_index, write_bank = (
            delays.later(self.index, lat, "index"),
            delays.later(~bank, lat, "other_bank"),
        )
        write_en = Signal()
        written = Signal(self.fields.size, reset_less=True)
        address = Signal(bits + 1, reset_less=True)
        new = Cat(*(getattr(update, f"o_{name}") for name in self.parts.post))
        m.d.sync += [
            write_en.eq(write | self.load),
            written.eq(Mux(self.load, self.load_data, new)),
            address.eq(Mux(self.load, Cat(self.index, bank), Cat(write_index, write_bank))),
        ]
        m.d.comb += [ram.w_en.eq(write_en), ram.w_addr.eq(address), ram.w_data.eq(written)]
        return m
