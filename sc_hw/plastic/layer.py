# amaranth: UnusedElaboratable=no
"""A dense layer of plastic synapses and integrate-and-fire neurons."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family, load_family
from sc_hw.parts.space import Space
from sc_hw.plastic.bus import LaneBus
from sc_hw.plastic.chain import ADDER_LANE, LANE, Chain
from sc_hw.plastic.control import connect_host, control_layout, control_word
from sc_hw.plastic.feed import NeuronFeed
from sc_hw.plastic.host import HostPort
from sc_hw.plastic.inputs import InputMemory
from sc_hw.plastic.lane import PlasticLane
from sc_hw.plastic.lane_plan import LanePlan
from sc_hw.plastic.neurons import NeuronMemory
from sc_hw.plastic.outputs import OutputMemory
from sc_hw.plastic.rule_parts import SATURATED, Products, RuleParts, rule_parts
from sc_hw.plastic.sequencer import LayerSequencer
from sc_hw.plastic.step import BEFORE, CRITIC_READY, MEAN, ClearFlags, StepControl
from sc_hw.plastic.timing import LayerTiming
from sc_hw.wires import Delays, port_shape
from sc_model.arithmetic import Unit, layer_critic
from sc_model.graph import rewrite, trace_function
from sc_model.spec import NeuronSpec, Placement, PlasticLayerSpec, Rule, RuleParams

COUNTER_BITS = 32  # of `updates` and `saturated_<field>`, which wrap


class PlasticLayer(wiring.Component):
    """`inputs` x `neurons` synapses that learn by any rule whose traces belong to neurons.

    A step takes one transfer of stream `i` for each row (see `Placement`). Modulators and flags are
    read in a step's first transfer only. A step integrates the weights as they were before it,
    applies the rule with the spikes of the inputs and the neurons' spikes of two steps before, and
    decides which neurons fire: `spike` and `neuron` report each, `done` ends the step. Steps follow
    one another without a pause: a step's neurons fire while the next step is under way.

    Throughput: every lane works on one synapse a clock, but for the pause of a clock or more after
    each group (see `LayerTiming.slots`). Latency: `LayerTiming.decision` clocks from a step's last
    transfer to `done`.

    Domain ``sync``. A reset forgets the step under way. Memories keep their contents, which are not
    defined at power-on: load every space first. Between steps the host may load and read every
    space: `load` and `read` wait until nothing is in flight, and the first step afterwards begins
    later, by about twice `LayerTiming.settle`, while the lanes fetch their neurons' values again.

    Parameters
    ----------
    rule, params : the learning rule and its parameters.
    layer, neuron, place : size and options of the layer, its neurons, its layout.
    family : the fabric; the generic one if None.
    parts : the rule, split by locality; computed if None.

    Members
    -------
    i : spikes (bit c: the row of chain c), modulators, and the flags `outcome`, `decide`,
        `clear_trial`, `clear_traces`. Both clears take effect when the step is done: `clear_traces`
        puts pre- and postsynaptic fields to their initial values; `clear_trial` also the synapses'
        other fields, potentials and refractory times, and drops spikes that are still to be learnt
        from.
    spike, neuron : a neuron fires, and its number.
    done : the step's last neuron has been decided on.
    load, read, readback : host access; the manifest gives the fields of each space.
    idle : nothing is in flight, and the host's next access begins at once.
    updates, saturated_<field> : with counters, modulo 2^32: updates of all steps begun, and those
        that saturated a field.
    """

    def __init__(
        self,
        rule: Rule,
        params: RuleParams,
        layer: PlasticLayerSpec,
        neuron: NeuronSpec,
        place: Placement,
        family: Family | None = None,
        parts: RuleParts | None = None,
    ) -> None:
        self.family = family if family is not None else load_family("generic")
        self.layer, self.spec, self.place = layer, neuron, place
        self.parts = parts = (
            parts if parts is not None else rule_parts(rule, params, layer.has_critic)
        )
        # The lanes first: their plan decides when everything else has to be where.
        memory = layer.memory if layer.memory != "auto" else self.family.layer_memory
        self.lanes = self._lanes(memory)
        self.lane = self.lanes[LANE]
        self.plan = self.lane.plan
        # Lanes with a multiplier block first; chains take every `chains`-th one, so that blocks are
        # spread over all of them.
        kinds = [name for name, count in self._kinds().items() for _ in range(count)]
        self.chains = [
            Chain(self.lane, layer, kinds[chain :: place.chains]) for chain in range(place.chains)
        ]
        self.inputs = [InputMemory(parts, self.family, place.rows) for _ in range(place.chains)]
        self.outputs = OutputMemory(parts, self.family, place.groups * place.columns)
        self.neurons = NeuronMemory(layer, neuron, parts.fields[parts.weight], self.family, place)
        self.critic = self._critic()
        self.timing = self._timing()
        # One bit at least: Verilog has no ports without bits.
        self.row_bits = max(1, (place.rows - 1).bit_length())
        self.number_bits = max(1, (place.columns - 1).bit_length())
        self.chain_bits = max(1, (place.chains - 1).bit_length())
        # One field for the number of a lane's word, of a row, and of a neuron
        self.word_bits = max(len(self.lane.read), self.neurons.index_bits)
        unit = self._critic_unit()
        reference = MEAN if layer.value_neuron is None else BEFORE
        expected = {} if unit is None else {reference: port_shape(unit.inputs[reference])}
        self.control_layout = control_layout(self.neurons.control_layout, expected)
        self.spaces = {
            Space.SYNAPSE: self.lane.word,
            Space.INPUT: self.inputs[0].fields,
            Space.OUTPUT: self.outputs.fields,
            Space.NEURON: self.neurons.fields,
            Space.CONTROL: self.control_layout,
        }
        # The widest word of any space; narrower ones use the lowest bits.
        self.data_bits = max(layout.size for layout in self.spaces.values())
        self.step_layout, self.load_layout, self.read_layout = self._stream_layouts()
        super().__init__(
            {
                "i": In(stream.Signature(self.step_layout)),
                "spike": Out(1),
                "neuron": Out(self.neurons.index_bits),
                "done": Out(1),
                "load": In(stream.Signature(self.load_layout)),
                "read": In(stream.Signature(self.read_layout)),
                "readback": Out(stream.Signature(self.data_bits)),
                "idle": Out(1),
                **({"updates": Out(COUNTER_BITS)} if layer.counters else {}),
                **{SATURATED.format(name): Out(COUNTER_BITS) for name in self.plan.saturating},
            }
        )

    def _stream_layouts(self) -> tuple[data.StructLayout, data.StructLayout, data.StructLayout]:
        """What a step, a load and a read of the host carry."""
        address = {
            "space": Space,
            "chain": self.chain_bits,
            "number": self.number_bits,
            "word": self.word_bits,
        }
        flags = {"outcome": 1} if self.critic is not None else {}
        flags |= self.neurons.model.step_flags
        step = {
            "spikes": self.place.chains,
            **{name: port_shape(form) for name, form in self.parts.modulators.items()},
            **flags,
            "clear_trial": 1,
            "clear_traces": 1,
        }
        return (
            data.StructLayout(step),
            data.StructLayout({**address, "data": self.data_bits}),
            data.StructLayout(address),
        )

    @property
    def shared_modules(self) -> dict[str, wiring.Component]:
        """Modules that are emitted once and instantiated many times, by name."""
        return dict(self.lanes)

    def _kinds(self) -> dict[str, int]:
        """Number of lanes by module: with a multiplier block, and with a product of adders.

        A layer whose lanes are all of one kind has one module, whichever kind it is.
        """
        lanes, multipliers = self.place.chains * self.place.columns, self.layer.multipliers
        if self.family.products == "adders":
            return {LANE: lanes}
        blocks = min(lanes if multipliers < 0 else multipliers, lanes)
        return {LANE: lanes} if blocks in (0, lanes) else {LANE: blocks, ADDER_LANE: lanes - blocks}

    def _lanes(self, memory: str) -> dict[str, PlasticLane]:
        """One lane of each kind, by module; all follow one schedule."""
        kinds = self._kinds()
        first: Products = (
            "adders" if self.family.products == "adders" or self.layer.multipliers == 0 else "block"
        )
        products: dict[str, Products] = {
            name: first if name == LANE else "adders" for name in kinds
        }
        plans = {
            name: LanePlan(
                self.parts,
                self.family,
                source,
                memory,
                self.place,
                beside=[*products.values()],
                with_counts=self.layer.counters,
            )
            for name, source in products.items()
        }
        return {name: PlasticLane(plan, self.layer) for name, plan in plans.items()}

    def _critic_unit(self) -> Unit | None:
        """The critic's function, which turns an outcome into the rule's one modulator."""
        if not self.layer.has_critic:
            return None
        (reward,) = self.parts.modulators.values()
        return layer_critic(reward, self.parts.fields[self.parts.weight], self.layer)

    def _critic(self) -> Datapath | None:
        """The critic's pipeline; None without a critic."""
        unit = self._critic_unit()
        if unit is None:
            return None
        return Datapath(
            rewrite(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply)),
            self.family.delay,
        )

    def _timing(self) -> LayerTiming:
        """The layer's clocks, out of those of its parts."""
        return LayerTiming(
            self.place,
            self.plan.timing,
            self.chains[0].timing,
            self.neurons.timing,
            inputs_span=self.inputs[0].span,
            outputs_latency=self.outputs.update.latency,
            single_port=self.plan.memory == "single_port",
        )

    @property
    def critic_clocks(self) -> int:
        """Clocks that a step begins later, at full speed, because of the critic.

        Where a neuron predicts, a step waits until the one before has been decided on. With
        single-port memory it waits for an even clock.
        """
        clocks = 0 if self.critic is None else self.critic.latency + CRITIC_READY
        if self.layer.value_neuron is not None:
            # from a step's first transfer: its rows, its decision, the register that shows it
            decided = self.place.rows - 1 + self.timing.decision + 1
            clocks += decided - self.timing.sweep
        return clocks + clocks % 2 if self.plan.memory == "single_port" else clocks

    @property
    def settle(self) -> int:
        """Clocks from a group's end until its sums are out and the next values are in."""
        return self.timing.settle

    @property
    def sequencer_widths(self) -> tuple[int, int, int, int]:
        """Widths of the sequencer's ports, in bits: row, pause, group, address."""
        pause = self.timing.slots - self.place.rows  # clocks; counted from 0
        return (
            self.row_bits,
            max(1, (pause - 1).bit_length()),
            max(1, (self.place.groups - 1).bit_length()),
            len(self.lane.read),
        )

    def host_port(self, drain: int) -> HostPort:
        """A host port for this layer; `drain` clocks pass before it lets the host in."""
        return HostPort(
            self.load_layout,
            self.read_layout,
            self.lane.word,
            self.parts.weight,
            signed=self.layer.signed_weights,
            settle=self.settle,
            drain=drain,
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        outputs, neurons = self.outputs, self.neurons
        m.submodules.sequencer = sequencer = LayerSequencer(*self.sequencer_widths)
        m.submodules.outputs = outputs
        m.submodules.neurons = neurons
        for number, (head, chain) in enumerate(zip(self.inputs, self.chains, strict=True)):
            m.submodules[f"inputs_{number}"] = head
            m.submodules[f"chain_{number}"] = chain
        m.submodules.host = host = self.host_port(self.timing.drain)

        # These blocks build into this module: they share its delay lines, so that a signal that two
        # of them need some clocks later passes its registers once.
        step = StepControl(
            m,
            self.place,
            self.timing.slots,
            self.timing.single_port,
            self.i,
            sequencer,
            host,
            self.parts.modulators,
            neurons.model.step_flags,
            self.critic,
            predicts=neurons if self.layer.value_neuron is not None else None,
        )
        clears = ClearFlags()
        bus = LaneBus(m, delays, self.place, self.lane, sequencer, host, step, clears)
        feed = NeuronFeed(
            m,
            delays,
            self.place,
            self.plan.weight_fetched,
            bus.token,
            host,
            outputs,
            neurons,
            clears,
        )
        bus.connect_feed(feed)
        sum_width = neurons.sum_shape.width
        for number, (head, chain) in enumerate(zip(self.inputs, self.chains, strict=True)):
            spike = self.i.payload.spikes[number]
            bus.drive(number, head, chain, spike, outputs.values.as_value())
            m.d.comb += neurons.sums[number].eq(chain.far_value[:sum_width])
        self._connect_neurons(m, step, clears)
        control = control_word(m, self.control_layout, neurons, step, clears, host)
        connect_host(m, host, control, sequencer, self.inputs, self.chains, outputs, neurons)
        m.d.comb += self.idle.eq(host.idle & sequencer.at_start)
        wiring.connect(m, wiring.flipped(self.load), host.load)
        wiring.connect(m, wiring.flipped(self.read), host.read)
        wiring.connect(m, host.readback, wiring.flipped(self.readback))
        if self.layer.counters:
            self._count(m, step.started)
        return m

    def _connect_neurons(self, m: Module, step: StepControl, clears: ClearFlags) -> None:
        """Connect the neurons to the step's flags and to the layer's outputs."""
        neurons = self.neurons
        m.d.comb += [
            # All chains shift in step: the first one's flag stands for all.
            neurons.evaluate.eq(self.chains[0].far_evaluate),
            neurons.decide.eq(step.decide),
            neurons.cleared.eq(clears.trial_before),
            self.spike.eq(neurons.spike),
            self.neuron.eq(neurons.neuron),
            self.done.eq(neurons.done),
        ]

    def _count(self, m: Module, started: Signal) -> None:
        """Count updates, a step's at once when it starts, and saturations as they happen."""
        place = self.place
        updates = self.updates + place.inputs * place.neurons
        with m.If(started):
            m.d.sync += self.updates.eq(updates[:COUNTER_BITS])
        for name in map(SATURATED.format, self.plan.saturating):
            total = getattr(self, name)
            # A register between the sum over the chains and the wide counter
            lanes = Signal(range(place.columns * place.chains + 1), name=f"{name}_lanes")
            m.d.sync += [
                lanes.eq(sum(getattr(chain, name) for chain in self.chains)),
                total.eq((total + lanes)[:COUNTER_BITS]),
            ]
