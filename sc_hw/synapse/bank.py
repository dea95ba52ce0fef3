# amaranth: UnusedElaboratable=no
"""Many synapses in block RAM, updated in turn by one pipeline: one synapse a clock."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family, load_family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.synapse.random_source import RandomSource, random_ports
from sc_hw.synapse.sequencer import Sequencer
from sc_hw.wires import Delays, port_shape
from sc_model.graph import REWRITES, Graph, rewrite, trace
from sc_model.graph.rewrite import product_as_adder_tree
from sc_model.spec import MAX_SYNAPSES, Rule, RuleParams

ADDRESS_STAGES = 1  # the address register
MEMORY_STAGES = 2  # block RAM and its output register
WRITE_STAGES = 1  # the write register, where the host's load joins


def compiled_graph(rule: Rule, params: RuleParams, family: Family) -> Graph:
    """The rule's graph after all rewrites that suit a family."""
    rewrites = REWRITES if family.products == "block" else (product_as_adder_tree, *REWRITES)
    return rewrite(trace(rule, params), rewrites)


class SynapseBank(wiring.Component):
    """N stand-alone synapses that learn by any rule of the catalogue.

    A *sweep* takes one transfer of stream `i` for each synapse, in order of address, and updates
    the synapse: that is one step of the rule for all of them. Throughput one synapse a clock as
    long as `i` delivers (banks of fewer than `span` synapses wait for their pipeline between
    sweeps); latency `span` clocks from transfer to memory. Between sweeps the host may load and
    read back every field.

    Domain ``sync``. A reset stops the sweep and drops the updates in flight; the memory keeps its
    contents. They are not defined at power-on: load every synapse before the first sweep.

    Parameters
    ----------
    rule, params : learning rule and its parameters.
    synapses : N, 1 to 65,536.
    family : fabric that the pipeline is cut for; the generic one if None.
    graph : another graph in place of the compiled one, for mutants of the rule.
    fed : random inputs come with `i`, too, instead of from a register of the bank's own.

    Members
    -------
    i : stream of the rule's inputs, one transfer a synapse.
    <setting> : the rule's run-time parameters; each is held for as long as `idle` is low.
    random : {load, seed, state} of the register behind random inputs, if there are such; it shifts
        with each transfer of `i`, and is loaded while `idle` is high.
    updated, updated_address, updated_state : a synapse's new state, in the clock in which it is
        written.
    load : stream of {address, fields}: writes a synapse.
    read : stream of addresses.
    readback : stream of the fields at those addresses, in order.
    idle : no sweep has begun and no update is in flight.

    Raises
    ------
    ValueError : the number of synapses is out of its range.
    """

    def __init__(
        self,
        rule: Rule,
        params: RuleParams,
        synapses: int,
        family: Family | None = None,
        graph: Graph | None = None,
        *,
        fed: bool = False,
    ) -> None:
        if not 1 <= synapses <= MAX_SYNAPSES:
            raise ValueError(f"Synapse bank needs 1 to {MAX_SYNAPSES} synapses, not {synapses}")
        self.rule, self.params, self.synapses = rule, params, synapses
        self.family = family if family is not None else load_family("generic")
        self.graph = graph if graph is not None else compiled_graph(rule, params, self.family)
        self.source = RandomSource.of(rule, params) if not fed else None
        inputs = rule.input_formats(params)
        self.settings = {setting.name: inputs[setting.name] for setting in rule.settings}
        # What is held through an update needs no registers on its way to the stage that reads it.
        self.update = Datapath(
            self.graph,
            self.family.delay,
            late=list(self.settings),
            stored=list(rule.state_formats(params)),
            distinct=True,
        )
        # The sequencer's distance between two issues of a synapse
        self.reissue_clocks = self.span  # a mutant makes it too small
        self.address_width = max(1, (synapses - 1).bit_length())
        self.state_layout = data.StructLayout(
            {n: port_shape(f) for n, f in rule.state_formats(params).items()}
        )
        self.input_layout = data.StructLayout(
            {n: port_shape(f) for n, f in rule.step_formats(params, fed=fed).items()}
        )
        self.load_layout = data.StructLayout(
            {"address": self.address_width, "state": self.state_layout}
        )
        super().__init__(
            {
                "i": In(stream.Signature(self.input_layout)),
                "updated": Out(1),
                "updated_address": Out(self.address_width),
                "updated_state": Out(self.state_layout),
                "load": In(stream.Signature(self.load_layout)),
                "read": In(stream.Signature(self.address_width)),
                "readback": Out(stream.Signature(self.state_layout)),
                "idle": Out(1),
                **{name: In(port_shape(form)) for name, form in self.settings.items()},
                **random_ports(self.source),
            }
        )

    @property
    def span(self) -> int:
        """Clocks from the transfer of a synapse's inputs to the write of its new state.

        The same synapse may be transferred again after as many clocks.
        """
        return ADDRESS_STAGES + MEMORY_STAGES + self.update.latency + WRITE_STAGES

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.sequencer = sequencer = Sequencer(self.address_width, self.reissue_clocks)
        m.submodules.memory = ram = BlockRAM(self.synapses, self.state_layout.size)
        m.submodules.update = self.update
        free = Signal(init=1)  # no read is under way
        reading = Signal()
        m.d.comb += reading.eq(~free)
        load_now, read_now = self._accesses(m, sequencer, reading)
        address_q = self._address(m, sequencer, ram, free)
        landing, address = self._in_flight(delays, sequencer, address_q)
        new = self._update(m, delays, ram, sequencer)
        write_en = self._write(m, ram, landing, address, new, load_now)
        self._read_back(m, ram, read_now, free)
        m.d.comb += self.idle.eq(sequencer.empty & ~reading & ~write_en & sequencer.at_start)
        return m

    def _accesses(self, m: Module, sequencer: Sequencer, reading: Signal) -> tuple[Signal, Signal]:
        """Connect the sequencer to the streams; whether the host loads, or reads, in this clock."""
        m.d.comb += [
            sequencer.last.eq(self.synapses - 1),
            sequencer.short.eq(self.synapses < self.reissue_clocks),
            sequencer.i_valid.eq(self.i.valid),
            self.i.ready.eq(sequencer.i_ready),
            sequencer.host_request.eq(self.load.valid | self.read.valid),
            sequencer.host_busy.eq(reading),
            self.load.ready.eq(sequencer.host_grant),
            self.read.ready.eq(sequencer.host_grant & ~self.load.valid),
        ]
        # Where the host asks for both, the load goes first.
        load_now = Signal()
        read_now = Signal()
        m.d.comb += [
            load_now.eq(self.load.valid & self.load.ready),
            read_now.eq(self.read.valid & self.read.ready),
        ]
        return load_now, read_now

    def _address(self, m: Module, sequencer: Sequencer, ram: BlockRAM, free: Signal) -> Signal:
        """The address register; it keeps the host's address until the word has been taken."""
        address_q = Signal(self.address_width, reset_less=True)
        with m.If(free):
            m.d.sync += address_q.eq(
                Mux(sequencer.host_grant, self.read.payload, sequencer.address)
            )
        m.d.comb += ram.r_addr.eq(address_q)
        return address_q

    def _in_flight(
        self, delays: Delays, sequencer: Sequencer, address_q: Signal
    ) -> tuple[Value, Value]:
        """Valid bit and address of the update that reaches the write register in this clock."""
        # The address register is the first of the address's stages, so it has one delay fewer.
        stages = self.span - WRITE_STAGES
        valid: Value = sequencer.issue
        address: Value = address_q
        for stage in range(1, stages + 1):
            valid = delays.later(sequencer.issue, stage, "valid", strobe=True)
            address = delays.later(address_q, stage - ADDRESS_STAGES, "address")
        return valid, address

    def _update(self, m: Module, delays: Delays, ram: BlockRAM, sequencer: Sequencer) -> Value:
        """Feed the pipeline; the new state out of it.

        Inputs and random bits travel with the address until the state has come out of the memory.
        """
        update, stages = self.update, ADDRESS_STAGES + MEMORY_STAGES
        inputs = delays.later(self.i.payload, stages, "inputs")
        old = data.View(self.state_layout, ram.r_data)
        for name, _ in self.input_layout:
            m.d.comb += getattr(update, f"i_{name}").eq(inputs[name])
        for name in self.settings:
            m.d.comb += getattr(update, f"i_{name}").eq(getattr(self, name))
        if self.source is not None:
            m.submodules.random_source = source = self.source
            m.d.comb += source.step.eq(sequencer.issue)
            source.connect(m, self.random)
            word = delays.later(source.word, stages, "random_word")
            for name, bits in source.values(word).items():
                m.d.comb += getattr(update, f"i_{name}").eq(bits)
        new = Signal(self.state_layout, name="new")
        for name in self.rule.state_formats(self.params):
            m.d.comb += [
                getattr(update, f"i_{name}").eq(old[name]),
                new[name].eq(getattr(update, f"o_{name}")),
            ]
        return new.as_value()

    def _write(
        self,
        m: Module,
        ram: BlockRAM,
        landing: Value,
        address: Value,
        new: Value,
        load_now: Signal,
    ) -> Signal:
        """The write register: an update out of the pipeline, or the host's load.

        The host is let in only while the pipeline is empty, so that the two never meet. The state
        of the last write is shown as `updated_state`.
        """
        write_en = Signal()
        update_q = Signal()
        write_address = Signal(self.address_width, reset_less=True)
        write_data = Signal(self.state_layout, reset_less=True)
        load = self.load.payload
        m.d.sync += [
            write_en.eq(landing | load_now),
            update_q.eq(landing),
            write_address.eq(Mux(landing, address, load.address)),
            write_data.eq(Mux(landing, new, load.state.as_value())),
        ]
        m.d.comb += [
            ram.w_en.eq(write_en),
            ram.w_addr.eq(write_address),
            ram.w_data.eq(write_data.as_value()),
            self.updated.eq(update_q),
            self.updated_address.eq(write_address),
            self.updated_state.eq(write_data),
        ]
        return write_en

    def _read_back(self, m: Module, ram: BlockRAM, read_now: Signal, free: Signal) -> None:
        """Offer the host's word when it has come out of the memory, until it is taken."""
        # The address register holds the word's address until `taken`, so its word stays in the
        # memory's output register for as long as it is offered.
        arriving = Signal(MEMORY_STAGES)  # the read's way through the memory, a bit a clock
        arrived = Signal()
        taken = Signal()
        m.d.sync += [
            arriving.eq(Cat(read_now, arriving[:-1])),
            arrived.eq(arriving[-1] | (arrived & ~self.readback.ready)),
            taken.eq(arrived & self.readback.ready),
            free.eq(~read_now & (free | taken)),
        ]
        m.d.comb += [
            self.readback.valid.eq(arrived),
            self.readback.payload.as_value().eq(ram.r_data),
        ]
