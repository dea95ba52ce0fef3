"""The step FIFO, and the feeder that gives its words to the block, a whole step at a time."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.host.fifo import BlockFIFO, fifo_depth
from sc_hw.host.packets import StepPacket
from sc_hw.host.registers import WORD_BITS


class StepQueue(wiring.Component):
    """A FIFO of words in front of a block, and the shift register that makes transfers of them.

    A step begins when all of its words are there, so the block never waits in the midst of one. (A
    step longer than the FIFO begins with its first word; `streamed` says so.) A word costs a clock
    beside those of its transfers. Domain ``sync``. A reset empties the FIFO and forgets the step.

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
        if self.streamed:
            m.d.comb += self.waiting.eq(fifo.r_rdy & ~self.feeding)
        else:
            self._count_steps(m)
        self._feed(m, fifo)
        return m

    def _count_steps(self, m: Module) -> None:
        """Count the whole steps in the FIFO."""
        word = Signal(range(max(2, self.packet.words)))  # of the step that is being written
        steps = Signal(range(self.depth // self.packet.words + 1))
        taken, complete = Signal(), Signal()
        m.d.comb += [
            taken.eq(self.i.valid & self.i.ready),
            complete.eq(taken & (word == self.packet.words - 1)),
            self.waiting.eq(steps.any()),
        ]
        with m.If(complete):
            m.d.sync += word.eq(0)
        with m.Elif(taken):
            m.d.sync += word.eq(word + 1)
        with m.If(complete & ~self.begins):
            m.d.sync += steps.eq(steps + 1)
        with m.If(self.begins & ~complete):
            m.d.sync += steps.eq(steps - 1)

    def _feed(self, m: Module, fifo: BlockFIFO) -> None:
        """Fetch words and hand their bits on: first the common part, then transfer by transfer."""
        packet = self.packet
        per_word, per_transfer = packet.transfers_per_word, packet.words_per_transfer
        unit = Signal(WORD_BITS * per_transfer, reset_less=True)
        left = Signal(range(max(2, packet.transfers)))  # transfers of the step behind this one
        inside = Signal(
            range(max(2, per_word, per_transfer))
        )  # the same in the word; words to fetch
        common = Signal(len(self.common), reset_less=True)
        m.d.comb += [self.o.payload.eq(unit[: packet.transfer_bits]), self.common.eq(common)]
        with m.FSM():
            with m.State("wait"):
                m.d.sync += left.eq(packet.transfers - 1)
                m.d.comb += self.begins.eq(self.waiting & self.may_begin)
                with m.If(self.begins):
                    m.next = "common" if packet.common_words else "fetch"
            if packet.common_words:
                with m.State("common"):
                    self._fetch_common(m, fifo, common)
            with m.State("fetch"):
                m.d.comb += [fifo.r_en.eq(1), self.feeding.eq(1)]
                with m.If(fifo.r_rdy):
                    m.d.sync += unit.eq(Cat(unit, fifo.r_data)[WORD_BITS:])
                    if per_word:
                        m.d.sync += inside.eq(per_word - 1)
                        m.next = "send"
                    else:
                        m.d.sync += inside.eq(inside + 1)
                        with m.If(inside == per_transfer - 1):
                            m.d.sync += inside.eq(0)
                            m.next = "send"
            with m.State("send"):
                m.d.comb += [self.o.valid.eq(1), self.feeding.eq(1)]
                with m.If(self.o.ready):
                    m.d.sync += left.eq(left - 1)
                    if per_word:
                        m.d.sync += [unit.eq(unit >> packet.transfer_bits), inside.eq(inside - 1)]
                        with m.If(~inside.any()):
                            m.next = "fetch"
                    else:
                        m.next = "fetch"
                    with m.If(~left.any()):
                        m.next = "wait"

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
                m.next = "fetch"
