# amaranth: UnusedElaboratable=no
"""The spikes of a tick on their way out, slice by slice, while the tick is still decided."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import BlockRAM
from sc_model.spec import SLICE


class SliceQueue(wiring.Component):
    """Packs the spikes of a tick's neurons into slices and offers each as soon as it is complete.

    The slices of a tick lie in a block RAM, so that no neuron has a register. The last one may have
    fewer spikes than a slice has bits; the bits above them have no meaning. Latency 2 clocks from a
    slice's last spike to its offer, throughput `together` spikes and one transfer a clock, domain
    ``sync``.

    Reset: at any time; all spikes are dropped, as by `restart`.

    Parameters
    ----------
    neurons : spikes of a tick.
    transfers : slices that a tick gives: as many as hold the spikes, or more, and what is in those
        behind has no meaning.
    together : spikes that come in a clock; divides the neurons and, as a smaller number, `SLICE`.
    marks_last : has the member `last_slice`.

    Members
    -------
    restart : a tick begins; allowed only when all slices of the one before have been taken.
    valid : there are neurons' spikes in this clock; all neurons come once in a tick, in order.
    spike : with `valid`: which of the neurons fire, the first one in the lowest bit.
    last : with `valid`: they are the last neurons of the tick.
    o : stream of slices, lowest neurons first and in the lowest bits.
    last_slice : the slice at `o` is the last one of its tick, all of whose neurons are decided.
    over : the last slice of the tick is taken in this clock.

    Raises
    ------
    ValueError
        there are fewer transfers than slices, or `together` does not divide them.
    """

    def __init__(
        self, neurons: int, transfers: int, together: int = 1, *, marks_last: bool = False
    ) -> None:
        self.neurons, self.transfers, self.together = neurons, transfers, together
        self.marks_last = marks_last
        self.slices = -(-neurons // SLICE)
        if transfers < self.slices:
            raise ValueError(f"{neurons} spikes need {self.slices} slices, not {transfers}")
        if neurons % together or SLICE % together or together == SLICE:
            raise ValueError(f"{neurons} spikes in slices of {SLICE} can't come {together} a clock")
        super().__init__(
            {
                "restart": In(1),
                "valid": In(1),
                "spike": In(together),
                "last": In(1),
                "o": Out(stream.Signature(SLICE)),
                **({"last_slice": Out(1)} if marks_last else {}),
                "over": Out(1),
            }
        )

    @property
    def latency(self) -> int:
        """Clocks from the last spike of a tick to the transfer of its last slice, if none waits."""
        return 2 + self.transfers - self.slices

    @property
    def bits(self) -> int:
        """Bits of its memory."""
        return self.transfers * SLICE

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        behind = Signal(
            SLICE - self.together, name="behind", reset_less=True
        )  # spikes of a slice so far
        place = Signal(
            range(SLICE // self.together), name="place"
        )  # in its slice, of the next spikes
        # Slices that are there and that have been taken; all of them are, from a tick's end to the
        # next one's begin.
        written = Signal(range(self.transfers + 1), name="written")
        taken = Signal(range(self.transfers + 1), name="taken")
        after, following = Signal.like(taken, name="after"), Signal.like(taken, name="following")
        offered, moves, complete = Signal(name="offered"), Signal(name="moves"), Signal()
        m.submodules.memory = ram = BlockRAM(self.transfers, SLICE, output_register=False)
        m.d.comb += [
            moves.eq(offered & self.o.ready),
            # `ready` comes late, out of the scanner behind: it selects, and nothing is computed of
            # it.
            after.eq(taken + 1),
            following.eq(Mux(moves, after, taken)),
            complete.eq(self.valid & (place.all() | self.last)),
            ram.w_en.eq(complete),
            ram.w_addr.eq(written[: len(ram.w_addr)]),
            ram.w_data.eq(self._slice(behind)),
            ram.r_addr.eq(following[: len(ram.r_addr)]),
            self.o.valid.eq(offered),
            self.o.payload.eq(ram.r_data),
            self.over.eq(moves & (taken == self.transfers - 1)),
        ]
        if self.marks_last:
            m.d.comb += self.last_slice.eq(taken == self.transfers - 1)
        # Behind the write: a slice is read in a later clock than it is written in.
        m.d.sync += offered.eq(Mux(moves, after < written, taken < written))
        with m.If(self.valid):
            m.d.sync += behind.eq(Cat(behind[self.together :], self.spike))
        with m.If(self.restart):
            m.d.sync += [place.eq(0), written.eq(0), taken.eq(0)]
        with m.Else():
            m.d.sync += taken.eq(following)
            with m.If(self.valid):
                m.d.sync += place.eq(Mux(self.last, 0, place + 1))
            with m.If(complete):
                m.d.sync += written.eq(Mux(self.last, self.transfers, written + 1))
        return m

    def _slice(self, behind: Signal) -> Cat:
        """The slice that is complete with this spike; the last one's lie at its bottom."""
        whole = Cat(behind, self.spike)
        short = (self.neurons - 1) % SLICE + 1
        at_last = whole[SLICE - short :]
        return Cat(Mux(self.last, at_last, whole[:short]), whole[short:])
