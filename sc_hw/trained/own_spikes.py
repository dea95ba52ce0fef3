# amaranth: UnusedElaboratable=no
"""The spikes of a recurrent layer's last tick in a memory, as further columns of its next one."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_model.spec import SLICE


class OwnSpikes(wiring.Component):
    """Packs the spikes of a tick's neurons into slices of columns, and shows a slice in each clock.

    The slices lie in a block RAM, so that no neuron has a register. The column of the first neuron
    is that behind the last input: where the inputs do not fill their last slice, the neurons go on
    in it. Places of the first slice in front of the first neuron, and of the last one behind the
    last neuron, have no meaning. Latency 1 clock from a slice's number to its columns, throughput
    `together` spikes and one slice a clock, domain ``sync``. Contents are undefined at power-on and
    survive a reset.

    Reset: at any time; the next neuron is the first one of a tick.

    Parameters
    ----------
    inputs : columns in front of the neurons.
    neurons : spikes of a tick.
    together : spikes that come in a clock; divides inputs, neurons and, as a smaller number,
        `SLICE`.
    banks : 1 where no slice is read while a tick's neurons are decided. With 2 the spikes of a tick
        go to one bank and those of the tick before are read from the other one, until its last
        neuron is decided.

    Members
    -------
    valid : there are neurons' spikes in this clock; all neurons come once in a tick, in order.
    spike : with `valid`: which of the neurons fire, the first one in the lowest bit.
    last : with `valid`: they are the last neurons of the tick.
    load : a host gives a neuron's spike of the last tick, between ticks; of all neurons in order.
    number : with `load`: of that neuron.
    fired : with `load`: whether it has fired.
    slice : number of a slice; that of the first neuron is 0.
    found : columns of the slice whose number was there a clock ago.
    recent : a slice was written in the clock before; only where a tick's first slice has neurons.

    Raises
    ------
    ValueError
        `together` does not divide them.
    """

    def __init__(self, inputs: int, neurons: int, together: int = 1, *, banks: int = 1) -> None:
        self.neurons, self.together, self.banks = neurons, together, banks
        self.first = inputs % SLICE  # place of the first neuron in its slice
        self.slices = -(-(self.first + neurons) // SLICE)
        self.slice_bits = max(1, (self.slices - 1).bit_length())
        if inputs % together or neurons % together or SLICE % together or together == SLICE:
            raise ValueError(
                f"{neurons} spikes behind {inputs} inputs, in slices of {SLICE}, can't come"
                f" {together} a clock"
            )
        recent = {"recent": Out(1)} if inputs < SLICE else {}
        super().__init__(
            {
                "valid": In(1),
                "spike": In(together),
                "last": In(1),
                "load": In(1),
                "number": In(max(1, (neurons - 1).bit_length())),
                "fired": In(1),
                "slice": In(self.slice_bits),
                "found": Out(SLICE),
                **recent,
            }
        )

    @property
    def depth(self) -> int:
        """Words of its memory."""
        return self.slices if self.banks == 1 else self.banks << self.slice_bits

    @property
    def bits(self) -> int:
        """Bits of its memory."""
        return self.depth * SLICE

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.memory = ram = BlockRAM(self.depth, SLICE, output_register=False)
        behind = Signal(SLICE - 1, name="behind", reset_less=True)  # the latest spikes
        # Turns of neurons in a tick, modulo those of a slice, and slices that are complete: both
        # are 0 between ticks. The first slice is complete sooner where inputs are in front of it.
        turns = SLICE // self.together
        turn, part = Signal(range(turns), name="turn"), Signal(self.slice_bits, name="part")
        complete, loads = Signal(name="complete"), Signal(name="loads")
        # Place of the host's neuron, counted from the beginning of the first slice.
        place = Signal(range(SLICE + self.neurons), name="place")
        in_slice = (SLICE - 1).bit_length()
        loads_last = self.number == self.neurons - 1
        fills = turn == turns - 1 - self.first // self.together
        m.d.comb += [
            complete.eq(self.valid & (fills | self.last)),
            place.eq(self.number + self.first),
            loads.eq(self.load & (place[:in_slice].all() | loads_last)),
            ram.w_en.eq(complete | loads),
            ram.w_data.eq(
                Mux(
                    self.load,
                    self._slice(Cat(behind, self.fired), loads_last),
                    self._slice(Cat(behind[self.together - 1 :], self.spike), self.last),
                )
            ),
            self.found.eq(ram.r_data),
        ]
        w_place = Mux(self.load, place[in_slice:], part)[: self.slice_bits]
        if self.banks == 1:
            m.d.comb += [ram.w_addr.eq(w_place), ram.r_addr.eq(self.slice)]
        else:
            bank = Signal(name="bank")  # that of the tick before
            m.d.comb += [
                ram.w_addr.eq(Cat(w_place, bank ^ ~self.load)),
                ram.r_addr.eq(Cat(self.slice, bank)),
            ]
            m.d.sync += bank.eq(bank ^ (self.valid & self.last))
        with m.If(self.valid):
            m.d.sync += [
                behind.eq(Cat(behind[self.together :], self.spike)),
                turn.eq(Mux(self.last, 0, turn + 1)),
            ]
        with m.Elif(self.load):
            m.d.sync += behind.eq(Cat(behind[1:], self.fired))
        with m.If(complete):
            m.d.sync += part.eq(Mux(self.last, 0, part + 1))
        if "recent" in self.signature.members:
            m.d.sync += self.recent.eq(ram.w_en)
        return m

    def _slice(self, whole: Value, at_last: Value) -> Value:
        """A slice of the latest spikes; the last one's lie at its bottom."""
        short = (self.first + self.neurons - 1) % SLICE + 1
        bottom = Mux(at_last, whole[SLICE - short :], whole[:short])
        return Cat(bottom, whole[short:])
