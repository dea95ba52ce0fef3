# amaranth: UnusedElaboratable=no
"""The neurons of a layer: one unit that works on one after the other."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.trained.lane import AHEAD, MEMORY, unit_graph
from sc_hw.wires import Delays, gated, port_shape, select
from sc_model.layer_kinds import kind_of
from sc_model.spec import IntFormat, TrainedLayerSpec


class Neurons(wiring.Component):
    """Takes the lanes' sums, all of a group at once, and says of one neuron a clock whether it
    fires.

    Latency `latency` clocks from a group's sums to its first neuron; domain ``sync``. Neurons are
    read while their sums are still on the way, once a tick, and written before the next tick
    begins. What a neuron has of its own (a threshold) lies in a memory that only the host writes.
    Contents of memories are not defined at power-on and survive a reset; `fresh` stands for the
    state after reset.

    Parameters
    ----------
    spec : the layer.
    value : format of what comes in.
    family : the fabric.

    Members
    -------
    announce : `AHEAD` clocks later `take` is high.
    sums : of the lanes, taken where `take` is high; the group before must have gone through
        (`lanes` clocks).
    restart : the next sums are those of neurons 0 and following.
    fresh : all neurons are as after reset.
    o_valid, o_spike, o_last : a neuron has been decided on, whether it fires, whether it is the
        layer's last one.
    host_address, word, load, load_data : as those of a lane.
    """

    def __init__(self, spec: TrainedLayerSpec, value: IntFormat, family: Family) -> None:
        self.spec = spec
        self.unit = unit = kind_of(spec).neuron(spec, value)
        self.update = Datapath(unit_graph(unit, family), family.delay)
        state = {**{name: port_shape(unit.inputs[name]) for name in unit.state}, "fired": 1}
        own = {name: port_shape(unit.inputs[name]) for name in spec.neuron_parameters}
        self.state, self.own = data.StructLayout(state), data.StructLayout(own)
        self.fields = data.StructLayout({**state, **own})
        self.index_bits = max(1, (spec.neurons - 1).bit_length())
        super().__init__(
            {
                "announce": In(1),
                "take": In(1),
                "sums": In(data.ArrayLayout(port_shape(unit.inputs["current"]), spec.lanes)),
                "restart": In(1),
                "fresh": In(1),
                "o_valid": Out(1),
                "o_spike": Out(1),
                "o_last": Out(1),
                "host_address": In(self.index_bits),
                "word": Out(self.fields.size),
                "load": In(1),
                "load_data": In(self.fields.size),
            }
        )

    @property
    def latency(self) -> int:
        """Clocks from a group's sums to its first neuron."""
        return 1 + self.update.latency

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        spec = self.spec
        m.submodules.update = update = self.update
        m.submodules.memory = ram = BlockRAM(spec.neurons, self.state.size)

        # A group's sums leave the chain one after the other
        held = [
            Signal.like(self.sums[lane], name=f"held_{lane}", reset_less=True)
            for lane in range(spec.lanes)
        ]
        full = Signal(spec.lanes)  # which of them will hold a sum, AHEAD clocks later
        for lane, register in enumerate(held):
            behind = held[lane + 1] if lane + 1 < spec.lanes else None
            with m.If(self.take):
                m.d.sync += register.eq(self.sums[lane])
            if behind is not None:
                with m.Else():
                    m.d.sync += register.eq(behind)
        m.d.sync += full.eq(Cat(full[1:], 0) | self.announce.replicate(spec.lanes))

        index = Signal(self.index_bits)
        rest = Signal()  # the places of the last group behind the layer's last neuron
        at_last = index == spec.neurons - 1
        real = Signal()
        m.d.comb += real.eq(full[0] & ~rest)
        with m.If(self.restart):
            m.d.sync += [index.eq(0), rest.eq(0)]
        with m.Elif(real):
            m.d.sync += [index.eq(gated(index + 1, by=~at_last)), rest.eq(at_last)]

        # Memory, a register, the neuron
        with_host = Signal(self.index_bits)
        m.d.comb += [with_host.eq(index | self.host_address), ram.r_addr.eq(with_host)]
        word = Signal(self.state, reset_less=True)
        fresh = delays.later(self.fresh, MEMORY, "fresh")
        m.d.sync += word.as_value().eq(gated(ram.r_data, by=~fresh))
        before: dict[str, Value] = {
            **{str(name): word[name] for name, _ in self.state},
            **self._own(m, delays, with_host),
            "current": held[0],
            "cleared": Signal(name="never_cleared"),
        }
        for name in update.graph.variables:
            m.d.comb += getattr(update, f"i_{name}").eq(before[name])
        out = AHEAD + update.latency
        valid = delays.later(real, out, "real", strobe=True)
        place = delays.later(index, out, "index")
        m.d.comb += [
            self.o_valid.eq(valid),
            self.o_spike.eq(update.o_ready),
            self.o_last.eq(delays.later(real & at_last, out, "last", strobe=True)),
        ]
        new = Cat(*(getattr(update, f"o_{name}") for name in self.unit.state), update.o_ready)
        write_en = Signal(reset_less=True)
        write_address = Signal(self.index_bits, reset_less=True)
        written = Signal(self.state.size, reset_less=True)
        m.d.sync += [
            write_en.eq(valid | self.load),
            write_address.eq(select(valid, place, self.host_address)),
            written.eq(select(valid, new, self.load_data[: self.state.size])),
        ]
        m.d.comb += [
            ram.w_en.eq(write_en),
            ram.w_addr.eq(write_address),
            ram.w_data.eq(written),
            self.word[: self.state.size].eq(ram.r_data),
        ]
        return m

    def _own(self, m: Module, delays: Delays, address: Value) -> dict[str, Value]:
        """What each neuron has of its own, beside its state in the same clock."""
        if not self.own.size:
            return {}
        m.submodules.own = own = BlockRAM(self.spec.neurons, self.own.size)
        load = Signal(reset_less=True)
        place = Signal(self.index_bits, reset_less=True)
        given = Signal(self.own.size, reset_less=True)
        m.d.sync += [
            load.eq(self.load),
            place.eq(self.host_address),
            given.eq(self.load_data[self.state.size :]),
        ]
        m.d.comb += [
            own.r_addr.eq(address),
            own.w_en.eq(load),
            own.w_addr.eq(place),
            own.w_data.eq(given),
            self.word[self.state.size :].eq(own.r_data),
        ]
        came = data.View(self.own, delays.later(own.r_data, 1, "own"))
        return {str(name): came[name] for name, _ in self.own}
