# amaranth: UnusedElaboratable=no
"""The words of an output packet out of spikes that come in slices."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.host.packets import words_for
from sc_hw.host.registers import WORD_BITS
from sc_model.spec import SLICE

WORD_BIT_BITS = (WORD_BITS - 1).bit_length()  # of the number of a bit in its word
SLICE_BIT_BITS = (SLICE - 1).bit_length()  # the same in a slice, of which a word holds several


class SlicePacker(wiring.Component):
    """Puts the slices of a tick's spikes, and an answer behind them, into the words of a packet.

    The words are those that a block gives whose spikes come as a whole, but no neuron has a
    register: a slice is taken when the one before it is in the packet. Throughput a spike a clock,
    domain ``sync``.

    Reset: at any time; the next slice is the first one of a tick.

    Parameters
    ----------
    neurons : spikes of a tick.
    slices : transfers that they come in.
    answer : bits beside the last slice that stand behind the spikes; 0: none.

    Members
    -------
    i : stream of {spikes, answer}.
    last : the slice at `i` is the last one of its tick.
    may_begin : the first slice of a tick may be taken.
    kept : the tick whose first slice is taken becomes a packet; others are dropped.
    begins : the first slice of a packet is taken.
    number : of the packet's step, its first word.
    numbered : the number has been handed over.
    o : stream of the packet's words.
    spike : a spike has been put into the packet.
    busy : a packet is being made.
    finished : the last word of a packet has been handed over.
    """

    def __init__(self, neurons: int, slices: int, answer: int = 0) -> None:
        self.neurons, self.slices, self.answer = neurons, slices, answer
        super().__init__(
            {
                "i": In(stream.Signature(SLICE + answer)),
                "last": Out(1),
                "may_begin": In(1),
                "kept": In(1),
                "begins": Out(1),
                "number": In(WORD_BITS),
                "numbered": Out(1),
                "o": Out(stream.Signature(WORD_BITS)),
                "spike": Out(1),
                "busy": Out(1),
                "finished": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        spikes, answer = self.i.payload[:SLICE], self.i.payload[SLICE:]
        of_last = Cat(spikes[: (self.neurons - 1) % SLICE + 1], answer)
        held = Signal(max(SLICE, len(of_last)), reset_less=True)
        part = Signal(range(self.slices), name="part")  # slices that have been taken; 0: all
        places = words_for(self.neurons + self.answer) * WORD_BITS
        place = Signal(range(places), name="place")
        # Shifted, as `HostNetwork` does with a whole word of spikes.
        word = Signal(WORD_BITS, name="word", reset_less=True)
        taken, more = Signal(name="taken"), Signal(name="more")
        m.d.comb += [
            self.last.eq(part == self.slices - 1),
            taken.eq(self.i.valid & self.i.ready),
            more.eq(part.any()),
            self.busy.eq(1),
        ]
        with m.If(taken):
            m.d.sync += [
                part.eq(Mux(self.last, 0, part + 1)),
                held.eq(Mux(self.last, of_last, spikes)),
            ]
        with m.FSM(name="packet"):
            with m.State("rest"):
                m.d.comb += [
                    self.busy.eq(0),
                    self.i.ready.eq(self.may_begin),
                    self.begins.eq(taken & self.kept),
                ]
                m.d.sync += place.eq(0)
                with m.If(self.begins):
                    m.next = "number"
            with m.State("number"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(self.number)]
                with m.If(self.o.ready):
                    m.d.comb += self.numbered.eq(1)
                    m.next = "shift"
            with m.State("slice"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    m.next = "shift"
            with m.State("shift"):
                m.d.comb += self.spike.eq(held[0] & (place < self.neurons))
                m.d.sync += [
                    word.eq(Cat(word, held[0])[1:]),
                    held.eq(held[1:]),
                    place.eq(place + 1),
                ]
                with m.If(place == places - 1):
                    m.next = "last"
                with m.Elif(place[:WORD_BIT_BITS].all()):
                    m.next = "word"
                with m.Elif(place[:SLICE_BIT_BITS].all() & more):
                    m.next = "slice"
            with m.State("word"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(word)]
                with m.If(self.o.ready & more):
                    m.next = "slice"
                with m.Elif(self.o.ready):
                    m.next = "shift"
            with m.State("last"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(word)]
                with m.If(self.o.ready):
                    m.d.comb += self.finished.eq(1)
                    m.next = "rest"
        return m
