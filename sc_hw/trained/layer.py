# amaranth: UnusedElaboratable=no
"""A layer that does not learn: its columns, lanes and neurons, tick by tick."""

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
    """`columns` x `neurons` synapses, and integrate-and-fire neurons.

    A tick takes one transfer of stream `i` (what came in for each input) and gives one of stream
    `o` (which neurons fire), both with the number of their step. What the layer has for columns
    beside its inputs, see `sc_model.spec.TrainedLayerSpec`. Synapses are swept neuron by neuron,
    each lane one synapse a clock; a tick takes `tick_clocks`, while the lanes stand still between
    ticks. Ticks do not overlap, so no synapse is read before its last write has landed, whatever
    the size.

    Domain ``sync``. A reset stops the tick under way and puts all state to its initial one (it is
    read as 0 in the first tick afterwards); what is loaded survives it, and is not defined at
    power-on: load it first.

    Parameters
    ----------
    spec : the layer.
    value : format of what comes in, of each input.
    tick_ms : length of a step, in ms.
    step_bits : of a step's number.
    family : the fabric.

    Members
    -------
    i : {step, values}.
    o : {step, spikes}.
    load, read, readback : host access between ticks; the host goes first. Spaces SYNAPSE by lane
        and word, NEURON by word, CONTROL {fresh}, and with delays HISTORY by column. To restore
        what a recurrent layer fired, load all its neurons in turn.
    idle : no tick is under way and no output waits.
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
        """Clocks of a group of neurons: one for each column, but as many as there are lanes, whose
        sums leave one by one.
        """
        return max(self.spec.columns, self.spec.lanes)

    @property
    def tick_clocks(self) -> int:
        """Clocks from the transfer of what came in to that of the spikes, where both are taken at
        once.
        """
        in_last_group = (self.spec.neurons - 1) % self.spec.lanes
        sweep = self.slots * (self.spec.groups - 1) + self.spec.columns
        return sweep + self.lanes[0].latency + self.neurons.latency + in_last_group + 1

    def _columns(self, spikes: Value) -> Value:
        """What the columns are in a tick: inputs, the spikes of the tick before, 1."""
        spec, width = self.spec, self.value.width
        own = [Cat(spike, C(0, width - 1)) for spike in spikes] if spec.recurrent else []
        return Cat(self.i.payload.values.as_value(), *own, *([C(1, width)] if spec.bias else []))

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        spec = self.spec
        for number, lane in enumerate(self.lanes):
            m.submodules[f"lane_{number}"] = lane
        m.submodules.neurons = neurons = self.neurons
        address_bits = len(self.lanes[0].address)

        # --- the tick -----------------------------------------------------------------------------
        ticking = Signal()
        sweeping = Signal()
        # A synapse is read in this clock; low in the pause behind a group that is shorter than its
        # slots
        issue = Signal()
        values = Signal(data.ArrayLayout(self.value.width, spec.columns), reset_less=True)
        spikes = Signal(
            spec.neurons, reset_less=True
        )  # of the last tick, and after it the next one
        step = Signal(self.step_bits, reset_less=True)
        slot = Signal(range(self.slots))
        group = Signal(range(spec.groups))
        address = Signal(address_bits)
        fresh = Signal(init=1)
        waiting = Signal()  # the spikes of a tick wait to be taken
        host_wants = self.load.valid | self.read.valid
        reading = Signal()
        begins = Signal()
        free = Signal()
        # what the host loads stands in registers, so that it is near the memories; a reset does not
        # stop it on its way
        load_now = Signal(reset_less=True)
        m.d.comb += [
            free.eq(~ticking & ~waiting & ~reading),
            self.i.ready.eq(free & ~host_wants & ~load_now),
            begins.eq(self.i.valid & self.i.ready),
            self.idle.eq(free),
            issue.eq(sweeping & (slot < spec.columns))
            if self.slots > spec.columns
            else issue.eq(sweeping),
        ]
        last_slot = slot == self.slots - 1
        last_group = group == spec.groups - 1
        with m.If(begins):
            m.d.sync += [ticking.eq(1), sweeping.eq(1), step.eq(self.i.payload.step)]
            m.d.sync += values.as_value().eq(self._columns(gated(spikes, by=~fresh)))
        with m.If(sweeping):
            m.d.sync += [slot.eq(slot + 1)]
            with m.If(last_slot):
                m.d.sync += [slot.eq(0), group.eq(group + 1)]
                with m.If(last_group):
                    m.d.sync += [sweeping.eq(0), group.eq(0)]
        with m.If(issue):
            # what came in goes round, so that no column has to be looked up
            bits = values.as_value()
            m.d.sync += [
                address.eq(address + 1),
                bits.eq(Cat(bits[self.value.width :], bits[: self.value.width])),
            ]
            with m.If(last_group & (slot == spec.columns - 1)):
                m.d.sync += address.eq(0)

        # --- the host -----------------------------------------------------------------------------
        read_now = Signal()
        loaded = Signal(self.load_layout, reset_less=True)
        at = Signal(self.read_layout, reset_less=True)  # what the host reads, or has read
        m.d.comb += [
            self.load.ready.eq(free),
            self.read.ready.eq(free & ~self.load.valid & ~load_now),
            read_now.eq(self.read.valid & self.read.ready),
        ]
        m.d.sync += [load_now.eq(self.load.valid & free), loaded.eq(self.load.payload)]
        host = Signal(self.word_bits)
        m.d.comb += host.eq(gated(loaded.word, by=load_now) | gated(at.word, by=reading))
        arrived = Signal()
        m.d.sync += arrived.eq(
            delays.later(read_now, MEMORY, "read", strobe=True) | (arrived & ~self.readback.ready)
        )
        with m.If(read_now):
            m.d.sync += [reading.eq(1), at.eq(self.read.payload)]
        with m.Elif(arrived & self.readback.ready):
            m.d.sync += reading.eq(0)
        # what each synapse's column was in the last ticks, MEMORY clocks behind its issue
        present = delays.later(values[0], MEMORY, "present")
        taken: Any = present
        if self.history is not None:
            m.submodules.history = history = self.history
            taken = Cat(present, history.past)
            m.d.comb += [
                history.column.eq(gated(slot[: self.column_bits], by=issue)),
                history.keep.eq(issue & last_group),
                history.present.eq(present),
                history.fresh.eq(fresh),
                history.host_column.eq(host[: self.column_bits]),
                history.load.eq(load_now & (loaded.space == Space.HISTORY)),
                history.load_data.eq(loaded.data[: len(history.load_data)]),
            ]
        words = choose(at.lane, [lane.word.as_value() for lane in self.lanes])
        m.d.comb += [
            self.readback.valid.eq(arrived),
            self.readback.payload.eq(
                gated(words, by=at.space == Space.SYNAPSE)
                | gated(neurons.word, by=at.space == Space.NEURON)
                | gated(fresh, by=at.space == Space.CONTROL)
                | (
                    gated(self.history.word, by=at.space == Space.HISTORY)
                    if self.history is not None
                    else 0
                )
            ),
        ]
        for number, lane in enumerate(self.lanes):
            mine = load_now & (loaded.space == Space.SYNAPSE) & equals(loaded.lane, number)
            m.d.comb += [
                lane.issue.eq(issue),
                lane.address.eq(gated(address, by=sweeping)),
                lane.values.as_value().eq(taken),
                lane.fresh.eq(fresh),
                lane.first.eq(~slot.any()),
                lane.last.eq(slot == spec.columns - 1),
                lane.host_address.eq(host[:address_bits]),
                lane.load.eq(mine),
                lane.load_data.as_value().eq(loaded.data[: lane.word_layout.size]),
                neurons.sums[number].eq(lane.current),
            ]
        m.d.comb += [
            neurons.announce.eq(self.lanes[0].announced),
            neurons.take.eq(self.lanes[0].done),
            neurons.restart.eq(begins),
            neurons.fresh.eq(fresh),
            neurons.host_address.eq(host[: neurons.index_bits]),
            neurons.load.eq(load_now & (loaded.space == Space.NEURON)),
            neurons.load_data.eq(loaded.data[: neurons.fields.size]),
        ]

        # --- the spikes ---------------------------------------------------------------------------
        done = neurons.o_valid & neurons.o_last
        with m.If(neurons.o_valid):
            m.d.sync += spikes.eq(Cat(spikes[1:], neurons.o_spike))
        if spec.recurrent:
            with m.Elif(neurons.load):  # as the host restores one neuron after the other
                m.d.sync += spikes.eq(
                    Cat(spikes[1:], data.View(neurons.fields, neurons.load_data).fired)
                )
        with m.If(done):
            m.d.sync += [ticking.eq(0), waiting.eq(1), fresh.eq(0)]
        with m.Elif(load_now & (loaded.space == Space.CONTROL)):
            m.d.sync += fresh.eq(loaded.data[0])
        with m.If(waiting & self.o.ready):
            m.d.sync += waiting.eq(0)
        m.d.comb += [
            self.o.valid.eq(waiting),
            self.o.payload.step.eq(step),
            self.o.payload.spikes.eq(spikes),
        ]
        return m
