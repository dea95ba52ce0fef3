"""The output FIFO: whole packets, with room reserved for each before its step begins."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.host.fifo import BlockFIFO, fifo_depth
from sc_hw.host.packets import OutputPacket
from sc_hw.host.registers import WORD_BITS


class OutputQueue(wiring.Component):
    """A FIFO of packets of a fixed length.

    Who has reserved a packet may write its words without waiting: there is room. Domain ``sync``. A
    reset empties the FIFO and frees all room.

    Parameters
    ----------
    packet : the words of an output.
    words : that the FIFO holds at least; made to hold one packet in any case.

    Members
    -------
    i : the words of packets.
    reserve : room for a packet is reserved; only while `room` is high.
    room : there is room for one more packet.
    discard : words that come are dropped.
    o : the words, in order.
    last : the word at `o` is the last of its packet.
    level : words in the FIFO.
    """

    def __init__(self, packet: OutputPacket, words: int) -> None:
        self.packet = packet
        self.depth = fifo_depth(max(words, packet.words))
        self.packets = self.depth // packet.words
        super().__init__(
            {
                "i": In(stream.Signature(WORD_BITS)),
                "reserve": In(1),
                "room": Out(1),
                "discard": In(1),
                "o": Out(stream.Signature(WORD_BITS)),
                "last": Out(1),
                "level": Out(range(self.depth + 1)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.fifo = fifo = BlockFIFO(width=WORD_BITS, depth=self.depth)
        free = Signal(range(self.packets + 1), init=self.packets)
        word = Signal(range(max(2, self.packet.words)))  # of its packet, at `o`
        taken, freed = Signal(), Signal()
        m.d.comb += [
            fifo.w_data.eq(self.i.payload),
            fifo.w_en.eq(self.i.valid & ~self.discard),
            self.i.ready.eq(fifo.w_rdy | self.discard),
            self.o.payload.eq(fifo.r_data),
            self.o.valid.eq(fifo.r_rdy),
            fifo.r_en.eq(self.o.ready),
            taken.eq(self.o.valid & self.o.ready),
            self.last.eq(word == self.packet.words - 1),
            freed.eq(taken & self.last),
            self.room.eq(free.any() | self.discard),
            self.level.eq(fifo.level),
        ]
        with m.If(freed):
            m.d.sync += word.eq(0)
        with m.Elif(taken):
            m.d.sync += word.eq(word + 1)
        # While words are discarded nobody counts: a reset follows.
        reserved = Signal()
        m.d.comb += reserved.eq(self.reserve & ~self.discard)
        with m.If(freed ^ reserved):
            m.d.sync += free.eq(free + Mux(reserved, -1, 1))
        return m
