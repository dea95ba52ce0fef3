# amaranth: UnusedElaboratable=no
"""A dense layer of plastic synapses and integrate-and-fire neurons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import C, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family, load_family
from sc_hw.parts.space import Space
from sc_hw.plastic.chain import ADDER_LANE, LANE, Chain
from sc_hw.plastic.host import HostPort
from sc_hw.plastic.inputs import InputMemory
from sc_hw.plastic.lane import PlasticLane
from sc_hw.plastic.lane_plan import FETCH, LanePlan
from sc_hw.plastic.neurons import NeuronMemory
from sc_hw.plastic.outputs import FEED, OutputMemory
from sc_hw.plastic.rule_parts import SATURATED, Products, RuleParts, rule_parts
from sc_hw.plastic.sequencer import LayerSequencer
from sc_hw.wires import Delays, choose, equals, gated, port_shape, select
from sc_model.arithmetic import critic_unit
from sc_model.graph import rewrite, trace_function
from sc_model.spec import NeuronSpec, Placement, PlasticLayerSpec, Rule, RuleParams


@dataclass(frozen=True)
class Clocks:
    """Clocks of a layer, all known before hardware is made.

    Members
    -------
    slots : of a group; at least its rows and one more.
    sweep : of a step at full speed.
    span : from a synapse's reading
    to its next safe reading.
    decision : from the last transfer of a step to its `done`.
    drain : after which nothing is in flight.
    """

    slots: int
    sweep: int
    span: int
    decision: int
    drain: int


def clocks(
    place: Placement,
    *,
    weight_fetched: int,
    write_weight: int,
    span: int,
    inputs_span: int,
    hops: int,
    adding: int,
    firing: int,
    evaluated: int,
    settle: int,
    competes: bool,
    single_port: bool,
) -> Clocks:
    """A layer's clocks from those of its parts, all in clocks.

    Parameters
    ----------
    weight_fetched, write_weight, span : of a lane (see `LanePlan`).
    inputs_span : of the memory at a chain's head.
    hops : registers along a chain.
    adding, firing, evaluated : a neuron's sums, its pipeline, and both with its memory.
    settle : until a group's sums and the next values have gone through.
    competes : winner-take-all.
    """
    needs = [
        place.rows + 1,
        place.columns + weight_fetched + 1,  # a group's sums are out before the next group's come
        place.columns
        + evaluated
        + 4,  # all neurons of a step are decided on before the first of the next
        # what a neuron has become is known when it is asked for: with its group's values, a group
        # ahead of a later step's
        -(-(hops + evaluated + weight_fetched + 12) // max(1, place.groups - 2)),
        -(-span // place.groups),
        inputs_span,
    ]
    if place.groups == 2 and competes:
        needs.append(place.columns + hops + evaluated + 16)
    slots = max(needs)
    if single_port:  # even and odd clocks stay what they are
        slots += slots % 2
    # from the last row of the last group: its sum goes down the chain, is evaluated, and
    # (winner-take-all) compared
    decided = weight_fetched + place.columns + hops + adding + firing + 5 + competes
    decision = slots * (place.groups - 1) + decided
    drain = max(decided + 3, write_weight + hops, settle) + 4
    return Clocks(slots, slots * place.groups, span, decision, drain)


class PlasticLayer(wiring.Component):
    """`inputs` x `neurons` synapses that learn by any rule whose traces belong to neurons.

    A step takes a transfer of stream `i` for each row (see `Placement`); what stands beside the
    spikes counts in the first transfer of a step alone. It integrates the weights as they were
    before the step, applies the rule with the spikes of the inputs and the neurons' spikes of two
    steps before, and decides which neurons fire: `spike` and `neuron` name each, `done` ends the
    step. Steps follow one another without a pause: a neuron fires while the next step is under way.
    Throughput: every lane one synapse a clock but for the pause of a clock after each group (and
    what `Clocks.slots` adds).

    Domain ``sync``. A reset forgets the step under way; memories keep what they hold, which is not
    defined at power-on: load every space first. Between steps the host may load and read every
    space: `load` and `read` wait until nothing is in flight; the first step afterwards begins some
    `columns` clocks late.

    Parameters
    ----------
    rule, params : the learning rule.
    layer, neuron, place : size, neurons, layout.
    family : the fabric.

    Members
    -------
    i : spikes (bit c: the row of chain c), modulators, and the flags `outcome`, `decide`,
        `clear_trial`, `clear_traces`. Both clears take effect when the step is done: `clear_traces`
        puts pre and post fields to their initial values, `clear_trial` also the synapses' other
        fields, potentials and refractory times, and drops spikes that are still to be learnt from.
    load, read, readback : host access; the manifest gives the fields of each space.
    idle : nothing is in flight and the host would get in.
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
            parts if parts is not None else rule_parts(rule, params, bool(layer.critic_shift))
        )
        memory = layer.memory if layer.memory != "auto" else self.family.layer_memory
        self.lanes = self._lanes(memory)
        self.lane = self.lanes[LANE]
        self.plan = self.lane.plan
        kinds = [name for name, count in self._kinds().items() for _ in range(count)]
        self.chains = [
            Chain(self.lane, layer, kinds[chain :: place.chains]) for chain in range(place.chains)
        ]
        self.inputs = [InputMemory(parts, self.family, place.rows) for _ in range(place.chains)]
        self.outputs = OutputMemory(parts, self.family, place.groups * place.columns)
        self.neurons = NeuronMemory(layer, neuron, parts.fields[parts.weight], self.family, place)
        self.critic: Datapath | None = None
        if layer.critic_shift:
            (reward,) = parts.modulators.values()
            unit = critic_unit(reward, layer.critic_shift)
            self.critic = Datapath(
                rewrite(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply)),
                self.family.delay,
            )
        self.timing = self._clocks()
        self.row_bits = max(1, (place.rows - 1).bit_length())
        self.number_bits = max(1, (place.columns - 1).bit_length())
        self.chain_bits = max(1, (place.chains - 1).bit_length())
        self.word_bits = max(len(self.lane.read), self.neurons.index_bits)
        self.control_layout = data.StructLayout(
            {
                **{str(name): field.shape for name, field in self.neurons.control_layout},
                **({"mean": self.critic.o_mean.shape()} if self.critic is not None else {}),
                "cleared_trial": 1,
                "cleared_traces": 1,
                "cleared_trial_before": 1,
            }
        )
        self.spaces = {
            Space.SYNAPSE: self.lane.word,
            Space.INPUT: self.inputs[0].fields,
            Space.OUTPUT: self.outputs.fields,
            Space.NEURON: self.neurons.fields,
            Space.CONTROL: self.control_layout,
        }
        self.data_bits = max(layout.size for layout in self.spaces.values())
        place_of = {
            "space": Space,
            "chain": self.chain_bits,
            "number": self.number_bits,
            "word": self.word_bits,
        }
        flags = {"outcome": 1} if self.critic is not None else {}
        flags |= {"decide": 1} if neuron.winner_take_all else {}
        self.step_layout = data.StructLayout(
            {
                "spikes": place.chains,
                **{name: port_shape(form) for name, form in parts.modulators.items()},
                **flags,
                "clear_trial": 1,
                "clear_traces": 1,
            }
        )
        self.load_layout = data.StructLayout({**place_of, "data": self.data_bits})
        self.read_layout = data.StructLayout(place_of)
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
                **({"updates": Out(32)} if layer.counters else {}),
                **{SATURATED.format(name): Out(32) for name in self.plan.saturating},
            }
        )

    @property
    def shared_modules(self) -> dict[str, wiring.Component]:
        """Modules that are made once and used many times, by name."""
        return dict(self.lanes)

    def _kinds(self) -> dict[str, int]:
        """How many lanes there are of each kind: those with a multiplier block, and those whose
        product adders make.
        """
        lanes, given = self.place.chains * self.place.columns, self.layer.multipliers
        if self.family.products == "adders":
            return {LANE: lanes}
        blocks = min(lanes if given < 0 else given, lanes)
        return {LANE: lanes} if blocks in (0, lanes) else {LANE: blocks, ADDER_LANE: lanes - blocks}

    def _lanes(self, memory: str) -> dict[str, PlasticLane]:
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
                made_of,
                memory,
                self.place,
                beside=[*products.values()],
                counted=self.layer.counters,
            )
            for name, made_of in products.items()
        }
        return {name: PlasticLane(plan, self.layer) for name, plan in plans.items()}

    def _clocks(self) -> Clocks:
        plan, neurons = self.plan, self.neurons
        return clocks(
            self.place,
            weight_fetched=plan.weight_fetched,
            write_weight=plan.write_weight,
            span=plan.span,
            inputs_span=self.inputs[0].span,
            hops=self.chains[0].hops,
            adding=neurons.adding,
            firing=neurons.update.latency,
            evaluated=neurons.latency,
            settle=self.settle,
            competes=neurons.competes,
            single_port=plan.memory == "single_port",
        )

    @property
    def critic_clocks(self) -> int:
        """Clocks that a step begins later, at full speed, for the critic; with single-port memory
        it begins in an even one.
        """
        clocks = 0 if self.critic is None else self.critic.latency + 2
        return clocks + clocks % 2 if self.plan.memory == "single_port" else clocks

    @property
    def settle(self) -> int:
        """Clocks from a group's end until its sums and the next values have gone through."""
        return (
            self.plan.weight_fetched
            + FEED
            + self.place.columns
            + self.chains[0].hops
            + self.outputs.update.latency
            + 8
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        place, plan, timing = self.place, self.plan, self.timing
        fetched = plan.weight_fetched
        m.submodules.sequencer = sequencer = LayerSequencer(*self.sequencer_widths)
        m.submodules.outputs = outputs = self.outputs
        m.submodules.neurons = neurons = self.neurons
        for number, (head, chain) in enumerate(zip(self.inputs, self.chains, strict=True)):
            m.submodules[f"inputs_{number}"] = head
            m.submodules[f"chain_{number}"] = chain
        m.submodules.host = host = self.host_port(timing.drain)

        # --- the step -----------------------------------------------------------------------------
        given = self.i.payload
        ready_to_begin = Signal()
        turn = Signal()
        odd = Signal()
        m.d.comb += [
            sequencer.last_row.eq(place.rows - 1),
            sequencer.last_pause.eq(timing.slots - place.rows - 1),
            sequencer.last_group.eq(place.groups - 1),
            sequencer.i_valid.eq(self.i.valid & turn),
            sequencer.open.eq(ready_to_begin),
            self.i.ready.eq(sequencer.i_ready & turn),
        ]
        if plan.memory == "single_port":  # even rows in even clocks, odd rows in odd ones
            m.d.sync += odd.eq(~odd)
            m.d.comb += turn.eq(sequencer.row[0] == odd)
        else:
            m.d.comb += turn.eq(1)
        clear_trial = Signal()  # as given with the step under way
        clear_traces = Signal()
        decide = Signal()
        cleared_trial = Signal()  # with the step before it
        cleared_traces = Signal()
        modulators = {
            name: Signal(port_shape(form), name=f"given_{name}", reset_less=True)
            for name, form in self.parts.modulators.items()
        }
        # taken up a clock after the first transfer, so that it does not fan out
        offered = Signal(self.step_layout, reset_less=True)
        started = Signal()
        m.d.sync += [offered.eq(given), started.eq(sequencer.start)]
        taken_up = (
            [(register, offered[name]) for name, register in modulators.items()]
            if self.critic is None
            else []
        )
        if self.spec.winner_take_all:
            taken_up.append((decide, offered.decide))
        m.d.sync += [register.eq(select(started, new, register)) for register, new in taken_up]
        mean = self._modulate(m, sequencer, started, modulators, ready_to_begin, host)

        # --- what each lane is told, when it needs it ---------------------------------------------
        address = Signal(len(self.lane.read))
        m.d.comb += address.eq(Mux(host.slot, host.word[: len(address)], sequencer.address))
        issue = sequencer.issue
        token = Signal()
        m.d.comb += token.eq(sequencer.end | host.token)
        takes = Signal()
        captures = Signal()
        m.d.comb += [takes.eq(sequencer.end | host.take), captures.eq(sequencer.end | host.capture)]

        def write_address(clocks: int) -> Value:
            # a clock behind the load, which comes a clock behind the number of its lane
            loads, word = (
                delays.later(host.load_synapse_d, 1, "load_synapse", strobe=True),
                delays.later(host.word_d, 1, "word"),
            )
            return Mux(loads, word[: len(address)], delays.later(address, clocks, "address"))

        common: dict[str, Value] = {
            "read": delays.later(address, FETCH - plan.fetch, "address"),
            "write": write_address(plan.write_weight + 1),
            "write_en": delays.later(issue, plan.write_weight, "issue", strobe=True),
            "look": delays.later(host.look, FETCH, "look", strobe=True),
            "clear": cleared_trial
            & ~delays.later(sequencer.at_start, 1, "at_start"),  # not for the host
            "take": delays.later(takes, plan.taken, "takes", strobe=True),
            "capture": delays.later(captures, fetched + 1, "captures", strobe=True),
            "load_number": host.number,
            "load_data": host.data[: self.lane.word.size],
        }
        if plan.split:
            common["read_late"] = delays.later(address, fetched - plan.fetch, "address")
            common["write_early"] = write_address(plan.write_others + 1)
            common["write_early_en"] = delays.later(issue, plan.write_others, "issue", strobe=True)
        for name, value in modulators.items():
            if f"mod_{name}" in self.lane.signature.members:
                # it changes just when the step's first synapse needs it
                common[f"mod_{name}"] = delays.later(
                    value, FETCH + plan.update.arrival[name] - 2, f"given_{name}"
                )

        # --- neurons' values on their way into the lanes, and the sums on their way out -----------
        feeding, turn = self._feed(m, delays, token, host, clear_trial, clear_traces, cleared_trial)
        common["shift"] = delays.later(feeding, FEED, "feeding", strobe=True)
        evaluates = Signal(reset_less=True)  # counts with a shift, and that comes after a token
        with m.If(token):
            m.d.sync += evaluates.eq(sequencer.end)
        common["evaluate"] = delays.later(evaluates, 1, "evaluates")
        common["last"] = delays.later(sequencer.last, plan.write_weight + 1, "last")
        common["sample"] = delays.later(
            feeding & (turn == host.number), FEED, "sample", strobe=True
        )

        for number, (head, chain) in enumerate(zip(self.inputs, self.chains, strict=True)):
            spike_in = given.spikes[number]
            if number == place.chains - 1 and place.rows * place.chains > place.inputs:
                # rows that the last chain lacks
                spike_in = spike_in & (
                    sequencer.row < place.inputs - place.rows * (place.chains - 1)
                )
            at_host = equals(host.chain, number)
            m.d.comb += [
                head.issue.eq(issue),
                head.row.eq(
                    Mux(sequencer.at_start & host.busy, host.word[: self.row_bits], sequencer.row)
                ),
                head.first.eq(sequencer.first),
                head.last.eq(sequencer.last),
                head.spike_in.eq(spike_in),
                head.clear.eq(cleared_trial | cleared_traces),
                head.load.eq(host.load_input & at_host),
                head.load_data.eq(host.data[: self.inputs[0].fields.size]),
                chain.shift_in.eq(outputs.values.as_value()),
            ]
            late = fetched - FETCH
            drive = delays.later(head.spike, late, f"spike_{number}", strobe=True)
            absent = C(0, 1)
            if number == place.chains - 1 and place.rows * place.chains > place.inputs:
                absent = sequencer.row >= place.inputs - place.rows * (place.chains - 1)
            own: dict[str, Value] = {
                "absent": delays.later(absent, plan.write_weight + 1, f"absent_{number}"),
                "drive": drive | (delays.later(host.weigh, fetched, "weigh", strobe=True)),
                "load": host.load_synapse_d & at_host,
                "pre_spike": delays.later(
                    head.spike, plan.update.arrival.get(self.parts.pre_spike, 0), f"spike_{number}"
                ),
                **{
                    f"pre_{name}": delays.later(
                        head.fields_out[name], plan.update.arrival.get(name, 0), f"{name}_{number}"
                    )
                    for name in self.parts.pre
                },
            }
            for name, _ in chain.layout:
                m.d.comb += chain.bus[name].eq(own[str(name)] if name in own else common[str(name)])
            width = neurons.sum_shape.width
            m.d.comb += neurons.sums[number].eq(chain.far_value[:width])
        m.d.comb += [
            neurons.evaluate.eq(self.chains[0].far_evaluate),
            neurons.decide.eq(decide),
            neurons.cleared.eq(cleared_trial),
            self.spike.eq(neurons.spike),
            self.neuron.eq(neurons.neuron),
            self.done.eq(neurons.done),
        ]
        control = Signal(self.control_layout)
        m.d.comb += [
            *(control[name].eq(neurons.control[name]) for name, _ in neurons.control_layout),
            *((control["mean"].eq(mean),) if mean is not None else ()),
            control["cleared_trial"].eq(clear_trial),
            control["cleared_traces"].eq(clear_traces),
            control["cleared_trial_before"].eq(cleared_trial),
        ]
        new = data.View(self.control_layout, host.data[: self.control_layout.size])
        m.d.comb += [neurons.load_control.eq(host.load_control)]
        m.d.comb += [neurons.control_in[name].eq(new[name]) for name, _ in neurons.control_layout]
        load, stays = host.load_control, ~started & ~host.load_control
        m.d.sync += [
            clear_trial.eq(
                gated(offered.clear_trial, by=started)
                | gated(new["cleared_trial"], by=load)
                | gated(clear_trial, by=stays)
            ),
            clear_traces.eq(
                gated(offered.clear_traces, by=started)
                | gated(new["cleared_traces"], by=load)
                | gated(clear_traces, by=stays)
            ),
            cleared_trial.eq(
                gated(clear_trial, by=started)
                | gated(new["cleared_trial_before"], by=load)
                | gated(cleared_trial, by=stays)
            ),
            cleared_traces.eq(select(started, clear_traces, cleared_traces)),
        ]
        if mean is not None:
            with m.If(host.load_control):
                m.d.sync += mean.eq(new["mean"])
        m.d.comb += [
            host.at_start.eq(sequencer.at_start),
            host.words[Space.INPUT.value].eq(
                choose(host.chain, [head.word for head in self.inputs])
            ),
            host.words[Space.OUTPUT.value].eq(outputs.word),
            host.words[Space.NEURON.value].eq(neurons.word),
            host.words[Space.CONTROL.value].eq(control.as_value()),
            host.far_sample.eq(self.chains[0].far_sample),
            host.far_value.eq(choose(host.chain, [chain.far_value for chain in self.chains])),
            neurons.host.eq(host.busy),
            neurons.host_index.eq(host.word[: neurons.index_bits]),
            neurons.load.eq(host.load_neuron),
            neurons.load_data.eq(host.data[: neurons.fields.size]),
            outputs.load.eq(host.load_output),
            outputs.load_data.eq(host.data[: outputs.fields.size]),
            self.idle.eq(host.idle & sequencer.at_start),
        ]
        wiring.connect(m, wiring.flipped(self.load), host.load)
        wiring.connect(m, wiring.flipped(self.read), host.read)
        wiring.connect(m, host.readback, wiring.flipped(self.readback))
        if self.layer.counters:
            with m.If(started):
                m.d.sync += self.updates.eq((self.updates + place.inputs * place.neurons)[:32])
            for name in map(SATURATED.format, plan.saturating):
                total = getattr(self, name)
                now = Signal(range(place.columns * place.chains + 1), name=f"{name}_now")
                m.d.sync += [
                    now.eq(sum(getattr(chain, name) for chain in self.chains)),
                    total.eq((total + now)[:32]),
                ]
        return m

    def _modulate(
        self,
        m: Module,
        sequencer: LayerSequencer,
        started: Signal,
        modulators: dict[str, Signal],
        begin: Signal,
        host: HostPort,
    ) -> Signal | None:
        """Let a step begin; with a critic, once it has turned the outcome into what the synapses
        get.
        """
        if self.critic is None:
            m.d.comb += begin.eq(host.open)
            return None
        m.submodules.critic = critic = self.critic
        (name,) = self.parts.modulators
        mean = Signal.like(critic.o_mean, name="mean")
        waited = Signal(range(critic.latency + 2))
        known = Signal()
        m.d.comb += [
            critic.i_mean.eq(mean),
            critic.i_reward.eq(self.i.payload[name]),
            critic.i_outcome.eq(self.i.payload.outcome),
            begin.eq(host.open & known),
        ]
        with m.If(started):
            m.d.sync += [
                modulators[name].eq(critic.o_modulator),
                mean.eq(critic.o_mean),
                waited.eq(0),
                known.eq(0),
            ]
        with m.Elif(self.i.valid & sequencer.at_start & ~known):
            m.d.sync += [waited.eq(waited + 1), known.eq(waited == critic.latency)]
        with m.If(host.load_control):
            m.d.sync += [waited.eq(0), known.eq(0)]
        return mean

    def _feed(
        self,
        m: Module,
        delays: Delays,
        token: Value,
        host: HostPort,
        clear_trial: Signal,
        clear_traces: Signal,
        cleared_trial: Signal,
    ) -> tuple[Value, Value]:
        """After each group's end, one turn for each number: its values go into the lanes while its
        sum comes out.

        They are those of the group after the one that begins: its own are there already.
        """
        place, outputs, neurons = self.place, self.outputs, self.neurons
        total = place.groups * place.columns
        index = Signal(neurons.index_bits)
        turn = Signal(range(max(2, place.columns)))
        feeding = Signal()
        real = Signal(reset_less=True)
        again = Signal(reset_less=True)
        restart = Signal(reset_less=True)
        with m.If(token):
            m.d.sync += [
                real.eq(~host.reading),
                again.eq(host.restart | host.take),
                restart.eq(host.restart),
            ]
        begins = delays.later(token, self.plan.weight_fetched + 2 - FEED, "token", strobe=True)
        clear = Signal(reset_less=True)  # a restart sets both
        mute = Signal(reset_less=True)
        new_step = Signal()
        at_first = Signal(init=1)
        renew = Signal()
        m.d.comb += renew.eq(restart | (real & ~again & at_first))
        m.d.sync += [
            turn.eq(gated(turn + 1, by=feeding)),
            at_first.eq(~index.any()),  # the index stands still for long before a group begins
            clear.eq(select(begins & renew, clear_trial | clear_traces, clear)),
            mute.eq(select(begins & renew, clear_trial | cleared_trial, mute)),
        ]
        m.d.comb += new_step.eq(begins & real & ~again & at_first)
        with m.If(begins):
            m.d.sync += feeding.eq(1)
            with m.If(restart):
                m.d.sync += index.eq(0)
        with m.Elif(feeding):
            m.d.sync += feeding.eq(turn != place.columns - 1)
            with m.If(real):
                m.d.sync += index.eq(Mux(index == total - 1, 0, (index + 1)[: len(index)]))
        m.d.comb += [
            outputs.feed.eq(feeding & real),
            outputs.index.eq(Mux(host.busy, host.word[: len(index)], index)),
            outputs.flip.eq(new_step),
            outputs.clear.eq(clear),
            outputs.spike.eq(neurons.asked & ~mute),
            neurons.ask.eq(index),
            neurons.ask_before.eq(1 if place.groups > 2 else again),
            neurons.next_step.eq(new_step),
        ]
        return feeding, turn

    # --- what the proof needs of the parts ------------------------------------------------------

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
