# amaranth: UnusedElaboratable=no
"""Memory of the postsynaptic traces, which sends a neuron's traces to its synapses' lanes."""

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

# Clocks from a neuron's turn to its values, one for each of these: address register, memory, the
# memory's output register, the register of the values.
FEED = 4


class OutputMemory(wiring.Component):
    """One word for each neuron, in two banks: a step reads one bank and writes the other.

    So the values of a group can be fetched a second time, after the host has used the lanes,
    without being updated twice; and the host sees the state after the last whole step. Latency
    `FEED` from `feed` to `values`; throughput one neuron a clock; domain ``sync``. A reset
    keeps both banks and which of them is read; their contents are not defined at power-on.

    Parameters
    ----------
    parts : the rule, split by locality; its ``post`` fields are a word of the memory.
    family : fabric that the update's pipeline is cut for.
    neurons : words of a bank, >= 1.

    Members
    -------
    feed : it is a neuron's turn in this clock; its updated fields are written.
    index : number of the neuron in turn, or of the one that the host accesses.
    flip : the banks are exchanged from the next clock on.
    clear : the initial values take the place of the fields of the neuron whose turn was 3 clocks
        ago.
    spike : spike of the neuron whose turn was 3 clocks ago.
    values : fields, before their update, and spike that the synapses of a neuron get, `FEED` clocks
        after its turn.
    load, load_data : strobe, and the fields that the host writes at `index`.
    word : fields at the `index` of 3 clocks ago, for the host.
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
        # The bank that is read. Without reset: it belongs to the memory's contents, which stay too.
        bank = Signal(reset_less=True)
        m.d.sync += bank.eq(bank ^ self.flip)

        # Fetch the neuron's fields from the bank that the step before wrote.
        fetched = data.View(self.fields, ram.r_data)
        values = Signal(self.values_layout, reset_less=True)
        read = Signal(bits + 1, reset_less=True)
        m.d.sync += read.eq(Cat(self.index, bank))
        m.d.comb += [ram.r_addr.eq(read), self.word.eq(ram.r_data), self.values.eq(values)]
        for name in self.parts.post:
            m.d.sync += values[name].eq(Mux(self.clear, self.parts.initial(name), fetched[name]))
        # The spike comes from the neurons, whose read takes 3 clocks too (`neurons.READ`).
        m.d.sync += values[self.parts.post_spike].eq(self.spike)

        # Update the fields and write them to the other bank. The host's loads go to the bank that
        # is read, so that the next step finds them.
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
