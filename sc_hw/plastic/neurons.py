# amaranth: UnusedElaboratable=no
"""The neurons of a plastic layer: one a clock, as their sums come out of the lanes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.parts.state_memory import Write, connect, write_register
from sc_hw.plastic.neuron_model import NOISE, VALUE, NeuronModel
from sc_hw.wires import Delays, gated, port_shape, select
from sc_model.spec import IntFormat, NeuronSpec, Placement, PlasticLayerSpec

# Clocks from a neuron's number to its word: address register, memory, the memory's output register.
READ = 3

# Clocks from the pipeline's result to the last of its effects: 1 for the register of `spike` and
# `done` and the write register; 1 more until the word can be read, or the winner's number stands in
# its register (with winner-take-all `spike` and `done` wait for that clock too); 1 of slack.
DECIDED = 3


@dataclass(frozen=True)
class NeuronTiming:
    """Clocks of the neurons, as far as the rest of the layer depends on them.

    Members
    -------
    adding : clocks from the chains' sums to their total, READ at least.
    firing : clocks of the neuron's pipeline.
    competes : winner-take-all, in which `done` comes a clock later.
    """

    adding: int
    firing: int
    competes: bool

    @property
    def latency(self) -> int:
        """Clocks from a neuron's sums until its spike, its word and the step's end are settled."""
        return self.adding + self.firing + DECIDED

    @property
    def done(self) -> int:
        """Clocks from the sums of a step's last neuron to `done`: one output register, and with
        winner-take-all the register of the last comparison before it.
        """
        return self.adding + self.firing + 1 + self.competes


@dataclass(frozen=True)
class _Turn:
    """Which neuron's sums come in this clock.

    Members
    -------
    index : its number.
    at_first, at_last : whether it is the first, or the last, of the step.
    """

    index: Signal
    at_first: Signal
    at_last: Signal


@dataclass(frozen=True)
class _Result:
    """What comes out of the pipeline, `adding` + `firing` clocks after the sums.

    Members
    -------
    valid : a neuron that exists has been evaluated.
    evaluated : a neuron, or a place behind the last one, has been evaluated.
    number : its number.
    first : it is the first of a step.
    ends, ended : it is the last of a step; the same a clock later.
    ready : the neuron may fire.
    fired : whether it fired in the step before.
    """

    valid: Value
    evaluated: Value
    number: Value
    first: Value
    ends: Value
    ended: Value
    ready: Value
    fired: Value


class NeuronMemory(wiring.Component):
    """The neurons' state, their evaluation, and their spikes of the last two steps.

    Sums come with `evaluate`. The memory numbers them itself: 0, 1, ... up to `groups` x `columns`
    in a step (those beyond the last neuron are ignored). Throughput one neuron a clock; latency at
    most `latency` clocks from sums to the write. Domain ``sync``. A reset restarts the numbering
    and puts the shared registers to their initial values; the memory survives it.

    Parameters
    ----------
    layer, neuron, place : size and options of the layer, its neurons, its layout.
    weight : format of a stored weight.
    family : the fabric.

    Members
    -------
    evaluate, sums : the sum of each chain for the next neuron.
    decide, cleared : flags of the step, read when its neuron 0 comes.
    spike, neuron : this neuron fires.
    done : the step's last neuron has been decided on (a spike may come with it).
    ask, ask_before : a neuron's number; 3 clocks later `asked` is its spike of its last evaluation,
        or of the evaluation before that one.
    next_step : from now on `ask` is for the next step: the winner is kept for it.
    host, host_index : the host holds the read address; the word that it reads or writes.
    load, load_data : write the host's word.
    word : the word that is read.
    control : the shared registers, for a checkpoint.
    load_control, control_in : write them.
    """

    def __init__(
        self,
        layer: PlasticLayerSpec,
        neuron: NeuronSpec,
        weight: IntFormat,
        family: Family,
        place: Placement,
    ) -> None:
        self.layer, self.spec, self.place = layer, neuron, place
        self.index_bits = index = max(1, (place.groups * place.columns - 1).bit_length())
        self.model = NeuronModel(neuron, layer, weight, index)
        self.unit, self.competes = self.model.unit, self.model.competes
        self.fields, self.control_layout = self.model.fields, self.model.registers
        self.update = Datapath(self.model.graph, family.delay)
        # A chain's sum can't overflow: it has room for the weights of all its rows.
        sum_width = weight.width + (place.rows - 1).bit_length()
        self.sum_shape = IntFormat(sum_width, layer.signed_weights)
        super().__init__(
            {
                "evaluate": In(1),
                "sums": In(data.ArrayLayout(port_shape(self.sum_shape), place.chains)),
                "decide": In(1),
                "cleared": In(1),
                "spike": Out(1),
                "neuron": Out(index),
                "done": Out(1),
                "ask": In(index),
                "ask_before": In(1),
                "asked": Out(1),
                "next_step": In(1),
                "host": In(1),
                "host_index": In(index),
                "load": In(1),
                "load_data": In(self.fields.size),
                "word": Out(self.fields.size),
                "control": Out(self.control_layout),
                "load_control": In(1),
                "control_in": In(self.control_layout),
            }
        )

    @property
    def adding(self) -> int:
        """Clocks in which the chains' sums become one; at least those of the memory's read."""
        return max((self.place.chains - 1).bit_length(), READ)

    @property
    def timing(self) -> NeuronTiming:
        """What the rest of the layer has to know."""
        return NeuronTiming(self.adding, self.update.latency, self.competes)

    @property
    def latency(self) -> int:
        """Clocks from a sum until its spike, its word and the step's end are settled."""
        return self.timing.latency

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.update = self.update
        m.submodules.memory = ram = BlockRAM(1 << self.index_bits, self.fields.size)
        turn = self._count(m)
        flags = self._step_flags(m, turn)
        self._read(m, delays, ram, turn)
        current = self._current(m, delays)
        word = data.View(self.fields, ram.r_data)
        registers = {
            str(name): Signal(field.shape, name=str(name), init=self.model.initial(str(name)))
            for name, field in self.control_layout
        }
        result = self._evaluate(m, delays, turn, word, registers, {**flags, "current": current})
        new: dict[str, Value] = {
            name: getattr(self.update, f"o_{name}") for name in self.unit.state
        }
        if self.competes:
            self._compete(m, delays, result, registers)
            self._write(m, ram, None, result, new)
        else:
            history, spikes = self._fire_each(m, delays, result, registers)
            self._write(m, ram, history, result, new | spikes)
        if self.model.predicts is not None:
            self._keep_value(m, delays, turn, current, registers[VALUE])
        self._checkpoint(m, registers)
        return m

    # --- which neuron, and its state --------------------------------------------------------------

    def _count(self, m: Module) -> _Turn:
        """Number the sums. The two flags go with the counter, instead of comparisons behind it."""
        total = self.place.groups * self.place.columns
        index = Signal(self.index_bits)
        at_first = Signal(init=1)
        at_last = Signal()
        m.d.sync += [
            index.eq(
                gated(index + 1, by=self.evaluate & ~at_last) | gated(index, by=~self.evaluate)
            ),
            at_first.eq((self.evaluate & at_last) | (~self.evaluate & at_first)),
            at_last.eq((self.evaluate & (index == total - 2)) | (~self.evaluate & at_last)),
        ]
        return _Turn(index, at_first, at_last)

    def _step_flags(self, m: Module, turn: _Turn) -> dict[str, Value]:
        """The step's flags, held from its first neuron on: the next step may begin before its last.

        A clock late, which does not matter: the pipeline looks at them after `adding` clocks.
        """
        decide = Signal()
        cleared = Signal()
        begins = self.evaluate & turn.at_first
        m.d.sync += [
            decide.eq(select(begins, self.decide, decide)),
            cleared.eq(select(begins, self.cleared, cleared)),
        ]
        return {"decide": decide, "cleared": cleared}

    def _read(self, m: Module, delays: Delays, ram: BlockRAM, turn: _Turn) -> None:
        """Read the neuron's word so that it stands beside the total of its sums."""
        read = Signal(self.index_bits, reset_less=True)
        late = delays.later(turn.index, self.adding - READ, "index")
        m.d.sync += read.eq(Mux(self.host, self.host_index, late))
        m.d.comb += ram.r_addr.eq(read)

    def _current(self, m: Module, delays: Delays) -> Value:
        """The chains' sums added in pairs, a register after each; none of them can overflow."""
        rows = [self.sums[chain] for chain in range(self.place.chains)]
        width = self.sum_shape.width
        clocks = 0
        while len(rows) > 1:
            width, clocks = width + 1, clocks + 1
            paired: list[Value] = []
            for number in range(0, len(rows), 2):
                two = rows[number : number + 2]
                register = Signal(
                    signed(width) if self.layer.signed_weights else width,
                    name=f"sum_{clocks}_{number // 2}",
                    reset_less=True,
                )
                m.d.sync += register.eq(two[0] + two[1] if len(two) > 1 else two[0])
                paired.append(register)
            rows = paired
        # Few chains are added sooner than the memory is read: their total waits.
        return delays.later(rows[0], self.adding - clocks, "sum")

    # --- evaluation -------------------------------------------------------------------------------

    def _evaluate(
        self,
        m: Module,
        delays: Delays,
        turn: _Turn,
        word: data.View[data.StructLayout],
        registers: dict[str, Signal],
        inputs: dict[str, Value],
    ) -> _Result:
        """Feed the pipeline with a neuron's state and its surroundings; what comes out of it.

        Parameters
        ----------
        word, registers : the neuron's word; the registers that all neurons share.
        inputs : current and flags.
        """
        update, real = self.update, self.place.neurons
        valid = delays.later(self.evaluate, self.adding, "evaluate", strobe=True)
        number = delays.later(turn.index, self.adding, "index")
        # The last group may have more places than neurons are left.
        is_real = valid & (number < real) if real < self._places else valid
        is_winner = registers["winner"] == number if self.competes else None
        fired = registers["won"] & is_winner if is_winner is not None else word.fired
        inputs = {**{name: word[name] for name in self.unit.state}, **inputs, "fired": fired}
        if self.model.noise_bits:
            inputs["noise"] = self._noise(m, registers[NOISE], is_real)
        if is_winner is not None:
            inputs["others"] = registers["won"] & (registers["winner"] != number)
        elif self.model.inhibited:
            # Whether another neuron fired: this one, if it did, must not count itself.
            inputs["others"] = Mux(fired, registers["many_fired"], registers["any_fired"])
        for name in update.graph.variables:
            m.d.comb += getattr(update, f"i_{name}").eq(inputs[name])

        latency = self.adding + update.latency
        out_valid = delays.later(is_real, update.latency, "is_real", strobe=True)
        out_number = delays.later(turn.index, latency, "index")
        out_first = delays.later(turn.at_first, latency, "at_first")
        ends = delays.later(self.evaluate & turn.at_last, latency, "ends", strobe=True)
        ended = delays.later(ends, 1, "ended", strobe=True)
        evaluated = delays.later(self.evaluate, latency, "evaluate", strobe=True)
        may_fire = out_valid
        if self.model.predicts is not None:
            decides = is_real & (number != self.model.predicts)
            may_fire = delays.later(decides, update.latency, "decides", strobe=True)
        ready = may_fire & update.o_ready
        return _Result(out_valid, evaluated, out_number, out_first, ends, ended, ready, fired)

    def _keep_value(
        self, m: Module, delays: Delays, turn: _Turn, current: Value, value: Signal
    ) -> None:
        """Keep the sum of the neuron that predicts until the next step's."""
        valid = delays.later(self.evaluate, self.adding, "evaluate", strobe=True)
        number = delays.later(turn.index, self.adding, "index")
        with m.If(valid & (number == self.model.predicts)):
            m.d.sync += value.eq(current)

    @property
    def _places(self) -> int:
        """Sums of a step, those beyond the last neuron included."""
        return self.place.groups * self.place.columns

    def _noise(self, m: Module, state: Signal, moves: Value) -> Value:
        """A fresh number for each neuron that exists."""
        after = self.model.next_noise(state)
        with m.If(moves):
            m.d.sync += state.eq(after)
        return after[: self.model.noise_bits].as_signed()

    # --- decisions --------------------------------------------------------------------------------

    def _outputs(self, m: Module) -> tuple[Signal, Signal, Signal]:
        """Registers of `spike`, `neuron` and `done`."""
        spike = Signal()
        neuron = Signal(self.index_bits, reset_less=True)
        done = Signal()
        m.d.comb += [self.spike.eq(spike), self.neuron.eq(neuron), self.done.eq(done)]
        return spike, neuron, done

    def _compete(
        self, m: Module, delays: Delays, result: _Result, registers: dict[str, Signal]
    ) -> None:
        """Winner-take-all: the highest score of a step fires, of equal ones the lowest number.

        A neuron that predicts does not take part, and its synapses learn with every winner.
        """
        spike, neuron, done = self._outputs(m)
        has_best = Signal(name="best_is")
        best = Signal(self.index_bits, reset_less=True)
        best_score = Signal.like(self.update.o_score, reset_less=True)
        first_out = result.evaluated & result.first
        # `>` and not `>=`: a later neuron with the same score does not win.
        better = result.first | ~has_best | (self.update.o_score > best_score)
        with m.If(result.ready & better):
            m.d.sync += [best.eq(result.number), best_score.eq(self.update.o_score)]
        with m.If(result.ready | first_out):
            m.d.sync += has_best.eq(result.ready | (has_best & ~first_out))
        # Behind the last neuron of a step the best one is its winner.
        with m.If(result.ended):
            m.d.sync += [registers["won"].eq(has_best), registers["winner"].eq(best)]
        with m.If(self.next_step):
            m.d.sync += [
                registers["won_before"].eq(registers["won"]),
                registers["winner_before"].eq(registers["winner"]),
            ]
        m.d.sync += [spike.eq(result.ended & has_best), neuron.eq(best), done.eq(result.ended)]
        # No memory has to be read for this answer; it waits to come as late as one that has.
        ask = delays.later(self.ask, 1, "ask")
        learns = registers["winner_before"] == ask
        if self.model.predicts is not None:
            learns |= ask == self.model.predicts
        learns_now = registers["won_before"] & learns
        m.d.comb += self.asked.eq(delays.later(learns_now, READ - 1, "asked"))

    def _fire_each(
        self, m: Module, delays: Delays, result: _Result, registers: dict[str, Signal]
    ) -> tuple[BlockRAM, dict[str, Value]]:
        """Every neuron that is ready fires.

        Returns
        -------
        history : memory of the last two spikes. It holds a copy of two bits of each word, because
            the lanes' feed reads them while the neurons' memory is read for the evaluation.
        spikes : new values of these bits.
        """
        spike, neuron, done = self._outputs(m)
        fired_before = delays.later(result.fired, self.update.latency, "fired")
        m.d.sync += [spike.eq(result.ready), neuron.eq(result.number), done.eq(result.ends)]
        m.submodules.history = history = BlockRAM(1 << self.index_bits, 2)
        last, last_but_one = history.r_data[0], history.r_data[1]
        wants_before = delays.later(self.ask_before, READ, "ask_before")
        m.d.comb += [
            history.r_addr.eq(delays.later(self.ask, 1, "ask")),
            self.asked.eq(Mux(wants_before, last_but_one, last)),
        ]
        if self.model.inhibited:
            self._count_fired(m, result, registers)
        return history, {"fired": self.update.o_ready, "fired_before": fired_before}

    def _count_fired(self, m: Module, result: _Result, registers: dict[str, Signal]) -> None:
        """Whether any neuron, and whether more than one, fired in the step that has just ended."""
        any_now = Signal()
        many_now = Signal()
        # A step's first neuron starts the count again, also when it does not fire.
        first_out = result.evaluated & result.first
        with m.If(result.ready | first_out):
            m.d.sync += [
                any_now.eq(result.ready | (any_now & ~first_out)),
                many_now.eq(~first_out & (many_now | (any_now & result.ready))),
            ]
        with m.If(result.ended):
            m.d.sync += [
                registers["any_fired"].eq(any_now),
                registers["many_fired"].eq(many_now),
            ]

    # --- memory and checkpoint --------------------------------------------------------------------

    def _write(
        self,
        m: Module,
        ram: BlockRAM,
        history: BlockRAM | None,
        result: _Result,
        new: dict[str, Value],
    ) -> None:
        """Write the neuron's new word, or the host's."""
        word = Cat(*(new[str(name)] for name, _ in self.fields))
        write = write_register(
            m,
            update=Write(result.valid, result.number, word),
            load=Write(self.load, self.host_index, self.load_data),
        )
        connect(m, ram, write)
        m.d.comb += self.word.eq(ram.r_data)
        if history is not None:
            pair = data.View(self.fields, write.data)
            connect(
                m, history, Write(write.enable, write.address, Cat(pair.fired, pair.fired_before))
            )

    def _checkpoint(self, m: Module, registers: dict[str, Signal]) -> None:
        """Show the shared registers to the host, and let it write them."""
        for name, register in registers.items():
            m.d.comb += self.control[name].eq(register)
            # Behind all other statements of the register: the host's load wins.
            with m.If(self.load_control):
                m.d.sync += register.eq(self.control_in[name])
