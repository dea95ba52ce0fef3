# amaranth: UnusedElaboratable=no
"""A trained layer whose work is in proportion to the spikes that a tick takes in."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
from amaranth.lib import data

from sc_hw.events.column_feed import ColumnFeed
from sc_hw.events.conv_sequencer import ConvSequencer
from sc_hw.events.lanes import EventLanes
from sc_hw.events.place_order import PlaceOrder
from sc_hw.events.reader import SumReader
from sc_hw.events.scanner import Scanner
from sc_hw.events.sequencer import EventSequencer
from sc_hw.events.sparse_sequencer import SparseSequencer
from sc_hw.events.wiper import SumWiper
from sc_hw.fabric.families import Family, load_family
from sc_hw.parts.space import Space
from sc_hw.trained.hosted import HostedLayer, HostWords, SumStrobes
from sc_hw.trained.lane import AHEAD
from sc_hw.trained.own_spikes import OwnSpikes
from sc_hw.trained.slice_queue import SliceQueue
from sc_hw.wires import Delays, choose, equals, gated
from sc_model.layer_kinds import kind_of
from sc_model.spec import SLICE, ConfigError, IntFormat, ReadoutSpec, TrainedLayerSpec


class EventLayer(HostedLayer):
    """A layer of `columns` x `neurons` synapses and its neurons, which adds up events.

    A tick takes one transfer of stream `i` and gives one of stream `o`, as in a `TrainedLayer`,
    with the same numbers. Only the columns that are not 0 cost something: the scanner makes an
    event of each, and an event takes one clock for each group of `lanes` neurons. Two banks of sums
    let the next tick's events be added while the neurons take the sums of the last one; with
    `recurrent` a tick waits for the spikes of the one before. With delays there are more
    banks, a ring that has one for each tick to come; an event adds each product to the sums of the
    tick in which it arrives, and costs no more clocks. Domain ``sync``.

    Latency: at most `tick_clocks` from the transfer of `i` to that of `o`, if the layer was idle
    and its spikes are taken at once; with fewer events it is shorter (`clocks`).

    Reset: at any time. It aborts the ticks under way, and the next tick reads all state as 0.
    Loaded parameters survive a reset; at power-on they are undefined, so load them first. With
    delays the sums are wiped after it, a word a clock; meanwhile the layer takes in nothing.

    Parameters
    ----------
    spec : the layer.
    value : format of the value of each input.
    tick_ms : length of a step, in ms.
    step_bits : bits of a step's number.
    family : the fabric.
    readout : what samples are answered by, or None.
    sliced : stream `i` gives the values of `SLICE` inputs a transfer, lowest inputs first, and
        as many transfers a tick as the columns need (`NetworkSpec.slices`). With `recurrent` the
        layer's own spikes lie in slices, too.
    o_slices : stream `o` gives `SLICE` spikes a transfer, in as many transfers, each as soon as its
        neurons are decided; those behind the last neuron's spike have no meaning. With `recurrent`
        only where the layer is `sliced`. 0: one transfer with all spikes.
    order : places and channels of the image whose spikes stream `i` gives place by place, as a
        `ConvLayer` does; None where it gives the inputs in their order. Only with `sliced`.
    sample_ticks : as of `HostedLayer`; only without delays, whose sums to come would go on.

    Raises
    ------
    ConfigError
        delays with `sample_ticks`.
    """

    feed: ColumnFeed | None = None  # in front of the scanner, where there are own spikes in slices

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
        readout: ReadoutSpec | None = None,
        order: tuple[int, int] | None = None,
        sample_ticks: int = 0,
    ) -> None:
        if sample_ticks and spec.max_delay:
            raise ConfigError(
                f"layer '{spec.name}' must have no delays with sample_steps in hardware, where"
                " events of a sample would arrive in the next one; take engine 'sweep', or leave"
                " out sample_steps."
            )
        family = family if family is not None else load_family("generic")
        synapse = kind_of(spec).pipeline(spec, value, tick_ms)
        # Events of a list add to sums that nothing else of the tick may have added to before.
        clears = True if spec.CONNECTIVITY == "sparse" else None
        self.lanes = EventLanes(spec, value, synapse, family, clears=clears)
        self.sets = self.lanes.sets
        self.sliced, self.o_slices = sliced, o_slices
        self.scanner = Scanner(
            spec.columns,
            value.width,
            sliced=sliced,
            constant=sliced and spec.bias_column,
            # Such an event keeps the sequencer for two clocks or more.
            spaced=spec.CONNECTIVITY == "full" and spec.groups > 1,
        )
        self.sequencer: EventSequencer | ConvSequencer | SparseSequencer
        self.sequencer = self._make_sequencer(spec, value)
        self.order = (
            PlaceOrder(*order, self.scanner.columns, value.width) if order is not None else None
        )
        self.reader = SumReader(spec, self.sets)
        self.queue: SliceQueue | None = None
        if o_slices:
            together, answers = spec.neurons_a_clock, readout is not None
            self.queue = SliceQueue(spec.neurons, o_slices, together, marks_last=answers)
        if sliced and spec.recurrent:
            self.own = OwnSpikes(spec.inputs, spec.neurons, spec.neurons_a_clock)
            self.feed = ColumnFeed(spec.inputs, spec.columns, value.width)
        has_wiper = self.lanes.clears
        self.wiper = SumWiper(self.lanes.sum_words, self.lanes.landed) if has_wiper else None
        place = self.lanes.place_layout
        sums = data.StructLayout({"arriving": self.lanes.current.shape().elem_shape})
        super().__init__(
            spec,
            value,
            step_bits,
            family,
            synapse=self._synapse_layout,
            lists=self._list_layout,
            history=sums if has_wiper else None,
            history_bits=int(place.size) if has_wiper else 0,
            delay=family.layer_delay,
            channels=self.scanner.chunk if sliced else None,
            o_channels=SLICE if o_slices else None,
            readout=readout,
            sample_ticks=sample_ticks,
        )

    def _make_sequencer(self, spec: Any, value: IntFormat) -> EventSequencer | SparseSequencer:
        """The sequencer of a layer with a synapse from each column to each neuron."""
        return EventSequencer(spec, value.width, self.sets)

    @property
    def _synapse_layout(self) -> data.StructLayout:
        """Fields of a synapse's word for the host."""
        return self.lanes.word_layout

    @property
    def _list_layout(self) -> data.StructLayout | None:
        """Fields of a column's word for the host; None where columns have no list."""
        return None

    @property
    def memory_bits(self) -> dict[str, int]:
        """Bits of the layer's memories."""
        sums = self.lanes.sum_words * self.lanes.current.shape().size
        others = {name: bits for name, bits in super().memory_bits.items() if name != "history"}
        spikes = {} if self.queue is None else {"spikes": self.queue.bits}
        own = {} if self.own is None else {"own_spikes": self.own.bits}
        return {**others, "sums": sums, **spikes, **own}

    @property
    def settling_clocks(self) -> int:
        """Clocks that a tick's end waits for what is still under way.

        That is the surplus lanes of the last group, whose places in the neurons' row would be
        neurons of the next tick; a readout; and the zeros that are written where sums were fetched.
        """
        turns = self.spec.group_turns
        last_neuron = (self.spec.turns - 1) % turns
        surplus = turns - (last_neuron + AHEAD + self.neurons.latency)
        decided = self.lanes.latency + self.neurons.latency + last_neuron
        zeros = self.lanes.landed - decided if self.lanes.clears else 0
        return max(0, surplus, zeros, self.answer_clocks)

    @property
    def deciding_clocks(self) -> int:
        """Clocks from the finished sums of a tick to the transfer of its spikes."""
        spec = self.spec
        last_neuron = (spec.turns - 1) % spec.group_turns
        fetches = self.reader.slots * (spec.groups - 1) + self.sets
        after = self.lanes.latency + self.neurons.latency + last_neuron
        leaving = 1 if self.queue is None else 1 + self.queue.latency
        return fetches + after + self.settling_clocks + leaving

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
        self._place_neurons(m)
        if self.wiper is not None:
            m.submodules.wiper = self.wiper
        tick = _Ticks(self)
        host = HostWords(self)
        self._start(m, tick, host)
        self._hand_over(m, tick)
        self._host_access(m, delays, tick, host)
        words = [word.as_value() for word in self.lanes.words]
        if self.lanes.clears:
            stored = [Value.cast(word).as_unsigned() for word in self.lanes.stored]
            self._answer(m, tick, host, words, choose(host.requested.lane, stored))
        else:
            self._answer(m, tick, host, words)
        self._connect_lanes(m, tick, host)
        strobes = SumStrobes(self.lanes.announced, self.lanes.done, tick.hands_over, tick.fresh)
        self._connect_neurons(m, host, strobes)
        self._connect_readout(m, tick, host, self.queue)
        self._collect_spikes(m, delays, tick, host)
        return m

    def _start(self, m: Module, tick: _Ticks, host: HostWords) -> None:
        """Begin a tick when the scanner is free and the host asks for nothing.

        While the events of a tick are added, the scanner may be one tick ahead.
        """
        # A recurrent layer takes the spikes of the tick before as columns.
        waits = tick.adding | tick.deciding if self.spec.recurrent else self.scanner.busy
        if self.own is not None and "recent" in self.own.signature.members:
            waits |= self.own.recent  # a tick's first chunk is read in the clock before it
        wiping = C(0, 1) if self.wiper is None else self.wiper.busy
        may_begin = Signal(name="may_begin")
        m.d.comb += [
            tick.free.eq(~(tick.adding | tick.deciding | tick.waiting | host.reading | wiping)),
            # `load_now` in clock t writes the memory at the end of t: a tick begins behind it.
            may_begin.eq(
                ~(waits | tick.ahead | host.reading | host.load_now | wiping)
                & ~(self.load.valid | self.read.valid)
            ),
            tick.begins.eq(self.i.valid & may_begin),
            self.idle.eq(tick.free),
            self.scanner.load.eq(tick.begins),
        ]
        if self.own is not None and self.feed is not None:
            self._feed_columns(m, self.own, self.feed, tick, may_begin)
        elif self.sliced:
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
            m.d.sync += [tick.step.eq(self.i.payload.step), tick.step_before.eq(tick.step)]
        m.d.sync += [
            tick.adding.eq(tick.begins | tick.ahead | (tick.adding & ~tick.hands_over)),
            tick.ahead.eq((tick.ahead | (tick.begins & tick.adding)) & ~tick.hands_over),
        ]

    def _feed_columns(
        self, m: Module, own: OwnSpikes, feed: ColumnFeed, tick: _Ticks, may_begin: Value
    ) -> None:
        """Hand the scanner the slices of inputs, and behind them those of the tick before."""
        scanner = self.scanner
        m.submodules.feed = feed
        m.d.comb += [
            feed.load.eq(tick.begins),
            feed.wants.eq(scanner.wants),
            feed.valid.eq(self.i.valid),
            feed.inputs.eq(self.i.payload.values),
            # What is kept has no reset; before the first tick `fresh` makes it read as 0.
            feed.own.eq(gated(own.found, by=~tick.fresh)),
            own.slice.eq(feed.slice[: len(own.slice)]),
            self.i.ready.eq(may_begin | feed.ready),
            scanner.more.eq(feed.more),
            scanner.values.eq(feed.values),
        ]

    def _hand_over(self, m: Module, tick: _Ticks) -> None:
        """Hand the sums of a tick to the neurons when all is added and they are free."""
        m.d.comb += tick.hands_over.eq(
            self.sequencer.ended & ~self.lanes.in_flight & ~tick.deciding & ~tick.waiting
        )
        with m.If(tick.hands_over):
            m.d.sync += [
                tick.deciding.eq(1),
                tick.bank.eq(~tick.bank if self.wiper is None else tick.next_bank),
                tick.decided_step.eq(Mux(tick.ahead, tick.step_before, tick.step)),
            ]
        if self.wiper is not None:
            last = self.spec.banks - 1
            m.d.comb += tick.next_bank.eq(gated(tick.bank + 1, by=tick.bank != last))
            with m.If(tick.hands_over):
                m.d.sync += tick.decided_bank.eq(tick.bank)

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
        ]
        self._place_sums(m, tick, host)
        lanes, loads = self.lanes, host.load_now & (host.loaded.space == Space.SYNAPSE)
        m.d.comb += [
            lanes.issue.eq(sequencer.issue),
            lanes.address.eq(sequencer.address),
            *([lanes.value.eq(sequencer.value)] if "value" in lanes.signature.members else []),
            lanes.place.eq(tick.place),
            lanes.fetch.eq(fetch),
            *([lanes.begin.eq(reader.begin)] if self.sets > 1 else []),
            lanes.last.eq(reader.last),
            lanes.host_address.eq(host.word[: len(lanes.address)]),
            lanes.load.eq(
                Cat(loads & equals(host.loaded.lane, number) for number in range(self.spec.lanes))
            ),
            lanes.load_data.as_value().eq(host.loaded.data[: lanes.word_layout.size]),
        ]
        self._hand_sums(m, lanes.current)

    def _place_sums(self, m: Module, tick: _Ticks, host: HostWords) -> None:
        """Say where the sums of this clock's access are, and what they were before."""
        sequencer, reader, lanes, wiper = self.sequencer, self.reader, self.lanes, self.wiper
        fetch = reader.fetch
        group = Mux(fetch, reader.group, sequencer.group)
        number = Mux(fetch, reader.set, sequencer.set)[: len(tick.place.set)]
        if wiper is None:
            m.d.comb += [
                tick.place.group.eq(group),
                tick.place.set.eq(number),
                # The events' bank is `bank`, that of the neurons the other one.
                tick.place.bank.eq(tick.bank ^ fetch),
                lanes.first.eq(sequencer.first),
                lanes.counts.eq(reader.counts),
            ]
            return
        place = Cat(group, number, Mux(fetch, tick.decided_bank, tick.bank))
        loads = host.load_now & (host.loaded.space == Space.HISTORY)
        restored = host.load_now & (host.loaded.space == Space.CONTROL)
        host_place = data.View(lanes.place_layout, host.word[: len(place)])
        banks = self.spec.banks
        ahead = Signal(range(2 * banks), name="host_ahead")
        m.d.comb += [
            # The host counts banks from that of the next tick.
            ahead.eq(tick.bank + host_place.bank),
            lanes.host_place.group.eq(host_place.group),
            lanes.host_place.set.eq(host_place.set),
            lanes.host_place.bank.eq(Mux(ahead >= banks, ahead - banks, ahead)),
            tick.place.as_value().eq(Mux(wiper.busy, wiper.place, place)[: len(place)]),
            lanes.wipe.eq(wiper.wipe),
            # Before the first tick all sums are 0, also where a host says that none has been.
            wiper.restart.eq(restored & host.loaded.data[0]),
            lanes.host.eq(host.reading | host.load_now),
            lanes.load_sum.eq(
                Cat(loads & equals(host.loaded.lane, number) for number in range(self.spec.lanes))
            ),
            lanes.load_sum_data.eq(host.loaded.data[: len(Value.cast(lanes.load_sum_data))]),
        ]

    def _collect_spikes(self, m: Module, delays: Delays, tick: _Ticks, host: HostWords) -> None:
        """Collect the spikes of a tick; a word is offered at its end, slices before."""
        neurons, queue, settling = self.neurons, self.queue, self.settling_clocks
        last_spike = neurons.o_valid & neurons.o_last
        ends = delays.later(last_spike, settling, "last_spike", strobe=True)
        taken = Signal(name="taken")  # the last transfer of the spikes
        m.d.comb += self.o.payload.step.eq(tick.decided_step)
        if queue is not None:
            over = self._connect_queue(m, delays, queue, tick.hands_over, ends)
            m.d.comb += taken.eq(over)
        else:
            self._collect_word(m, tick.spikes)
            m.d.comb += [
                taken.eq(tick.waiting & self.o.ready),
                self.o.valid.eq(tick.waiting),
                self.o.payload.spikes.eq(self._in_order(m, tick.spikes)),
            ]
        if self.own is not None:
            self._keep_spikes(m, self.own, host)
        # `fresh` falls behind the last neuron: every read of the first tick needs it.
        anew = self._sample_over(m, ends)
        with m.If(ends):
            m.d.sync += [tick.deciding.eq(0), tick.waiting.eq(1), tick.fresh.eq(anew)]
        with m.Elif(host.load_now & (host.loaded.space == Space.CONTROL)):
            m.d.sync += tick.fresh.eq(host.loaded.data[0])
        with m.If(taken):
            m.d.sync += tick.waiting.eq(0)

    def _in_order(self, m: Module, spikes: Value) -> Value:
        """The spikes of a tick in the order of the model."""
        return spikes


class _Ticks:
    """Signals of the ticks under way, which the layer's blocks share.

    Members
    -------
    adding : high from the transfer of a tick's inputs until its sums are handed to the neurons.
    ahead : the inputs of the tick behind that one have been transferred, too.
    deciding : high from there to the spike of the last neuron.
    waiting : the spikes of a tick wait to be taken.
    spikes : spikes of the last tick, where they leave as a word; while it is decided those of its
        first neurons are at the top.
    step, step_before : numbers of the steps of the tick whose inputs were transferred last, and of
        the one before.
    decided_step : the same of the tick that is decided or waits.
    bank : bank of sums of the tick whose events are added; without delays the neurons have the
        other one.
    next_bank, decided_bank : with delays: of the tick behind it, and of that which is decided.
    place : of the sum that the lanes read in this clock.
    fresh : no tick has ended since the reset; state is read as 0.
    begins : the inputs are transferred in this clock.
    hands_over : the sums of a tick are handed to the neurons in this clock.
    free : no tick is under way, no spikes wait, and no word is being read.
    """

    def __init__(self, layer: EventLayer) -> None:
        self.adding = Signal(name="adding")
        self.ahead = Signal(name="ahead")
        self.deciding = Signal(name="deciding")
        self.waiting = Signal(name="waiting")
        self.spikes = Signal(layer.spec.neurons, name="spikes", reset_less=True)
        self.step = Signal(layer.step_bits, name="step", reset_less=True)
        self.step_before = Signal(layer.step_bits, name="step_before", reset_less=True)
        self.decided_step = Signal(layer.step_bits, name="decided_step", reset_less=True)
        bits = layer.lanes.place_layout["bank"].width
        # Of more than two banks a number may be none; that of a bit may be anything.
        self.bank = Signal(bits, name="bank", reset_less=layer.wiper is None)
        self.next_bank = Signal(bits, name="next_bank")
        self.decided_bank = Signal(bits, name="decided_bank")
        self.place = Signal(layer.lanes.place_layout, name="place")
        self.fresh = Signal(init=1, name="fresh")
        self.begins = Signal(name="begins")
        self.hands_over = Signal(name="hands_over")
        self.free = Signal(name="free")
