"""The step FIFO, and the feeder that gives its words to the block, a whole step at a time."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.host.fifo import BlockFIFO, fifo_depth
from sc_hw.host.packets import StepPacket
from sc_hw.host.registers import WORD_BITS
from sc_hw.wires import choose


class StepQueue(wiring.Component):
    """A FIFO of words in front of a block, and what makes transfers of them.

    A step begins when all of its words are there, so the block never waits in the midst of one. (A
    step longer than the FIFO begins with its first word; `streamed` says so.) The words of a longer
    transfer cost a clock each. Domain ``sync``. A reset empties the FIFO and forgets the step.

    Parameters
    ----------
    packet : the words of a step.
    words : that the FIFO holds at least.

    Members
    -------
    i : the words of steps.
    may_begin : a step may begin.
    begins : a step begins; its words follow.
    waiting : a step could begin but for `may_begin`.
    feeding : a step's words are on their way to the block.
    common : the common part of the step, valid with its transfers.
    o : the transfers of the step.
    level : words in the FIFO.
    """

    def __init__(self, packet: StepPacket, words: int) -> None:
        self.packet, self.depth = packet, fifo_depth(words)
        super().__init__(
            {
                "i": In(stream.Signature(WORD_BITS)),
                "may_begin": In(1),
                "begins": Out(1),
                "waiting": Out(1),
                "feeding": Out(1),
                "common": Out(max(1, packet.common_words * WORD_BITS)),
                "o": Out(stream.Signature(packet.transfer_bits)),
                "level": Out(range(self.depth + 1)),
            }
        )

    @property
    def streamed(self) -> bool:
        """Whether the FIFO can't hold a whole step."""
        return self.packet.words > self.depth

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.fifo = fifo = BlockFIFO(width=WORD_BITS, depth=self.depth)
        m.d.comb += [
            fifo.w_data.eq(self.i.payload),
            fifo.w_en.eq(self.i.valid),
            self.i.ready.eq(fifo.w_rdy),
            self.level.eq(fifo.level),
        ]
        # A step begins at a word of its own, so the words that are there tell whether it is whole.
        # The word of the last transfer has left before the next step is asked for.
        words = 1 if self.streamed else self.packet.words
        # The level is compared in the clock before; a word that has left since is still counted.
        self._pops = Signal(name="pops")
        whole, stale = Signal(), Signal()
        m.d.comb += [
            self.waiting.eq(whole & ~stale & ~self._pops & ~self.feeding),
            fifo.r_en.eq(self._pops),
        ]
        m.d.sync += [
            self._pops.eq(0),
            stale.eq(fifo.r_en),
            whole.eq(self.level >= words),
        ]
        self._feed(m, fifo)
        return m

    def _feed(self, m: Module, fifo: BlockFIFO) -> None:
        """Hand on the common part, then transfer by transfer."""
        packet = self.packet
        left = Signal(range(max(2, packet.transfers)))  # transfers of the step behind this one
        common = Signal(len(self.common), reset_less=True)
        last = Signal()
        m.d.comb += [self.common.eq(common), last.eq(~left.any())]
        with m.FSM():
            with m.State("wait"):
                m.d.sync += left.eq(packet.transfers - 1)
                m.d.comb += self.begins.eq(self.waiting & self.may_begin)
                with m.If(self.begins):
                    m.next = "common" if packet.common_words else "send"
            if packet.common_words:
                with m.State("common"):
                    self._fetch_common(m, fifo, common)
            with m.State("send"):
                m.d.comb += self.feeding.eq(1)
                if packet.transfers_per_word:
                    self._take_apart(m, fifo, last)
                else:
                    self._put_together(m, fifo)
                with m.If(self.o.valid & self.o.ready):
                    m.d.sync += left.eq(left - 1)
                    with m.If(last):
                        m.next = "wait"

    def _take_apart(self, m: Module, fifo: BlockFIFO, last: Value) -> None:
        """The transfers of the word that the FIFO shows.

        What takes them may be slow to say so. It moves a number alone: the FIFO goes on a clock
        after the first transfer of a word, for the others are in a register then.
        """
        bits, per_word = self.packet.transfer_bits, self.packet.transfers_per_word
        moves = Signal()
        m.d.comb += moves.eq(self.o.valid & self.o.ready)
        if per_word == 1:
            m.d.comb += [
                self.o.payload.eq(fifo.r_data[:bits]),
                self.o.valid.eq(fifo.r_rdy),
                fifo.r_en.eq(moves),
            ]
            return
        place = Signal(range(per_word))
        begun = Signal()  # the first transfer of the word has gone
        others = [
            Signal(bits, name=f"transfer_{number}", reset_less=True)
            for number in range(1, per_word)
        ]
        m.d.comb += [
            self.o.payload.eq(choose(place, [fifo.r_data[:bits], *others])),
            self.o.valid.eq(begun | (fifo.r_rdy & ~self._pops)),
        ]
        with m.If(~begun):
            m.d.sync += Cat(others).eq(fifo.r_data[bits : bits * per_word])
        with m.If(moves):
            m.d.sync += [self._pops.eq(~begun), place.eq(place + 1), begun.eq(1)]
            with m.If(last | (place == per_word - 1)):
                m.d.sync += [place.eq(0), begun.eq(0)]

    def _put_together(self, m: Module, fifo: BlockFIFO) -> None:
        """A transfer of several words, shifted into a register."""
        words = self.packet.words_per_transfer
        unit = Signal(WORD_BITS * words, reset_less=True)
        count = Signal(range(words))
        m.d.comb += [
            self.o.payload.eq(unit[: self.packet.transfer_bits]),
            fifo.r_en.eq(~self.o.valid),
        ]
        with m.If(fifo.r_rdy & fifo.r_en):
            m.d.sync += [unit.eq(Cat(unit, fifo.r_data)[WORD_BITS:]), count.eq(count + 1)]
            with m.If(count == words - 1):
                m.d.sync += [count.eq(0), self.o.valid.eq(1)]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += self.o.valid.eq(0)

    def _fetch_common(self, m: Module, fifo: BlockFIFO, common: Signal) -> None:
        """The state that shifts the words of the common part into their register."""
        words = self.packet.common_words
        count = Signal(range(max(2, words)))
        m.d.comb += [fifo.r_en.eq(1), self.feeding.eq(1)]
        with m.If(fifo.r_rdy):
            m.d.sync += common.eq(Cat(common, fifo.r_data)[WORD_BITS:])
            m.d.sync += count.eq(count + 1)
            with m.If(count == words - 1):
                m.d.sync += count.eq(0)
                m.next = "send"
