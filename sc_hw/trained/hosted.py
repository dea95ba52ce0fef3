# amaranth: UnusedElaboratable=no
"""What the engines of a trained layer have in common: its ports, and the host's access to it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from amaranth.hdl import C, Cat, Module, Signal, Value, ValueLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.families import Family
from sc_hw.fabric.schedule import DelayModel
from sc_hw.parts.space import Space
from sc_hw.trained.lane import MEMORY
from sc_hw.trained.neurons import Neurons
from sc_hw.trained.own_spikes import OwnSpikes
from sc_hw.trained.readout import Readout
from sc_hw.trained.slice_queue import SliceQueue
from sc_hw.wires import Delays, choose, equals, gated, port_shape
from sc_model.layer_kinds import kind_of
from sc_model.spec import ConfigError, IntFormat, ReadoutSpec, TrainedLayerSpec


class TickFlags(Protocol):
    """Signals of an engine that the host's access follows.

    Members
    -------
    free : nothing of a tick is under way, no spikes wait, and no word is being read.
    fresh : no tick has ended since the reset; state is read as 0.
    """

    free: Signal
    fresh: Signal


@dataclass(frozen=True)
class SumStrobes:
    """What an engine tells the neurons beside its sums.

    Members
    -------
    announced, done : of a group's sums (see `Neurons`).
    restart : the next sums are those of the layer's first group.
    fresh : ignore the stored state and use 0.
    """

    announced: Value
    done: Value
    restart: Value
    fresh: Value


class HostedLayer(wiring.Component):
    """The ports of a trained layer, its memory spaces, and the host's access to them.

    An engine is a subclass: it turns the inputs of a tick into the sums of the neurons, one group
    after the other, and hands them to `pipelines`, whose first one is `neurons`. Domain ``sync``.

    Parameters
    ----------
    spec : the layer.
    value : format of the value of each input.
    step_bits : bits of a step's number.
    family : the fabric.
    synapse : fields of a synapse's word.
    history : fields of the past of a column, or of a lane's sum of a tick to come; None where there
        are no delays.
    history_bits : bits of the number of a word of the history; by default those of a column.
    lists : fields of the list of a column; None where columns have none.
    delay : what fits between two registers of the neurons; by default that of the family.
    channels : values of a transfer of `i`; by default those of all inputs.
    o_channels : spikes of a transfer of `o`; by default those of all neurons.
    readout : what the layer answers samples by, or None.
    sample_ticks : ticks after which all state reads as 0 again, as after a reset; 0: never.

    Members
    -------
    i : {step, values}, the inputs of a tick.
    o : {step, spikes}, the neurons that fire in it; with a readout {step, spikes, winner}, the
        answer by the ticks since the reset. In slices it comes with the last one of a tick, and is
        0 in those before.
    load : {space, lane, word, data}, a word that the host writes; accepted between ticks, with
        priority over `read` and `i`.
    read : {space, lane, word}, address of a word to read; accepted between ticks, with priority
        over `i`.
    readback : the word at the address of `read`.
    idle : no tick is under way, no spikes wait to be taken, and no word is being read.

    Host access
    -----------
    SYNAPSE by lane and word; NEURON by word; CONTROL {fresh}; with delays HISTORY by column, in a
    layer of events by lane and place. To restore the last tick's spikes of a recurrent layer, load
    all neurons in order. With a readout a neuron's word has its score, too.

    Raises
    ------
    ConfigError
        a readout by potentials, which the layer's neurons do not have.
    """

    # The spikes of the last tick, where a recurrent layer takes its columns in slices.
    own: OwnSpikes | None = None

    def __init__(
        self,
        spec: TrainedLayerSpec,
        value: IntFormat,
        step_bits: int,
        family: Family,
        *,
        synapse: data.StructLayout,
        history: data.Layout | None = None,
        history_bits: int = 0,
        lists: data.StructLayout | None = None,
        delay: DelayModel | None = None,
        channels: int | None = None,
        o_channels: int | None = None,
        readout: ReadoutSpec | None = None,
        sample_ticks: int = 0,
    ) -> None:
        self.spec, self.value, self.step_bits, self.family = spec, value, step_bits, family
        self.sample_ticks = sample_ticks
        by_potential = readout is not None and readout.by_potential
        self.readout: Readout | None = None
        if readout is not None:
            potential = _potential(spec, value, readout)
            self.readout = Readout(readout, spec.neurons, potential, spec.place_order)
        self.pipelines = [
            Neurons(spec, value, family, delay, shows_potential=by_potential)
            for _ in range(spec.neurons_a_clock)
        ]
        self.neurons = self.pipelines[0]  # all are alike, and begin and end together
        # Bits of a neuron's number that say which pipeline it is in.
        self.turn_bits = (spec.neurons_a_clock - 1).bit_length()
        self.fires = Signal(spec.neurons_a_clock, name="fires")
        self.control_layout = data.StructLayout({"fresh": 1})
        self.spaces: dict[Space, data.Layout] = {
            Space.SYNAPSE: synapse,
            Space.NEURON: self._neuron_layout,
            Space.CONTROL: self.control_layout,
        }
        if history is not None:
            self.spaces[Space.HISTORY] = history
        if lists is not None:
            self.spaces[Space.INPUT] = lists
        self.data_bits = max(layout.size for layout in self.spaces.values())
        self.lane_bits = max(1, (spec.lanes - 1).bit_length())
        address_bits = max(1, (spec.depth - 1).bit_length())
        neuron_bits = max(1, (spec.neurons - 1).bit_length())
        self.word_bits = max(address_bits, neuron_bits, self.column_bits, history_bits)
        place = {"space": Space, "lane": self.lane_bits, "word": self.word_bits}
        self.load_layout = data.StructLayout({**place, "data": self.data_bits})
        self.read_layout = data.StructLayout(place)
        self.i_layout = data.StructLayout(
            {"step": step_bits, "values": data.ArrayLayout(value.width, channels or spec.inputs)}
        )
        answer = {} if self.readout is None else {"winner": self.readout.index_bits}
        self.o_layout = data.StructLayout(
            {"step": step_bits, "spikes": o_channels or spec.neurons, **answer}
        )
        super().__init__(
            {
                "i": In(stream.Signature(self.i_layout)),
                "o": Out(stream.Signature(self.o_layout)),
                "load": In(stream.Signature(self.load_layout)),
                "read": In(stream.Signature(self.read_layout)),
                "readback": Out(stream.Signature(self.data_bits)),
                "idle": Out(1),
            }
        )

    @property
    def _neuron_layout(self) -> data.StructLayout:
        """Fields of a neuron's word."""
        if self.readout is None:
            return self.neurons.fields
        fields = {str(name): field.shape for name, field in self.neurons.fields}
        return data.StructLayout({**fields, "score": port_shape(self.readout.score)})

    @property
    def column_bits(self) -> int:
        """Bits of a column's number."""
        return max(1, (self.spec.columns - 1).bit_length())

    @property
    def memory_bits(self) -> dict[str, int]:
        """Bits of the layer's memories."""
        spec, history = self.spec, self.spaces.get(Space.HISTORY)
        return {
            "synapses": spec.lanes * spec.depth * self.spaces[Space.SYNAPSE].size,
            "neurons": spec.neurons * self.neurons.fields.size,
            **({} if history is None else {"history": spec.columns * history.size}),
            **({} if self.readout is None else {"scores": spec.neurons * self.readout.score.width}),
        }

    @property
    @abstractmethod
    def settling_clocks(self) -> int:
        """Clocks that a tick's end waits behind its last spike."""

    @property
    def answer_clocks(self) -> int:
        """Clocks that a tick's end waits behind the last neuron's spike for the readout."""
        # The spikes are offered a clock behind the end.
        return 0 if self.readout is None else self.readout.latency - 1

    def _columns(self, spikes: Value) -> Value:
        """Values of the columns in a tick: the inputs, the spikes of the tick before, and 1."""
        spec, width = self.spec, self.value.width
        own = [Cat(spike, C(0, width - 1)) for spike in spikes] if spec.recurrent else []
        return Cat(self.i.payload.values.as_value(), *own, *([C(1, width)] if spec.bias else []))

    def _place_neurons(self, m: Module) -> None:
        """Place the neurons' pipelines, and collect what several of them give."""
        if len(self.pipelines) == 1:
            m.submodules.neurons = self.neurons
            return
        for number, neurons in enumerate(self.pipelines):
            m.submodules[f"neurons_{number}"] = neurons
        m.d.comb += self.fires.eq(Cat(neurons.o_spike for neurons in self.pipelines))

    @property
    def spikes(self) -> Value:
        """The spikes of the neurons that are decided in this clock, lowest ones first."""
        return self.neurons.o_spike if len(self.pipelines) == 1 else self.fires

    def _connect_neurons(self, m: Module, host: HostWords, strobes: SumStrobes) -> None:
        """Hand each group's sums to the neurons."""
        for number, neurons in enumerate(self.pipelines):
            loads = host.load_now & (host.loaded.space == Space.NEURON)
            if self.turn_bits:
                loads &= equals(host.loaded.word[: self.turn_bits], number)
            m.d.comb += [
                neurons.announce.eq(strobes.announced),
                neurons.take.eq(strobes.done),
                neurons.restart.eq(strobes.restart),
                neurons.fresh.eq(strobes.fresh),
                neurons.host_address.eq(host.word[self.turn_bits :][: neurons.index_bits]),
                neurons.load.eq(loads),
                neurons.load_data.eq(host.loaded.data[: neurons.fields.size]),
            ]

    def _hand_sums(self, m: Module, sums: data.View[data.ArrayLayout]) -> None:
        """Hand each pipeline the sums of its lanes."""
        together = len(self.pipelines)
        if together == 1:
            m.d.comb += self.neurons.sums.eq(sums)
            return
        for number, neurons in enumerate(self.pipelines):
            for turn, current in enumerate(neurons.sums):
                m.d.comb += current.eq(sums[turn * together + number])

    def _connect_readout(
        self, m: Module, tick: TickFlags, host: HostWords, queue: SliceQueue | None
    ) -> None:
        """Hand each neuron to the readout as it is decided, and the host's words for it.

        `queue`: in which the spikes leave in slices, or None.
        """
        readout, neurons = self.readout, self.neurons
        if readout is None:
            return
        m.submodules.readout = readout
        m.d.comb += [
            readout.valid.eq(neurons.o_valid),
            readout.last.eq(neurons.o_last),
            readout.spike.eq(neurons.o_spike),
            readout.fresh.eq(tick.fresh),
            readout.host_address.eq(host.word[: readout.index_bits]),
            readout.load.eq(host.load_now & (host.loaded.space == Space.NEURON)),
            readout.load_data.eq(host.loaded.data[neurons.fields.size :][: readout.score.width]),
            # While slices leave the answer is still that of some neurons, and a payload that waits
            # must not change: it is shown with the last slice, when all neurons have been scored.
            self.o.payload.winner.eq(
                readout.winner if queue is None else gated(readout.winner, by=queue.last_slice)
            ),
        ]
        if readout.spec.by_potential:
            m.d.comb += readout.potential.eq(neurons.o_potential)

    def _sample_over(self, m: Module, ends: Value) -> ValueLike:
        """Whether a tick is the last one of a sample; `ends`: it ends in this clock."""
        if self.sample_ticks < 2:
            return self.sample_ticks
        number = Signal(range(self.sample_ticks), name="sample_tick")
        is_last = number == self.sample_ticks - 1
        with m.If(ends):
            m.d.sync += number.eq(gated(number + 1, by=~is_last))
        return is_last

    def _connect_queue(
        self, m: Module, delays: Delays, queue: SliceQueue, restart: Value, ends: Value
    ) -> Value:
        """Place the queue in which spikes leave in slices, and hand each neuron's spike to it.

        Spikes come as late as the tick ends, so that the last slice leaves behind it.

        Parameters
        ----------
        m, delays : of the layer.
        queue : what is placed.
        restart : the tick whose spikes come next begins.
        ends : a tick ends in this clock, `settling_clocks` behind its last spike.

        Returns
        -------
        Whether the last slice of a tick is taken in this clock.
        """
        neurons, settling = self.neurons, self.settling_clocks
        m.submodules.slices = queue
        m.d.comb += [
            queue.restart.eq(restart),
            queue.valid.eq(delays.later(neurons.o_valid, settling, "spike_valid", strobe=True)),
            queue.spike.eq(delays.later(self.spikes, settling, "spike")),
            queue.last.eq(ends),
            queue.o.ready.eq(self.o.ready),
            self.o.valid.eq(queue.o.valid),
            self.o.payload.spikes.eq(queue.o.payload),
        ]
        return queue.over

    def _collect_word(self, m: Module, spikes: Signal) -> None:
        """Shift the spikes in at the top.

        After `neurons` shifts the spike of neuron 0 is bit 0, without a decoder for its number.
        """
        neurons, loads = self.neurons, self.neurons.load
        if len(self.pipelines) > 1:
            loads = Cat(each.load for each in self.pipelines).any()
        with m.If(neurons.o_valid):
            m.d.sync += spikes.eq(Cat(spikes[len(self.pipelines) :], self.spikes))
        if self.spec.recurrent and self.own is None:
            # A host that restores all neurons in order shifts in their `fired` bits the same way.
            with m.Elif(loads):
                fired = data.View(neurons.fields, neurons.load_data).fired
                m.d.sync += spikes.eq(Cat(spikes[1:], fired))

    def _keep_spikes(self, m: Module, own: OwnSpikes, host: HostWords) -> None:
        """Place the memory of the last tick's spikes, and hand it those of neurons and host."""
        m.submodules.own_spikes = own
        neurons, access = self.neurons, host.loaded
        fired = data.View(neurons.fields, access.data[: neurons.fields.size]).fired
        m.d.comb += [
            own.valid.eq(neurons.o_valid),
            own.spike.eq(self.spikes),
            own.last.eq(neurons.o_last),
            # A host that restores all neurons in order restores their spikes, too.
            own.load.eq(host.load_now & (access.space == Space.NEURON)),
            own.number.eq(access.word[: len(own.number)]),
            own.fired.eq(fired),
        ]

    def _host_access(self, m: Module, delays: Delays, tick: TickFlags, host: HostWords) -> None:
        """Accept one word to write, or one to read, between ticks."""
        m.d.comb += [
            self.load.ready.eq(tick.free),
            # A read waits a clock behind a write for the same reason as a tick (see `_start`): it
            # would fetch the word at the edge that writes it.
            self.read.ready.eq(tick.free & ~self.load.valid & ~host.load_now),
            host.read_now.eq(self.read.valid & self.read.ready),
            # A load and a read never share a clock, so two ANDs and an OR select. The result is 0
            # during a tick, since the memories' addresses are ORs of this word and the sweep's.
            host.word.eq(
                gated(host.loaded.word, by=host.load_now)
                | gated(host.requested.word, by=host.reading)
            ),
        ]
        m.d.sync += [
            # A register between the port and all lanes: the word fans out to every memory.
            host.load_now.eq(self.load.valid & tick.free),
            host.loaded.eq(self.load.payload),
            # The address is in a register one clock after `read_now`, its word MEMORY clocks later:
            # MEMORY registers here, and `arrived` itself. The word stays until the host takes it,
            # because `reading` holds the address and keeps loads and ticks away.
            host.arrived.eq(
                delays.later(host.read_now, MEMORY, "read", strobe=True)
                | (host.arrived & ~self.readback.ready)
            ),
        ]
        with m.If(host.read_now):
            m.d.sync += [host.reading.eq(1), host.requested.eq(self.read.payload)]
        with m.Elif(host.arrived & self.readback.ready):
            m.d.sync += host.reading.eq(0)

    def _answer(
        self,
        m: Module,
        tick: TickFlags,
        host: HostWords,
        synapses: Sequence[Value],
        history: Value | None = None,
        lists: Value | None = None,
    ) -> None:
        """Give the host the word that it has requested.

        `synapses`: the word that each lane shows; `history`: that of a column or of a sum, where
        there is one.
        """
        space = host.requested.space
        # All spaces are read at the same address; the AND of each with its code selects one. No
        # register follows: the path begins at the memories' output registers and has a whole clock.
        words = choose(host.requested.lane, synapses)
        of_turn = [neurons.word for neurons in self.pipelines]
        neuron = choose(host.requested.word[: self.turn_bits], of_turn)
        if self.readout is not None:
            neuron = Cat(neuron, self.readout.word)
        word = (
            gated(words, by=space == Space.SYNAPSE)
            | gated(neuron, by=space == Space.NEURON)
            | gated(tick.fresh, by=space == Space.CONTROL)
        )
        if history is not None:
            word |= gated(history, by=space == Space.HISTORY)
        if lists is not None:
            word |= gated(lists, by=space == Space.INPUT)
        m.d.comb += [self.readback.valid.eq(host.arrived), self.readback.payload.eq(word)]


def _potential(spec: TrainedLayerSpec, value: IntFormat, readout: ReadoutSpec) -> IntFormat:
    """Format of the potential of a layer's neurons, for its readout."""
    unit = kind_of(spec).neuron(spec, value)
    if readout.by_potential and "potential" not in unit.state:
        raise ConfigError(
            f"layer '{spec.name}' must have neurons with a potential for [readout] kind"
            f" '{readout.kind}', not those of kind '{spec.kind}'; take kind 'count'."
        )
    return unit.inputs.get("potential", IntFormat(1))


class HostWords:
    """Signals of the host's access, which the layer's blocks share.

    Members
    -------
    load_now : the word in `loaded` is handed to its memory in this clock. It has no reset: a write
        that was accepted is carried out.
    loaded : space, lane, number and data of the word to write.
    read_now : a read request is accepted in this clock.
    reading : high from the clock after `read_now` until the host takes the word.
    requested : space, lane and number of the word to read.
    arrived : the requested word is at the memories' outputs.
    word : number of the word that is written or read; 0 while there is none.
    """

    def __init__(self, layer: HostedLayer) -> None:
        self.load_now = Signal(name="load_now", reset_less=True)
        self.loaded = Signal(layer.load_layout, name="loaded", reset_less=True)
        self.read_now = Signal(name="read_now")
        self.reading = Signal(name="reading")
        self.requested = Signal(layer.read_layout, name="requested", reset_less=True)
        self.arrived = Signal(name="arrived")
        self.word = Signal(layer.word_bits, name="host")
