# amaranth: UnusedElaboratable=no
"""The neurons of a trained layer: a pipeline that updates one neuron after the other."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.fabric.schedule import DelayModel
from sc_hw.parts.state_memory import Write, connect, gated_write_register
from sc_hw.trained.lane import AHEAD, MEMORY, unit_graph
from sc_hw.wires import Delays, gated, port_shape
from sc_model.layer_kinds import kind_of
from sc_model.spec import IntFormat, TrainedLayerSpec


class Neurons(wiring.Component):
    """A pipeline for neurons of a layer: from the lanes' sums to spikes.

    It has all of the layer's neurons; with `neurons_a_clock` of the layer above 1 it is one of so
    many pipelines side by side, and has every so many-th neuron and lane. The lanes finish the sums
    of a group of neurons in the same clock; the pipeline then updates these neurons one by one.
    Latency `latency` clocks from a group's sums to the first neuron's spike, throughput one neuron
    a clock, domain ``sync``. Each neuron is read once in a tick, while its sum is still being
    computed, and written before the next tick begins, so no read meets a write. Parameters of a
    neuron (a threshold) are in a second memory, which only the host writes.
    Contents of memories are undefined at power-on and survive a reset.

    Parameters
    ----------
    spec : the layer.
    value : format of the values that the layer's synapses take in.
    family : the fabric.
    delay : what fits between two registers; by default that of the family.
    shows_potential : there is the port `o_potential`.

    Members
    -------
    announce : `take` will be high `AHEAD` clocks later.
    take : store the sums of a group; at least as many clocks after the previous group's `take` as
        there are sums.
    sums : the lanes' sums, one neuron of the group each.
    restart : the next sums are those of the layer's first group.
    fresh : ignore the stored state and use 0; constant during a tick.
    o_valid : a neuron has been updated.
    o_spike : with `o_valid`: it fires.
    o_last : with `o_valid`: it is the last neuron.
    o_potential : with `o_valid`: its potential; only with `shows_potential`.
    host_address : number of the neuron that the host reads or writes; 0 during a tick.
    word : the stored neuron that was addressed `MEMORY` clocks ago: state, then parameters.
    load : write `load_data` at `host_address`.
    load_data : the word to write, fields as in `word`.

    Raises
    ------
    ValueError
        a state of the kind's neuron has an initial value other than 0.
    """

    def __init__(
        self,
        spec: TrainedLayerSpec,
        value: IntFormat,
        family: Family,
        delay: DelayModel | None = None,
        *,
        shows_potential: bool = False,
    ) -> None:
        self.spec, self.shows_potential = spec, shows_potential
        self.unit = unit = kind_of(spec).neuron(spec, value)
        for name, initial in unit.state.items():
            if initial:  # after a reset `fresh` reads 0, and there is no logic for other values
                raise ValueError(
                    f"state '{name}' of neuron '{unit.name}' must begin with 0, not {initial}."
                )
        self.update = Datapath(unit_graph(unit, family), delay or family.delay)
        state = {**{name: port_shape(unit.inputs[name]) for name in unit.state}, "fired": 1}
        own = {name: port_shape(unit.inputs[name]) for name in spec.neuron_parameters}
        self.state, self.own = data.StructLayout(state), data.StructLayout(own)
        self.fields = data.StructLayout({**state, **own})
        self.index_bits = max(1, (spec.turns - 1).bit_length())
        potential_port = {"o_potential": Out(state["potential"])} if shows_potential else {}
        super().__init__(
            {
                "announce": In(1),
                "take": In(1),
                "sums": In(data.ArrayLayout(port_shape(unit.inputs["current"]), spec.group_turns)),
                "restart": In(1),
                "fresh": In(1),
                "o_valid": Out(1),
                "o_spike": Out(1),
                "o_last": Out(1),
                **potential_port,
                "host_address": In(self.index_bits),
                "word": Out(self.fields.size),
                "load": In(1),
                "load_data": In(self.fields.size),
            }
        )

    @property
    def latency(self) -> int:
        """Clocks from a group's `take` to its first neuron's `o_valid`."""
        return 1 + self.update.latency  # the sums' registers, then the pipeline

    @property
    def _few(self) -> bool:
        """Whether memories may be of few words: side by side they would take many blocks."""
        return self.spec.neurons_a_clock > 1

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        delays = Delays(m)
        m.submodules.update = update = self.update
        m.submodules.memory = ram = BlockRAM(self.spec.turns, self.state.size, few=self._few)
        current, present = self._sum_queue(m)
        index, real, at_last = self._turns(m, present)

        # The index rests at 0 behind the last neuron, and the host works between ticks only: one of
        # the two addresses is always 0, so an OR selects.
        address = Signal(self.index_bits)
        m.d.comb += [address.eq(index | self.host_address), ram.r_addr.eq(address)]
        # The register behind the AND is LOOKUP, the last of the AHEAD clocks by which a neuron's
        # turn precedes its sum.
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

        # Clocks from a neuron's turn: its word comes into a register, then the pipeline. Reset
        # clears the strobes, or the last neuron of an aborted tick would end the next tick.
        decided = AHEAD + update.latency
        valid = delays.later(real, decided, "real", strobe=True)
        m.d.comb += [
            self.o_valid.eq(valid),
            self.o_spike.eq(update.o_ready),
            self.o_last.eq(delays.later(real & at_last, decided, "last", strobe=True)),
        ]
        if self.shows_potential:
            m.d.comb += self.o_potential.eq(update.o_potential)
        self._write(m, ram, valid, delays.later(index, decided, "index"))
        return m

    def _sum_queue(self, m: Module) -> tuple[Value, Value]:
        """A shift register that takes a group's sums at once and gives one a clock, lane 0 first.

        Returns
        -------
        The sum of the neuron that enters the pipeline in this clock, and whether a neuron will
        enter it `AHEAD` clocks later.
        """
        # Shifting replaces a multiplexer of so many wide sums. The layer's `slots` make sure that
        # the row is empty when the next group arrives.
        turns = self.spec.group_turns
        queue = [
            Signal.like(self.sums[lane], name=f"held_{lane}", reset_less=True)
            for lane in range(turns)
        ]
        full = Signal(turns)
        for lane, register in enumerate(queue):
            with m.If(self.take):
                m.d.sync += register.eq(self.sums[lane])
            if lane + 1 < turns:
                with m.Else():
                    m.d.sync += register.eq(queue[lane + 1])
        # A second row holds one bit a sum and runs AHEAD clocks before the sums, so that a neuron
        # is read early enough for its state to arrive together with its sum. Only this row has a
        # reset: sums without a set bit here are ignored.
        m.d.sync += full.eq(Cat(full[1:], 0) | self.announce.replicate(turns))
        return queue[0], full[0]

    def _turns(self, m: Module, present: Value) -> tuple[Signal, Signal, Value]:
        """Count the neurons of a tick.

        Returns
        -------
        The number of the neuron whose turn it is, whether a neuron has its turn in this clock, and
        whether it is the last one.
        """
        index = Signal(self.index_bits)
        # High behind the last neuron. The last group may have fewer neurons than there are
        # lanes; the surplus lanes' sums come out of the row as well and must not be neurons.
        rest = Signal()
        at_last = index == self.spec.turns - 1
        real = Signal()
        m.d.comb += real.eq(present & ~rest)
        with m.If(self.restart):
            m.d.sync += [index.eq(0), rest.eq(0)]
        with m.Elif(real):
            m.d.sync += [index.eq(gated(index + 1, by=~at_last)), rest.eq(at_last)]
        return index, real, at_last

    def _write(self, m: Module, ram: BlockRAM, valid: Value, place: Value) -> None:
        """Write the state, by the pipeline or by the host, through one register."""
        update = self.update
        state = Cat(*(getattr(update, f"o_{name}") for name in self.unit.state), update.o_ready)
        # No reset: a state that is written during a reset is not read before it is written again,
        # since `fresh` is high in the first tick afterwards.
        write = gated_write_register(
            m,
            update=Write(valid, place, state),
            load=Write(self.load, self.host_address, self.load_data[: self.state.size]),
        )
        connect(m, ram, write)
        m.d.comb += self.word[: self.state.size].eq(ram.r_data)

    def _parameters(self, m: Module, delays: Delays, address: Value) -> dict[str, Value]:
        """The parameters of the neuron, in the same clock as its state."""
        if not self.own.size:
            return {}
        m.submodules.own = own = BlockRAM(self.spec.turns, self.own.size, few=self._few)
        load_value = self.load_data[self.state.size :]
        write = gated_write_register(
            m, load=Write(self.load, self.host_address, load_value), name="write_own"
        )
        m.d.comb += own.r_addr.eq(address)
        connect(m, own, write)
        m.d.comb += self.word[self.state.size :].eq(own.r_data)
        # One register, without the AND: parameters are loaded, and count in the first tick too.
        fetched_word = data.View(self.own, delays.later(own.r_data, 1, "own"))
        return {str(name): fetched_word[name] for name, _ in self.own}
