# amaranth: UnusedElaboratable=no
"""A layer of synapses that each have a time constant of their own."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.families import Family, load_family
from sc_hw.hetsyn.lane import MEMORY, HetSynLane
from sc_hw.hetsyn.neurons import HetSynNeurons
from sc_hw.layer.delay import Delays, choose, only
from sc_model.spec import DecayCodes, HetSynSpec, IntFormat


class HetSynSpace(IntEnum):
    """What the host finds in a layer."""

    SYNAPSE = 1
    NEURON = 2
    CONTROL = 3


class HetSynLayer(wiring.Component):
    """`inputs` x `neurons` synapses with weight, decay code and trace, and integrate-and-fire neurons.

    A tick takes one transfer of stream `i` (what came in for each input) and gives one of stream `o` (which neurons fire), both
    with the number of their step. Synapses are swept neuron by neuron, each lane one synapse a clock; a tick takes
    `tick_clocks`, while the lanes stand still between ticks. Ticks do not overlap, so no synapse is read before its last write
    has landed, whatever the size.

    Domain ``sync``. A reset stops the tick under way and puts traces and neurons to their initial state (they are read as 0 in
    the first tick afterwards); weights and codes survive it, and are not defined at power-on: load them first.

    Parameters
    ----------
    spec, codes : the layer and its decay codes. value : format of what comes in, of each input. step_bits : of a step's number.
    family : the fabric.

    Members
    -------
    i : {step, values}. o : {step, spikes}.
    load, read, readback : host access between ticks; the host goes first. Spaces SYNAPSE {trace, weight, code} by lane and
        word, NEURON by word, CONTROL {fresh}.
    idle : no tick is under way and no output waits.
    """

    def __init__(
        self, spec: HetSynSpec, codes: DecayCodes, value: IntFormat, step_bits: int = 16, family: Family | None = None
    ) -> None:
        self.spec, self.value, self.step_bits = spec, value, step_bits
        self.family = family if family is not None else load_family("generic")
        self.lanes = [HetSynLane(spec, codes, value, self.family) for _ in range(spec.lanes)]
        self.neurons = HetSynNeurons(spec, self.family)
        self.control_layout = data.StructLayout({"fresh": 1})
        self.spaces: dict[HetSynSpace, data.StructLayout] = {
            HetSynSpace.SYNAPSE: self.lanes[0].word_layout,
            HetSynSpace.NEURON: self.neurons.fields,
            HetSynSpace.CONTROL: self.control_layout,
        }
        self.data_bits = max(layout.size for layout in self.spaces.values())
        self.lane_bits = max(1, (spec.lanes - 1).bit_length())
        self.word_bits = max(len(self.lanes[0].address), self.neurons.index_bits)
        place = {"space": HetSynSpace, "lane": self.lane_bits, "word": self.word_bits}
        self.load_layout = data.StructLayout({**place, "data": self.data_bits})
        self.read_layout = data.StructLayout(place)
        self.i_layout = data.StructLayout({"step": step_bits, "values": data.ArrayLayout(value.width, spec.inputs)})
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
    def slots(self) -> int:
        """Clocks of a group of neurons: one for each input, but as many as there are lanes, whose sums leave one by one."""
        return max(self.spec.inputs, self.spec.lanes)

    @property
    def tick_clocks(self) -> int:
        """Clocks from the transfer of what came in to that of the spikes, where both are taken at once."""
        in_last_group = (self.spec.neurons - 1) % self.spec.lanes
        sweep = self.slots * (self.spec.groups - 1) + self.spec.inputs
        return sweep + self.lanes[0].latency + self.neurons.latency + in_last_group + 1

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        spec = self.spec
        for number, lane in enumerate(self.lanes):
            m.submodules[f"lane_{number}"] = lane
        m.submodules.neurons = neurons = self.neurons
        address_bits = len(self.lanes[0].address)

        # --- the tick ------------------------------------------------------------------------------------------------
        ticking = Signal()
        sweeping = Signal()
        issue = Signal()  # a synapse is read in this clock; low in the pause behind a group that is shorter than its slots
        values = Signal(data.ArrayLayout(self.value.width, spec.inputs), reset_less=True)
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
        # what the host loads stands in registers, so that it is near the memories; a reset does not stop it on its way
        load_now = Signal(reset_less=True)
        m.d.comb += [
            free.eq(~ticking & ~waiting & ~reading),
            self.i.ready.eq(free & ~host_wants & ~load_now),
            begins.eq(self.i.valid & self.i.ready),
            self.idle.eq(free),
            issue.eq(sweeping & (slot < spec.inputs)) if self.slots > spec.inputs else issue.eq(sweeping),
        ]
        last_slot = slot == self.slots - 1
        last_group = group == spec.groups - 1
        with m.If(begins):
            m.d.sync += [ticking.eq(1), sweeping.eq(1), step.eq(self.i.payload.step), values.eq(self.i.payload.values)]
        with m.If(sweeping):
            m.d.sync += [slot.eq(slot + 1)]
            with m.If(last_slot):
                m.d.sync += [slot.eq(0), group.eq(group + 1)]
                with m.If(last_group):
                    m.d.sync += [sweeping.eq(0), group.eq(0)]
        with m.If(issue):
            # what came in goes round, so that no input has to be looked up
            bits = values.as_value()
            m.d.sync += [
                address.eq(address + 1),
                bits.eq(Cat(bits[self.value.width :], bits[: self.value.width])),
            ]
            with m.If(last_group & (slot == spec.inputs - 1)):
                m.d.sync += address.eq(0)

        # --- the host ------------------------------------------------------------------------------------------------
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
        m.d.comb += host.eq(only(load_now, loaded.word) | only(reading, at.word))
        arrived = Signal()
        m.d.sync += arrived.eq(delays.later(read_now, MEMORY, "read", strobe=True) | (arrived & ~self.readback.ready))
        with m.If(read_now):
            m.d.sync += [reading.eq(1), at.eq(self.read.payload)]
        with m.Elif(arrived & self.readback.ready):
            m.d.sync += reading.eq(0)
        words = choose(at.lane, [lane.word.as_value() for lane in self.lanes])
        m.d.comb += [
            self.readback.valid.eq(arrived),
            self.readback.payload.eq(
                only(at.space == HetSynSpace.SYNAPSE, words)
                | only(at.space == HetSynSpace.NEURON, neurons.word)
                | only(at.space == HetSynSpace.CONTROL, fresh)
            ),
        ]
        for number, lane in enumerate(self.lanes):
            mine = load_now & (loaded.space == HetSynSpace.SYNAPSE) & (loaded.lane == number)
            m.d.comb += [
                lane.issue.eq(issue),
                lane.address.eq(only(sweeping, address)),
                lane.value.eq(values[0]),
                lane.fresh.eq(fresh),
                lane.first.eq(~slot.any()),
                lane.last.eq(slot == spec.inputs - 1),
                lane.host_address.eq(host[:address_bits]),
                lane.load.eq(mine),
                lane.load_data.as_value().eq(loaded.data),
                neurons.sums[number].eq(lane.current),
            ]
        m.d.comb += [
            neurons.announce.eq(self.lanes[0].announced),
            neurons.take.eq(self.lanes[0].done),
            neurons.restart.eq(begins),
            neurons.fresh.eq(fresh),
            neurons.host_address.eq(host[: neurons.index_bits]),
            neurons.load.eq(load_now & (loaded.space == HetSynSpace.NEURON)),
            neurons.load_data.eq(loaded.data),
        ]

        # --- the spikes ----------------------------------------------------------------------------------------------
        spikes = Signal(spec.neurons, reset_less=True)
        done = neurons.o_valid & neurons.o_last
        with m.If(neurons.o_valid):
            m.d.sync += spikes.eq(Cat(spikes[1:], neurons.o_spike))
        with m.If(done):
            m.d.sync += [ticking.eq(0), waiting.eq(1), fresh.eq(0)]
        with m.Elif(load_now & (loaded.space == HetSynSpace.CONTROL)):
            m.d.sync += fresh.eq(loaded.data[0])
        with m.If(waiting & self.o.ready):
            m.d.sync += waiting.eq(0)
        m.d.comb += [self.o.valid.eq(waiting), self.o.payload.step.eq(step), self.o.payload.spikes.eq(spikes)]
        return m
