# amaranth: UnusedElaboratable=no
"""A trained layer: lanes of synapses, neurons, past inputs, and the sweep that drives them."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.families import Family, load_family
from sc_hw.parts.space import Space
from sc_hw.trained.history import History
from sc_hw.trained.lane import MEMORY, Lane
from sc_hw.trained.neurons import Neurons
from sc_hw.wires import Delays, choose, equals, gated
from sc_model.layer_kinds import kind_of
from sc_model.spec import IntFormat, TrainedLayerSpec


class TrainedLayer(wiring.Component):
    """`columns` x `neurons` synapses, and integrate-and-fire neurons, of any kind.

    A tick takes one transfer of stream `i` (the value of each input) and gives one of stream `o`
    (which neurons fire), both with the number of their step. Synapses are swept neuron by neuron,
    each lane one synapse a clock. Ticks do not overlap, so that no synapse is read before its last
    write has landed, whatever the size. Domain ``sync``.

    Latency: `tick_clocks` from the transfer of `i` to that of `o`. Throughput: one tick in
    `tick_clocks` + 1 clocks, if its spikes are taken at once; until then the layer stands still.

    Reset: at any time. It stops the tick under way and returns all state to that after power-on,
    which the first tick afterwards reads as 0. Loaded parameters survive it; at power-on they are
    undefined, so load them first.

    Parameters
    ----------
    spec : the layer.
    value : format of the value of each input.
    tick_ms : length of a step, in ms.
    step_bits : bits of a step's number.
    family : the fabric.

    Members
    -------
    i : {step, values}, the inputs of a tick.
    o : {step, spikes}, the neurons that fire in it.
    load : {space, lane, word, data}, a word that the host writes; accepted between ticks, before
        `read` and `i`.
    read : {space, lane, word}, a word that the host asks for; accepted between ticks, before `i`.
    readback : the word.
    idle : no tick is under way, no spikes wait, and no word is being read.

    Host access
    -----------
    SYNAPSE by lane and word; NEURON by word; CONTROL {fresh}; with delays HISTORY by column. The
    spikes of a recurrent layer's last tick are restored by loading all neurons in order.
    """

    def __init__(
        self,
        spec: TrainedLayerSpec,
        value: IntFormat,
        tick_ms: float = 1.0,
        step_bits: int = 16,
        family: Family | None = None,
    ) -> None:
        self.spec, self.value, self.step_bits = spec, value, step_bits
        self.family = family if family is not None else load_family("generic")
        synapse = kind_of(spec).pipeline(spec, value, tick_ms)
        self.lanes = [Lane(spec, value, tick_ms, synapse, self.family) for _ in range(spec.lanes)]
        self.neurons = Neurons(spec, value, self.family)
        self.history = History(spec, value) if spec.max_delay else None
        self.control_layout = data.StructLayout({"fresh": 1})
        self.spaces: dict[Space, data.StructLayout] = {
            Space.SYNAPSE: self.lanes[0].word_layout,
            Space.NEURON: self.neurons.fields,
            Space.CONTROL: self.control_layout,
        }
        if self.history is not None:
            self.spaces[Space.HISTORY] = self.history.layout
        self.data_bits = max(layout.size for layout in self.spaces.values())
        self.lane_bits = max(1, (spec.lanes - 1).bit_length())
        self.word_bits = max(len(self.lanes[0].address), self.neurons.index_bits, self.column_bits)
        place = {"space": Space, "lane": self.lane_bits, "word": self.word_bits}
        self.load_layout = data.StructLayout({**place, "data": self.data_bits})
        self.read_layout = data.StructLayout(place)
        self.i_layout = data.StructLayout(
            {"step": step_bits, "values": data.ArrayLayout(value.width, spec.inputs)}
        )
        self.o_layout = data.StructLayout({"step": step_bits, "spikes": spec.neurons})
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
    def column_bits(self) -> int:
        """Bits of a column's number."""
        return max(1, (self.spec.columns - 1).bit_length())

    @property
    def memory_bits(self) -> dict[str, int]:
        """Bits of the layer's memories."""
        history = (
            {"history": self.spec.columns * self.history.layout.size}
            if self.history is not None
            else {}
        )
        synapses = self.spec.lanes * self.spec.depth * self.lanes[0].word_layout.size
        return {
            "synapses": synapses,
            "neurons": self.spec.neurons * self.neurons.fields.size,
            **history,
        }

    @property
    def slots(self) -> int:
        """Clocks in which the lanes sweep one group of neurons.

        One for each column, and at least one for each lane: the sums of a group enter the neurons'
        pipeline one by one, and the next group's must not overtake them.
        """
        return max(self.spec.columns, self.spec.lanes)

    @property
    def tick_clocks(self) -> int:
        """Clocks from the transfer of the inputs to that of the spikes, if they are taken at once.

        The last synapse of the last group, its way through lane and neurons, the last group's
        other neurons, and the register of the spikes.
        """
        in_last_group = (self.spec.neurons - 1) % self.spec.lanes
        sweep = self.slots * (self.spec.groups - 1) + self.spec.columns
        return sweep + self.lanes[0].latency + self.neurons.latency + in_last_group + 1

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        for number, lane in enumerate(self.lanes):
            m.submodules[f"lane_{number}"] = lane
        m.submodules.neurons = self.neurons
        tick = _Tick(self)
        host = _Host(self)
        self._start(m, tick, host)
        self._sweep(m, tick)
        self._host_access(m, delays, tick, host)
        # the columns' values in the last ticks, MEMORY clocks after the issue of their synapses
        present = delays.later(tick.values[0], MEMORY, "present")
        past = [present]
        if self.history is not None:
            m.submodules.history = self.history
            self._connect_history(m, self.history, tick, host, present)
            past.append(self.history.past)
        self._answer(m, tick, host)
        self._connect_lanes(m, tick, host, Cat(past))
        self._connect_neurons(m, tick, host)
        self._collect_spikes(m, tick, host)
        return m

    def _columns(self, spikes: Value) -> Value:
        """Values of the columns in a tick: the inputs, the spikes of the tick before, and 1."""
        spec, width = self.spec, self.value.width
        own = [Cat(spike, C(0, width - 1)) for spike in spikes] if spec.recurrent else []
        return Cat(self.i.payload.values.as_value(), *own, *([C(1, width)] if spec.bias else []))

    def _start(self, m: Module, tick: _Tick, host: _Host) -> None:
        """A tick begins between ticks, when neither the host nor its last write is in the way."""
        m.d.comb += [
            tick.free.eq(~tick.ticking & ~tick.waiting & ~host.reading),
            self.i.ready.eq(tick.free & ~(self.load.valid | self.read.valid) & ~host.load_now),
            tick.begins.eq(self.i.valid & self.i.ready),
            self.idle.eq(tick.free),
        ]
        with m.If(tick.begins):
            m.d.sync += [
                tick.ticking.eq(1),
                tick.sweeping.eq(1),
                tick.step.eq(self.i.payload.step),
                tick.values.as_value().eq(self._columns(gated(tick.spikes, by=~tick.fresh))),
            ]

    def _sweep(self, m: Module, tick: _Tick) -> None:
        """Count slots and groups, and issue a synapse in each slot that has a column."""
        spec = self.spec
        last_group = tick.group == spec.groups - 1
        m.d.comb += [
            tick.last_group.eq(last_group),
            # a group with fewer columns than lanes ends in slots without a synapse
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
        with m.If(tick.issue):
            # rotate the inputs: the current column is always `values[0]`, so no multiplexer is
            # needed, and after a group they are back in place
            bits, width = tick.values.as_value(), self.value.width
            m.d.sync += [
                tick.address.eq(tick.address + 1),
                bits.eq(Cat(bits[width:], bits[:width])),
            ]
            with m.If(last_group & (tick.slot == spec.columns - 1)):
                m.d.sync += tick.address.eq(0)

    def _host_access(self, m: Module, delays: Delays, tick: _Tick, host: _Host) -> None:
        """Accept one word to write, or one to read, between ticks."""
        m.d.comb += [
            self.load.ready.eq(tick.free),
            # a read must not overtake the write before it
            self.read.ready.eq(tick.free & ~self.load.valid & ~host.load_now),
            host.read_now.eq(self.read.valid & self.read.ready),
            # one of the two at a time, else 0: the memories' addresses are ORs of host and sweep
            host.word.eq(
                gated(host.loaded.word, by=host.load_now)
                | gated(host.requested.word, by=host.reading)
            ),
        ]
        m.d.sync += [
            host.load_now.eq(self.load.valid & tick.free),
            host.loaded.eq(self.load.payload),
            host.arrived.eq(
                delays.later(host.read_now, MEMORY, "read", strobe=True)
                | (host.arrived & ~self.readback.ready)
            ),
        ]
        with m.If(host.read_now):
            m.d.sync += [host.reading.eq(1), host.requested.eq(self.read.payload)]
        with m.Elif(host.arrived & self.readback.ready):
            m.d.sync += host.reading.eq(0)

    def _answer(self, m: Module, tick: _Tick, host: _Host) -> None:
        """The word that the host has asked for."""
        space = host.requested.space
        words = choose(host.requested.lane, [lane.word.as_value() for lane in self.lanes])
        word = (
            gated(words, by=space == Space.SYNAPSE)
            | gated(self.neurons.word, by=space == Space.NEURON)
            | gated(tick.fresh, by=space == Space.CONTROL)
        )
        if self.history is not None:
            word |= gated(self.history.word, by=space == Space.HISTORY)
        m.d.comb += [self.readback.valid.eq(host.arrived), self.readback.payload.eq(word)]

    def _connect_history(
        self, m: Module, history: History, tick: _Tick, host: _Host, present: Value
    ) -> None:
        """The past of the column that is issued; the last group writes it one tick older."""
        m.d.comb += [
            history.column.eq(gated(tick.slot[: self.column_bits], by=tick.issue)),
            history.keep.eq(tick.issue & tick.last_group),
            history.present.eq(present),
            history.fresh.eq(tick.fresh),
            history.host_column.eq(host.word[: self.column_bits]),
            history.load.eq(host.load_now & (host.loaded.space == Space.HISTORY)),
            history.load_data.eq(host.loaded.data[: len(history.load_data)]),
        ]

    def _connect_lanes(self, m: Module, tick: _Tick, host: _Host, values: Value) -> None:
        """All lanes work on the same column, each for a neuron of its own."""
        for number, lane in enumerate(self.lanes):
            load_lane = (
                host.load_now
                & (host.loaded.space == Space.SYNAPSE)
                & equals(host.loaded.lane, number)
            )
            m.d.comb += [
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

    def _connect_neurons(self, m: Module, tick: _Tick, host: _Host) -> None:
        """The neurons take a group's sums; all lanes give theirs in the same clock."""
        neurons = self.neurons
        m.d.comb += [
            neurons.announce.eq(self.lanes[0].announced),
            neurons.take.eq(self.lanes[0].done),
            neurons.restart.eq(tick.begins),
            neurons.fresh.eq(tick.fresh),
            neurons.host_address.eq(host.word[: neurons.index_bits]),
            neurons.load.eq(host.load_now & (host.loaded.space == Space.NEURON)),
            neurons.load_data.eq(host.loaded.data[: neurons.fields.size]),
        ]

    def _collect_spikes(self, m: Module, tick: _Tick, host: _Host) -> None:
        """Shift in the spikes of the neurons, and offer them after the last one."""
        neurons = self.neurons
        with m.If(neurons.o_valid):
            m.d.sync += tick.spikes.eq(Cat(tick.spikes[1:], neurons.o_spike))
        if self.spec.recurrent:
            with m.Elif(neurons.load):  # a host that restores the neurons one after the other
                fired = data.View(neurons.fields, neurons.load_data).fired
                m.d.sync += tick.spikes.eq(Cat(tick.spikes[1:], fired))
        with m.If(neurons.o_valid & neurons.o_last):
            m.d.sync += [tick.ticking.eq(0), tick.waiting.eq(1), tick.fresh.eq(0)]
        with m.Elif(host.load_now & (host.loaded.space == Space.CONTROL)):
            m.d.sync += tick.fresh.eq(host.loaded.data[0])
        with m.If(tick.waiting & self.o.ready):
            m.d.sync += tick.waiting.eq(0)
        m.d.comb += [
            self.o.valid.eq(tick.waiting),
            self.o.payload.step.eq(tick.step),
            self.o.payload.spikes.eq(tick.spikes),
        ]


class _Tick:
    """Signals of the tick under way, which the layer's blocks share.

    Members
    -------
    ticking : from the transfer of the inputs to the last neuron.
    sweeping : slots are counted.
    issue : a synapse is read in this clock.
    values : values of the columns, the current one first.
    spikes : of the last tick; while a tick is under way, those of its neurons so far.
    step : number of the step.
    slot, group : place in the sweep.
    last_group : the sweep is in the last group of neurons.
    address : of the synapse in its lane.
    fresh : no tick has ended since the reset; state is read as 0.
    waiting : the spikes of a tick wait to be taken.
    begins : the inputs are transferred in this clock.
    free : between ticks, and no word is being read.
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


class _Host:
    """Signals of the host's access, which the layer's blocks share.

    Members
    -------
    load_now : the word in `loaded` is written in this clock. It stands in registers, near the
        memories, and has no reset: a write that has been accepted is carried out.
    loaded : what is written, and where.
    read_now : a request to read is accepted in this clock.
    reading : from then on until its word is taken.
    requested : the place that is read.
    arrived : its word is there.
    word : number of the word that is written or read, else 0.
    """

    def __init__(self, layer: TrainedLayer) -> None:
        self.load_now = Signal(name="load_now", reset_less=True)
        self.loaded = Signal(layer.load_layout, name="loaded", reset_less=True)
        self.read_now = Signal(name="read_now")
        self.reading = Signal(name="reading")
        self.requested = Signal(layer.read_layout, name="requested", reset_less=True)
        self.arrived = Signal(name="arrived")
        self.word = Signal(layer.word_bits, name="host")
