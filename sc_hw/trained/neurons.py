# amaranth: UnusedElaboratable=no
"""The neurons of a trained layer: one pipeline that works on one neuron after the other."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.parts.state_memory import Write, connect, gated_write_register
from sc_hw.trained.lane import AHEAD, MEMORY, unit_graph
from sc_hw.wires import Delays, gated, port_shape
from sc_model.layer_kinds import kind_of
from sc_model.spec import IntFormat, TrainedLayerSpec


class Neurons(wiring.Component):
    """The neurons of a layer: takes the lanes' sums, and decides on one neuron a clock.

    Latency `latency` clocks from a group's sums to its first neuron, throughput one neuron a clock,
    domain ``sync``. A neuron is read once in a tick, while its sum is still on the way, and written
    before the next tick begins, so that no read meets a write. Parameters of a neuron (a threshold)
    lie in a memory of their own, which only the host writes. Contents of memories are not defined
    at power-on and survive a reset.

    Parameters
    ----------
    spec : the layer.
    value : format of the values that come in.
    family : the fabric.

    Members
    -------
    announce : `take` will be high `AHEAD` clocks later.
    take : take the sums of a group; `lanes` clocks after those of the group before, or later.
    sums : the lanes' sums.
    restart : the next sums are those of the first group.
    fresh : ignore the stored state and use 0.
    o_valid : a neuron has been decided on.
    o_spike : with `o_valid`: it fires.
    o_last : with `o_valid`: it is the layer's last neuron.
    host_address : read while no neuron is; 0 otherwise.
    word : the neuron at `host_address`, `MEMORY` clocks later: state, then parameters.
    load : write `load_data` at `host_address`.
    load_data : as `word`.

    Raises
    ------
    ValueError
        the neuron of the layer's kind begins with a state other than 0.
    """

    def __init__(self, spec: TrainedLayerSpec, value: IntFormat, family: Family) -> None:
        self.spec = spec
        self.unit = unit = kind_of(spec).neuron(spec, value)
        for name, initial in unit.state.items():
            if initial:  # `fresh` reads 0
                raise ValueError(
                    f"state '{name}' of neuron '{unit.name}' must begin with 0, not {initial}."
                )
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
        m.submodules.update = update = self.update
        m.submodules.memory = ram = BlockRAM(self.spec.neurons, self.state.size)
        current, present = self._sum_queue(m)
        index, real, at_last = self._turns(m, present)

        # of the two addresses one is always 0, so that an OR selects
        address = Signal(self.index_bits)
        m.d.comb += [address.eq(index | self.host_address), ram.r_addr.eq(address)]
        word = Signal(self.state, reset_less=True)
        fresh = delays.later(self.fresh, MEMORY, "fresh")
        m.d.sync += word.as_value().eq(gated(ram.r_data, by=~fresh))
        operands: dict[str, Value] = {
            **{str(name): word[name] for name, _ in self.state},
            **self._parameters(m, delays, address),
            "current": current,
            "cleared": Signal(name="never_cleared"),  # a trained layer has no trials
        }
        for name in update.graph.variables:
            m.d.comb += getattr(update, f"i_{name}").eq(operands[name])

        # from a neuron's turn: its word in a register, then the pipeline
        decided = AHEAD + update.latency
        valid = delays.later(real, decided, "real", strobe=True)
        m.d.comb += [
            self.o_valid.eq(valid),
            self.o_spike.eq(update.o_ready),
            self.o_last.eq(delays.later(real & at_last, decided, "last", strobe=True)),
        ]
        self._write(m, ram, valid, delays.later(index, decided, "index"))
        return m

    def _sum_queue(self, m: Module) -> tuple[Value, Value]:
        """A group's sums in a row of registers, which they leave one a clock, the first lane first.

        Gives the sum at the end of the row, and whether there will be one `AHEAD` clocks later.
        """
        queue = [
            Signal.like(self.sums[lane], name=f"held_{lane}", reset_less=True)
            for lane in range(self.spec.lanes)
        ]
        full = Signal(self.spec.lanes)
        for lane, register in enumerate(queue):
            with m.If(self.take):
                m.d.sync += register.eq(self.sums[lane])
            if lane + 1 < self.spec.lanes:
                with m.Else():
                    m.d.sync += register.eq(queue[lane + 1])
        # it runs AHEAD clocks before the queue: a neuron is read before its sum is there
        m.d.sync += full.eq(Cat(full[1:], 0) | self.announce.replicate(self.spec.lanes))
        return queue[0], full[0]

    def _turns(self, m: Module, present: Value) -> tuple[Signal, Signal, Value]:
        """The neuron whose turn it is, whether there is one, and whether it is the last one.

        The last group may have fewer neurons than there are lanes; the sums behind the layer's last
        neuron are ignored.
        """
        index = Signal(self.index_bits)
        rest = Signal()  # the layer's last neuron has had its turn
        at_last = index == self.spec.neurons - 1
        real = Signal()
        m.d.comb += real.eq(present & ~rest)
        with m.If(self.restart):
            m.d.sync += [index.eq(0), rest.eq(0)]
        with m.Elif(real):
            m.d.sync += [index.eq(gated(index + 1, by=~at_last)), rest.eq(at_last)]
        return index, real, at_last

    def _write(self, m: Module, ram: BlockRAM, valid: Value, place: Value) -> None:
        """The state that the pipeline or the host writes, through one register."""
        update = self.update
        state = Cat(*(getattr(update, f"o_{name}") for name in self.unit.state), update.o_ready)
        # No reset: a state that lands during a reset is not read before it is written again, since
        # `fresh` is high in the first tick afterwards.
        write = gated_write_register(
            m,
            update=Write(valid, place, state),
            load=Write(self.load, self.host_address, self.load_data[: self.state.size]),
        )
        connect(m, ram, write)
        m.d.comb += self.word[: self.state.size].eq(ram.r_data)

    def _parameters(self, m: Module, delays: Delays, address: Value) -> dict[str, Value]:
        """The parameters of each neuron, in the same clock as its state."""
        if not self.own.size:
            return {}
        m.submodules.own = own = BlockRAM(self.spec.neurons, self.own.size)
        loaded = self.load_data[self.state.size :]
        write = gated_write_register(
            m, load=Write(self.load, self.host_address, loaded), name="write_own"
        )
        m.d.comb += own.r_addr.eq(address)
        connect(m, own, write)
        m.d.comb += self.word[self.state.size :].eq(own.r_data)
        fetched_word = data.View(self.own, delays.later(own.r_data, 1, "own"))
        return {str(name): fetched_word[name] for name, _ in self.own}
