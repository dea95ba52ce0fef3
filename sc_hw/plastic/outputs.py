# amaranth: UnusedElaboratable=no
"""Traces of the postsynaptic neurons, sent into the lanes before the synapses of a group come."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.parts.state_memory import Write, connect, write_register
from sc_hw.plastic.rule_parts import RuleParts
from sc_hw.wires import Delays, port_shape

# Clocks from a neuron's turn to its values: address register, memory, the memory's output register,
# the register of the values.
FEED = 4


class OutputMemory(wiring.Component):
    """One word a neuron, in two banks: a step reads one bank and writes the other.

    So the values of a group can be fetched a second time (after the host has used the memory)
    without being updated twice, and the host sees the state after the last whole step. Latency
    `FEED` from `feed` to `values`; throughput one neuron a clock; domain ``sync``. A reset
    keeps the bank and the memory, which is not defined at power-on.

    Parameters
    ----------
    parts : the rule, split by locality.
    family : the fabric.
    neurons : words of a bank.

    Members
    -------
    feed, index : it is the turn of this neuron.
    flip : exchange the banks, from the next clock on.
    clear : the fields are replaced by their initial values.
    spike : of the neuron whose turn was 3 clocks ago.
    values : the fields and the spike that the neuron's synapses get.
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
        self.update = Datapath(parts.neuron_graph(parts.post), family.delay, distinct=True)
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
        # A reset keeps the memory, and so which half of it is that of this step.
        bank = Signal(reset_less=True)
        m.d.sync += bank.eq(bank ^ self.flip)

        # Fetch the neuron's fields out of the bank that the step before has written.
        fetched = data.View(self.fields, ram.r_data)
        values = Signal(self.values_layout, reset_less=True)
        read = Signal(bits + 1, reset_less=True)
        m.d.sync += read.eq(Cat(self.index, bank))
        m.d.comb += [ram.r_addr.eq(read), self.word.eq(ram.r_data), self.values.eq(values)]
        for name in self.parts.post:
            m.d.sync += values[name].eq(Mux(self.clear, self.parts.initial(name), fetched[name]))
        # The spike comes from the neurons, whose read takes as long (see `neurons.READ`).
        m.d.sync += values[self.parts.post_spike].eq(self.spike)

        # Update them, and write the other bank. The host reads and loads the bank that is read.
        for name in update.graph.variables:
            m.d.comb += getattr(update, f"i_{name}").eq(values[name])
        latency = FEED + update.latency
        enable = delays.later(self.feed, latency, "feed", strobe=True)
        index = delays.later(self.index, latency, "index")
        other_bank = delays.later(~bank, latency, "other_bank")
        new = Cat(*(getattr(update, f"o_{name}") for name in self.parts.post))
        write = write_register(
            m,
            update=Write(enable, Cat(index, other_bank), new),
            load=Write(self.load, Cat(self.index, bank), self.load_data),
        )
        connect(m, ram, write)
        return m
