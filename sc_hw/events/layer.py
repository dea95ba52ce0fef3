# amaranth: UnusedElaboratable=no
"""A trained layer whose work is in proportion to the spikes that a tick takes in."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal

from sc_hw.events.conv_sequencer import ConvSequencer
from sc_hw.events.lanes import EventLanes
from sc_hw.events.place_order import PlaceOrder
from sc_hw.events.reader import SumReader
from sc_hw.events.scanner import Scanner
from sc_hw.events.sequencer import EventSequencer
from sc_hw.fabric.families import Family, load_family
from sc_hw.parts.space import Space
from sc_hw.trained.hosted import HostedLayer, HostWords, SumStrobes
from sc_hw.trained.lane import AHEAD
from sc_hw.wires import Delays, equals, gated
from sc_model.layer_kinds import kind_of
from sc_model.spec import SLICE, ConfigError, IntFormat, ReadoutSpec, TrainedLayerSpec


class EventLayer(HostedLayer):
    """A layer of `columns` x `neurons` synapses and its neurons, which adds up events.

    A tick takes one transfer of stream `i` and gives one of stream `o`, as in a `TrainedLayer`,
    with the same numbers. Only the columns that are not 0 cost something: the scanner makes an
    event of each, and an event takes one clock for each group of `lanes` neurons. Two banks of sums
    let the next tick's events be added while the neurons take the sums of the last one; with
    `recurrent` a tick waits for the spikes of the one before. Domain ``sync``.

    Latency: at most `tick_clocks` from the transfer of `i` to that of `o`, if the layer was idle
    and its spikes are taken at once; with fewer events it is shorter (`clocks`).

    Reset: at any time. It aborts the ticks under way, and the next tick reads all state as 0.
    Loaded parameters survive a reset; at power-on they are undefined, so load them first.

    Parameters
    ----------
    spec : the layer, without delays.
    value : format of the value of each input.
    tick_ms : length of a step, in ms.
    step_bits : bits of a step's number.
    family : the fabric.
    readout : what samples are answered by, or None.
    sliced : stream `i` gives the values of `SLICE` inputs a transfer, lowest inputs first, and
        as many transfers a tick as the columns need (`NetworkSpec.slices`). Not with `recurrent`.
    o_slices : stream `o` gives `SLICE` spikes a transfer, in as many transfers; those behind the
        last neuron's spike have no meaning. For a multiple of `SLICE` neurons, not with
        `recurrent`. 0: one transfer with all spikes.
    order : places and channels of the image whose spikes stream `i` gives place by place, as a
        `ConvLayer` does; None where it gives the inputs in their order. Only with `sliced`.
    """

    def __init__(
        self,
        spec: TrainedLayerSpec,
        value: IntFormat,
        tick_ms: float = 1.0,
        step_bits: int = 16,
        family: Family | None = None,
        *,
        sliced: bool = False,
        o_slices: int = 0,
        order: tuple[int, int] | None = None,
        readout: ReadoutSpec | None = None,
    ) -> None:
        if spec.max_delay:
            raise ConfigError(
                f"layer '{spec.name}' must have max_delay = 0 with engine 'events', not"
                f" {spec.max_delay}."
            )
        family = family if family is not None else load_family("generic")
        synapse = kind_of(spec).pipeline(spec, value, tick_ms)
        self.lanes = EventLanes(spec, value, synapse, family)
        self.sets = self.lanes.sets
        self.sliced, self.o_slices = sliced, o_slices
        self.scanner = Scanner(
            spec.columns, value.width, sliced=sliced, constant=sliced and spec.bias_column
        )
        self.sequencer: EventSequencer | ConvSequencer = EventSequencer(
            spec, value.width, self.sets
        )
        self.order = (
            PlaceOrder(*order, self.scanner.columns, value.width) if order is not None else None
        )
        self.reader = SumReader(spec, self.sets)
        super().__init__(
            spec,
            value,
            step_bits,
            family,
            synapse=self.lanes.word_layout,
            delay=family.layer_delay,
            channels=self.scanner.chunk if sliced else None,
            o_channels=SLICE if o_slices else None,
            readout=readout,
        )

    @property
    def memory_bits(self) -> dict[str, int]:
        """Bits of the layer's memories."""
        sums = self.lanes.sum_words * self.lanes.current.shape().size
        return {**super().memory_bits, "sums": sums}

    @property
    def settling_clocks(self) -> int:
        """Clocks that a tick's end waits for the surplus lanes of the last group, and a readout.

        Their places in the neurons' row would be neurons of the next tick.
        """
        last_neuron = (self.spec.neurons - 1) % self.spec.lanes
        surplus = self.spec.lanes - (last_neuron + AHEAD + self.neurons.latency)
        return max(0, surplus, self.answer_clocks)

    @property
    def deciding_clocks(self) -> int:
        """Clocks from the finished sums of a tick to the transfer of its spikes."""
        spec = self.spec
        last_neuron = (spec.neurons - 1) % spec.lanes
        fetches = self.reader.slots * (spec.groups - 1) + self.sets
        after = self.lanes.latency + self.neurons.latency + last_neuron
        return fetches + after + self.settling_clocks + 1

    @property
    def event_clocks(self) -> int:
        """Most clocks of an event."""
        return self.spec.groups

    @property
    def reordering(self) -> int:
        """Clocks from the scanner to the sequencer."""
        return 0 if self.order is None else self.order.LATENCY

    def clocks(self, events: int) -> int:
        """Most clocks of a tick with so many events, if the layer was idle.

        That is from the transfer of its inputs to that of its spikes. The scanner works ahead of
        the lanes; that is not counted here, so that a tick may take as many clocks less as there
        are chunks of columns.
        """
        # A chunk takes a clock, each event one for each group; then the last sum is written. The
        # scanner's register and the sequencer's are the two clocks more.
        adding = self.scanner.chunks + 2 + self.reordering
        if events:
            adding += events * self.spec.groups + self.lanes.landed
        return adding + self.deciding_clocks

    @property
    def tick_clocks(self) -> int:
        """Most clocks from the transfer of the inputs to that of the spikes, all columns active."""
        return self.clocks(self.spec.columns)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.lanes = self.lanes
        m.submodules.scanner = self.scanner
        m.submodules.sequencer = self.sequencer
        m.submodules.reader = self.reader
        m.submodules.neurons = self.neurons
        tick = _Ticks(self)
        host = HostWords(self)
        self._start(m, tick, host)
        self._hand_over(m, tick)
        self._host_access(m, delays, tick, host)
        self._answer(m, tick, host, [word.as_value() for word in self.lanes.words])
        self._connect_lanes(m, tick, host)
        strobes = SumStrobes(self.lanes.announced, self.lanes.done, tick.hands_over, tick.fresh)
        self._connect_neurons(m, host, strobes)
        self._connect_readout(m, tick, host)
        self._collect_spikes(m, delays, tick, host)
        return m

    def _start(self, m: Module, tick: _Ticks, host: HostWords) -> None:
        """Begin a tick when no other adds up its events and the host asks for nothing."""
        # A recurrent layer takes the spikes of the tick before as columns.
        waits = tick.deciding if self.spec.recurrent else C(0, 1)
        may_begin = Signal(name="may_begin")
        m.d.comb += [
            tick.free.eq(~(tick.adding | tick.deciding | tick.waiting | host.reading)),
            # `load_now` in clock t writes the memory at the end of t: a tick begins behind it.
            may_begin.eq(
                ~(tick.adding | waits | host.reading | host.load_now)
                & ~(self.load.valid | self.read.valid)
            ),
            tick.begins.eq(self.i.valid & may_begin),
            self.idle.eq(tick.free),
            self.scanner.load.eq(tick.begins),
        ]
        if self.sliced:
            m.d.comb += [
                self.i.ready.eq(may_begin | self.scanner.wants),
                self.scanner.more.eq(self.i.valid),
                self.scanner.values.eq(self.i.payload.values),
            ]
        else:
            # `spikes` has no reset; before the first tick `fresh` makes it read as 0.
            columns = self._columns(gated(tick.spikes, by=~tick.fresh))
            m.d.comb += [
                self.i.ready.eq(may_begin),
                self.scanner.values.as_value().eq(columns),
            ]
        with m.If(tick.begins):
            m.d.sync += [tick.adding.eq(1), tick.step.eq(self.i.payload.step)]

    def _hand_over(self, m: Module, tick: _Ticks) -> None:
        """Hand the sums of a tick to the neurons when all is added and they are free."""
        m.d.comb += tick.hands_over.eq(
            self.sequencer.ended & ~self.lanes.in_flight & ~tick.deciding & ~tick.waiting
        )
        with m.If(tick.hands_over):
            m.d.sync += [
                tick.adding.eq(0),
                tick.deciding.eq(1),
                tick.bank.eq(~tick.bank),
                tick.decided_step.eq(tick.step),
            ]

    def _connect_lanes(self, m: Module, tick: _Ticks, host: HostWords) -> None:
        """Connect the lanes: in a clock all work on the same word, each for another neuron."""
        scanner, sequencer, reader = self.scanner, self.sequencer, self.reader
        fetch, events = reader.fetch, scanner.o_event
        if self.order is not None:
            m.submodules.order = self.order
            m.d.comb += [
                self.order.i_event.valid.eq(events.valid),
                self.order.i_event.payload.eq(events.payload),
                events.ready.eq(self.order.i_event.ready),
            ]
            events = self.order.o_event
        m.d.comb += [
            sequencer.i_event.valid.eq(events.valid),
            sequencer.i_event.payload.eq(events.payload),
            events.ready.eq(sequencer.i_event.ready),
            # A fetch takes the lanes' only read port, an event waits for a clock.
            sequencer.hold.eq(fetch),
            sequencer.restart.eq(tick.hands_over),
            reader.start.eq(tick.hands_over),
            reader.used.eq(sequencer.used),
            # The events' bank is `bank`, that of the neurons the other one.
            tick.place.group.eq(Mux(fetch, reader.group, sequencer.group)),
            tick.place.set.eq(Mux(fetch, reader.set, sequencer.set)[: len(tick.place.set)]),
            tick.place.bank.eq(tick.bank ^ fetch),
        ]
        lanes, loads = self.lanes, host.load_now & (host.loaded.space == Space.SYNAPSE)
        m.d.comb += [
            lanes.issue.eq(sequencer.issue),
            lanes.address.eq(sequencer.address),
            *([lanes.value.eq(sequencer.value)] if "value" in lanes.signature.members else []),
            lanes.place.eq(tick.place),
            lanes.first.eq(sequencer.first),
            lanes.fetch.eq(fetch),
            *([lanes.begin.eq(reader.begin)] if self.sets > 1 else []),
            lanes.counts.eq(reader.counts),
            lanes.last.eq(reader.last),
            lanes.host_address.eq(host.word[: len(lanes.address)]),
            lanes.load.eq(
                Cat(loads & equals(host.loaded.lane, number) for number in range(self.spec.lanes))
            ),
            lanes.load_data.as_value().eq(host.loaded.data[: lanes.word_layout.size]),
            self.neurons.sums.eq(lanes.current),
        ]

    def _collect_spikes(self, m: Module, delays: Delays, tick: _Ticks, host: HostWords) -> None:
        """Collect the spikes of a tick, and offer them after the last neuron's."""
        neurons = self.neurons
        taken = Signal(name="taken")  # the last transfer of the spikes
        if self.o_slices:
            self._collect_slices(m, tick, taken)
        else:
            m.d.comb += taken.eq(tick.waiting & self.o.ready)
            self._collect_word(m, tick.spikes)
        # `fresh` falls behind the last neuron: every read of the first tick needs it.
        last_spike = neurons.o_valid & neurons.o_last
        with m.If(delays.later(last_spike, self.settling_clocks, "last_spike", strobe=True)):
            m.d.sync += [tick.deciding.eq(0), tick.waiting.eq(1), tick.fresh.eq(0)]
        with m.Elif(host.load_now & (host.loaded.space == Space.CONTROL)):
            m.d.sync += tick.fresh.eq(host.loaded.data[0])
        with m.If(taken):
            m.d.sync += tick.waiting.eq(0)
        m.d.comb += [
            self.o.valid.eq(tick.waiting),
            self.o.payload.step.eq(tick.decided_step),
            self.o.payload.spikes.eq(tick.spikes[: len(self.o.payload.spikes)]),
        ]

    def _collect_slices(self, m: Module, tick: _Ticks, taken: Signal) -> None:
        """Shift the spikes in slice by slice, and out again slice by slice.

        `SLICE` at a time either way, so that no bit of the register has more than one source.
        """
        neurons = self.neurons
        behind = Signal(SLICE - 1, name="behind", reset_less=True)  # spikes of a slice so far
        place = Signal(range(SLICE), name="place_in_slice")
        given = Signal(range(max(2, self.o_slices)), name="given")
        complete, moves = Signal(name="complete"), Signal(name="moves")
        last = given == self.o_slices - 1
        slice_ = Cat(behind, neurons.o_spike)
        m.d.comb += [
            complete.eq(neurons.o_valid & place.all()),
            moves.eq(tick.waiting & self.o.ready),
            taken.eq(moves & last),
        ]
        with m.If(neurons.o_valid):
            m.d.sync += [behind.eq(slice_[1:]), place.eq(place + 1)]
        with m.If(complete | moves):
            m.d.sync += tick.spikes.eq(Cat(tick.spikes[SLICE:], slice_))
        with m.If(moves):
            m.d.sync += given.eq(gated(given + 1, by=~last))


class _Ticks:
    """Signals of the ticks under way, which the layer's blocks share.

    Members
    -------
    adding : high from the transfer of a tick's inputs until its sums are handed to the neurons.
    deciding : high from there to the spike of the last neuron.
    waiting : the spikes of a tick wait to be taken.
    spikes : spikes of the last tick; while it is decided those of its first neurons are at the top,
        and where they leave in slices, the next slice is at the bottom.
    step : number of the step of the tick whose events are added.
    decided_step : the same of the tick that is decided or waits.
    bank : bank of sums that events add to; the neurons have the other one.
    place : of the sum that the lanes read in this clock.
    fresh : no tick has ended since the reset; state is read as 0.
    begins : the inputs are transferred in this clock.
    hands_over : the sums of a tick are handed to the neurons in this clock.
    free : no tick is under way, no spikes wait, and no word is being read.
    """

    def __init__(self, layer: EventLayer) -> None:
        self.adding = Signal(name="adding")
        self.deciding = Signal(name="deciding")
        self.waiting = Signal(name="waiting")
        self.spikes = Signal(layer.spec.neurons, name="spikes", reset_less=True)
        self.step = Signal(layer.step_bits, name="step", reset_less=True)
        self.decided_step = Signal(layer.step_bits, name="decided_step", reset_less=True)
        self.bank = Signal(name="bank", reset_less=True)
        self.place = Signal(layer.lanes.place_layout, name="place")
        self.fresh = Signal(init=1, name="fresh")
        self.begins = Signal(name="begins")
        self.hands_over = Signal(name="hands_over")
        self.free = Signal(name="free")
