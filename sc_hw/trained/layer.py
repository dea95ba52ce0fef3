# amaranth: UnusedElaboratable=no
"""A trained layer: lanes of synapses, neurons, past inputs, and the counters of the sweep."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data

from sc_hw.fabric.families import Family, load_family
from sc_hw.parts.space import Space
from sc_hw.parts.state_memory import WRITE
from sc_hw.trained.column_store import ColumnStore
from sc_hw.trained.history import History
from sc_hw.trained.hosted import HostedLayer, HostWords, SumStrobes
from sc_hw.trained.lane import AHEAD, MEMORY, Lane
from sc_hw.trained.own_spikes import OwnSpikes
from sc_hw.trained.slice_queue import SliceQueue
from sc_hw.wires import Delays, equals, gated
from sc_model.layer_kinds import kind_of
from sc_model.spec import SLICE, IntFormat, ReadoutSpec, TrainedLayerSpec


class TrainedLayer(HostedLayer):
    """A layer of `columns` x `neurons` synapses and its neurons, of any `LayerKind`.

    A tick takes one transfer of stream `i` (the value of each input) and gives one of stream `o`
    (the neurons that fire), both with the number of their step. The lanes work side by side. Each
    updates the synapses of one neuron after the other, one synapse a clock. Ticks do not overlap,
    and each ends after its last write (`settling_clocks`), so no read of a tick or of the host
    meets a write. Domain ``sync``.

    Latency: `tick_clocks` from the transfer of `i` to that of `o`. Throughput: one tick in
    `tick_clocks` + 1 clocks, if its spikes are taken at once; until then the layer stands still.

    Reset: at any time. It aborts the tick under way, and the next tick reads all state as 0. Loaded
    parameters survive a reset; at power-on they are undefined, so load them first.

    Parameters
    ----------
    spec : the layer.
    value : format of the value of each input.
    tick_ms : length of a step, in ms.
    step_bits : bits of a step's number.
    family : the fabric.
    readout : what samples are answered by, or None.
    sliced : stream `i` gives the values of `SLICE` inputs a transfer, which go into a memory; a
        tick begins with the last of them (`NetworkSpec.slices`). With `recurrent` the layer's own
        spikes lie in slices, too.
    o_slices : stream `o` gives `SLICE` spikes a transfer, in as many transfers, each as soon as its
        neurons are decided; those behind the last neuron's spike have no meaning. With `recurrent`
        only where the layer is `sliced`. 0: one transfer with all spikes.
    sample_ticks : as of `HostedLayer`.
    """

    def __init__(
        self,
        spec: TrainedLayerSpec,
        value: IntFormat,
        tick_ms: float = 1.0,
        step_bits: int = 16,
        family: Family | None = None,
        readout: ReadoutSpec | None = None,
        *,
        sliced: bool = False,
        o_slices: int = 0,
        sample_ticks: int = 0,
    ) -> None:
        family = family if family is not None else load_family("generic")
        synapse = kind_of(spec).pipeline(spec, value, tick_ms)
        self.lanes = [Lane(spec, value, tick_ms, synapse, family) for _ in range(spec.lanes)]
        self.history = History(spec, value) if spec.max_delay else None
        inputs = None
        if sliced and spec.recurrent:
            inputs = spec.inputs
            # A tick's neurons are decided while its columns are still read.
            self.own = OwnSpikes(inputs, spec.neurons, banks=2)
        self.store = (
            ColumnStore(spec.columns, value.width, constant=spec.bias, inputs=inputs)
            if sliced
            else None
        )
        self.queue = (
            SliceQueue(spec.neurons, o_slices, marks_last=readout is not None) if o_slices else None
        )
        super().__init__(
            spec,
            value,
            step_bits,
            family,
            synapse=self.lanes[0].word_layout,
            history=None if self.history is None else self.history.layout,
            channels=SLICE if sliced else None,
            o_channels=SLICE if o_slices else None,
            readout=readout,
            sample_ticks=sample_ticks,
        )

    @property
    def memory_bits(self) -> dict[str, int]:
        """Bits of the layer's memories."""
        columns = {} if self.store is None else {"columns": self.store.bits}
        spikes = {} if self.queue is None else {"spikes": self.queue.bits}
        own = {} if self.own is None else {"own_spikes": self.own.bits}
        return {**super().memory_bits, **columns, **spikes, **own}

    @property
    def slots(self) -> int:
        """Clocks in which the lanes sweep one group of neurons.

        One for each column, and at least one for each lane: the neurons' pipeline takes the sums of
        a group one by one, and must have taken the last one when the next group's arrive.
        """
        return max(self.spec.columns, self.spec.lanes)

    @property
    def deciding_clocks(self) -> int:
        """Clocks from the issue of a tick's last synapse to the spike of its last neuron.

        That synapse's way through lane and neurons, and a clock for each other neuron of its group.
        """
        in_last_group = (self.spec.neurons - 1) % self.spec.lanes
        return self.lanes[0].latency + self.neurons.latency + in_last_group

    @property
    def settling_clocks(self) -> int:
        """Clocks that a tick's end waits for what is still in flight.

        That is the last synapse's state on its way to its memory, and the places of the last
        group's surplus lanes in the neurons' row: in the next tick they would be neurons. And the
        answer of a readout.
        0 without one for the built-in kinds, whose product is made of the next state (so that its
        sum is later
        than the state), unless far more lanes are surplus than the neurons' pipeline has stages. A
        kind may have a state that takes longer than its product.
        """
        # The soonest access after the last spike: `waiting` and `free` each take a clock, and a
        # third passes from the accepted request to its address.
        last_neuron = (self.spec.neurons - 1) % self.spec.lanes
        state = self.lanes[0].state_ready + WRITE - (self.deciding_clocks + 3)
        # A place of the row has its turn AHEAD clocks before its sum, as the last neuron had.
        surplus = self.spec.lanes - (last_neuron + AHEAD + self.neurons.latency)
        return max(0, state, surplus, self.answer_clocks)

    @property
    def tick_clocks(self) -> int:
        """Clocks from the transfer of the inputs to that of the spikes, if they are taken at once.

        The sweep up to the last synapse, its way to the last spike, and the register that collects
        the spikes. Where inputs or spikes are slices, from or to the last one's transfer.
        """
        sweep = self.slots * (self.spec.groups - 1) + self.spec.columns
        leaving = 1 if self.queue is None else self.queue.latency
        return sweep + self.deciding_clocks + self.settling_clocks + leaving

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        for number, lane in enumerate(self.lanes):
            m.submodules[f"lane_{number}"] = lane
        m.submodules.neurons = self.neurons
        tick = _Tick(self)
        host = HostWords(self)
        self._start(m, tick, host)
        self._sweep(m, tick)
        self._host_access(m, delays, tick, host)
        # The column's present value waits for the past ones, which come out of a memory. Without
        # delays it waits as well: the synapse's own words take MEMORY clocks in any case.
        if self.store is None:
            present = delays.later(tick.values[0], MEMORY, "present")
        else:
            present = self._connect_store(m, self.store, tick)
        past = [present]
        if self.history is not None:
            m.submodules.history = self.history
            self._connect_history(m, self.history, tick, host, present)
            past.append(self.history.past)
        words = [lane.word.as_value() for lane in self.lanes]
        self._answer(m, tick, host, words, None if self.history is None else self.history.word)
        self._connect_lanes(m, tick, host, Cat(past))
        # All lanes have the same latency, so that the strobes of lane 0 hold for each of them.
        first = self.lanes[0]
        strobes = SumStrobes(first.announced, first.done, tick.begins, tick.fresh)
        self._connect_neurons(m, host, strobes)
        self._connect_readout(m, tick, host, self.queue)
        self._collect_spikes(m, delays, tick, host)
        return m

    def _start(self, m: Module, tick: _Tick, host: HostWords) -> None:
        """Begin a tick when no other is under way and the host has finished its access."""
        m.d.comb += [
            tick.free.eq(~tick.ticking & ~tick.waiting & ~host.reading),
            # `load_now` in clock t writes the memory at the end of t + 1. A tick that began in t
            # would read its first synapse in t + 1 and meet that write: it begins a clock later.
            self.i.ready.eq(tick.free & ~(self.load.valid | self.read.valid) & ~host.load_now),
            tick.begins.eq(self._last_transfer),
            self.idle.eq(tick.free),
        ]
        with m.If(tick.begins):
            m.d.sync += [
                tick.ticking.eq(1),
                tick.sweeping.eq(1),
                tick.step.eq(self.i.payload.step),
            ]
            if self.store is None:
                # `spikes` has no reset; before the first tick `fresh` makes it read as 0.
                columns = self._columns(gated(tick.spikes, by=~tick.fresh))
                m.d.sync += tick.values.as_value().eq(columns)

    @property
    def _last_transfer(self) -> Value:
        """Whether the last transfer of a tick's inputs is made in this clock."""
        transfer = self.i.valid & self.i.ready
        return transfer if self.store is None else transfer & self.store.last

    def _connect_store(self, m: Module, store: ColumnStore, tick: _Tick) -> Value:
        """Keep the slices of a tick; the value of the issued column, `MEMORY` clocks later."""
        m.submodules.columns = store
        m.d.comb += [
            store.write.eq(self.i.valid & self.i.ready),
            store.slice.eq(self.i.payload.values.as_value()),
            store.column.eq(tick.slot[: self.column_bits]),
        ]
        if (own := self.own) is not None:
            m.d.comb += [
                own.slice.eq(store.own_slice[: len(own.slice)]),
                # What is kept has no reset; before the first tick `fresh` makes it read as 0.
                store.own.eq(gated(own.found, by=~tick.fresh)),
            ]
        return store.value

    def _sweep(self, m: Module, tick: _Tick) -> None:
        """Count slots and groups, and issue a synapse in each slot that has a column."""
        spec = self.spec
        last_group = tick.group == spec.groups - 1
        m.d.comb += [
            tick.last_group.eq(last_group),
            # With fewer columns than lanes the last slots of a group issue nothing: they are there
            # for the neurons to catch up (see `slots`).
            tick.issue.eq(tick.sweeping & (tick.slot < spec.columns))
            if self.slots > spec.columns
            else tick.issue.eq(tick.sweeping),
        ]
        with m.If(tick.sweeping):
            m.d.sync += tick.slot.eq(tick.slot + 1)
            with m.If(tick.slot == self.slots - 1):
                m.d.sync += [tick.slot.eq(0), tick.group.eq(tick.group + 1)]
                with m.If(last_group):
                    m.d.sync += [tick.sweeping.eq(0), tick.group.eq(0)]
        # The address counts on from group to group; only the last synapse returns it to 0, for the
        # depth of a lane need not be a power of two.
        with m.If(tick.issue):
            # rotate the inputs: the current column is always `values[0]`, so no multiplexer is
            # needed, and after a group they are back in place
            bits, width = tick.values.as_value(), self.value.width
            m.d.sync += tick.address.eq(tick.address + 1)
            if self.store is None:
                m.d.sync += bits.eq(Cat(bits[width:], bits[:width]))
            with m.If(last_group & (tick.slot == spec.columns - 1)):
                m.d.sync += tick.address.eq(0)

    def _connect_history(
        self, m: Module, history: History, tick: _Tick, host: HostWords, present: Value
    ) -> None:
        """Read the past of each issued column; the last group writes it back one tick older."""
        m.d.comb += [
            # The history's address must be 0 where the host has one (see `History.column`).
            history.column.eq(gated(tick.slot[: self.column_bits], by=tick.issue)),
            # Only the last group ages a column: the groups before it must all see the same past.
            history.keep.eq(tick.issue & tick.last_group),
            history.present.eq(present),
            history.fresh.eq(tick.fresh),
            history.host_column.eq(host.word[: self.column_bits]),
            history.load.eq(host.load_now & (host.loaded.space == Space.HISTORY)),
            history.load_data.eq(host.loaded.data[: len(history.load_data)]),
        ]

    def _connect_lanes(self, m: Module, tick: _Tick, host: HostWords, values: Value) -> None:
        """Connect the lanes: in a clock all work on the same column, each for another neuron."""
        for number, lane in enumerate(self.lanes):
            load_lane = (
                host.load_now
                & (host.loaded.space == Space.SYNAPSE)
                & equals(host.loaded.lane, number)
            )
            m.d.comb += [
                # Lanes in lockstep share address, column and flags, and only the sums differ.
                lane.issue.eq(tick.issue),
                lane.address.eq(gated(tick.address, by=tick.sweeping)),
                lane.values.as_value().eq(values),
                lane.fresh.eq(tick.fresh),
                lane.first.eq(~tick.slot.any()),
                lane.last.eq(tick.slot == self.spec.columns - 1),
                lane.host_address.eq(host.word[: len(lane.address)]),
                lane.load.eq(load_lane),
                lane.load_data.as_value().eq(host.loaded.data[: lane.word_layout.size]),
                self.neurons.sums[number].eq(lane.current),
            ]

    def _collect_spikes(self, m: Module, delays: Delays, tick: _Tick, host: HostWords) -> None:
        """Collect the spikes of a tick; a word is offered at its end, slices before."""
        neurons = self.neurons
        last_spike = neurons.o_valid & neurons.o_last
        if self.queue is None:
            # The columns have copied the last tick's spikes by then.
            self._collect_word(m, tick.spikes)
        if self.own is not None:
            self._keep_spikes(m, self.own, host)
        # `fresh` falls behind the last neuron: every read of the first tick needs it.
        ends = delays.later(last_spike, self.settling_clocks, "last_spike", strobe=True)
        anew = self._sample_over(m, ends)
        with m.If(ends):
            m.d.sync += [tick.ticking.eq(0), tick.waiting.eq(1), tick.fresh.eq(anew)]
        with m.Elif(host.load_now & (host.loaded.space == Space.CONTROL)):
            m.d.sync += tick.fresh.eq(host.loaded.data[0])
        if self.queue is not None:
            transfer = self._connect_queue(m, delays, self.queue, tick.begins, ends)
        else:
            transfer = tick.waiting & self.o.ready
        with m.If(transfer):
            m.d.sync += tick.waiting.eq(0)
        m.d.comb += self.o.payload.step.eq(tick.step)
        if self.queue is None:
            m.d.comb += [self.o.valid.eq(tick.waiting), self.o.payload.spikes.eq(tick.spikes)]


class _Tick:
    """Signals of a tick, which the layer's blocks share.

    Members
    -------
    ticking : high from the transfer of the inputs to the spike of the last neuron.
    sweeping : high while slots are counted.
    issue : each lane reads a synapse in this clock.
    values : values of the columns, the column of the current slot first; where they come as a word.
    spikes : spikes of the last tick, where they leave as a word; during a tick those of its first
        neurons are at the top.
    step : number of the tick's step.
    slot : number of the clock in the sweep of a group, in [0, slots).
    group : number of the group that is swept.
    last_group : `group` is the last one.
    address : number of the current synapse in its lane.
    fresh : no tick has ended since the reset; state is read as 0.
    waiting : the spikes of a tick wait to be taken.
    begins : the inputs are transferred in this clock.
    free : no tick is under way, no spikes wait, and no word is being read.
    """

    def __init__(self, layer: TrainedLayer) -> None:
        spec = layer.spec
        self.ticking = Signal(name="ticking")
        self.sweeping = Signal(name="sweeping")
        self.issue = Signal(name="issue")
        self.values = Signal(
            data.ArrayLayout(layer.value.width, spec.columns), name="values", reset_less=True
        )
        self.spikes = Signal(spec.neurons, name="spikes", reset_less=True)
        self.step = Signal(layer.step_bits, name="step", reset_less=True)
        self.slot = Signal(range(layer.slots), name="slot")
        self.group = Signal(range(spec.groups), name="group")
        self.last_group = Signal(name="last_group")
        self.address = Signal(len(layer.lanes[0].address), name="address")
        self.fresh = Signal(init=1, name="fresh")
        self.waiting = Signal(name="waiting")
        self.begins = Signal(name="begins")
        self.free = Signal(name="free")
