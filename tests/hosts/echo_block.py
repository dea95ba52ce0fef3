"""A block in Amaranth alone: each step's word comes back some clocks later; 16 words of memory."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream
from amaranth.lib.memory import Memory

from sc_hw.host.blocks.host_block import HostBlock
from sc_hw.host.packets import OutputPacket, StepPacket, Window

DATA_BITS, WORD_BITS = 40, 4
SLOW = 9  # clocks of a step


class EchoBlock(HostBlock):
    """A block without a design."""

    name = "echo"
    kind = 99

    def describe(self) -> None:
        self.step, self.output = StepPacket(1, 32, ()), OutputPacket(32)
        address = {"name": "word", "offset": 0, "width": WORD_BITS, "signed": False}
        self.windows = (Window("echo", (address,), DATA_BITS),)

    def connect(self, m: Module, pins: Any) -> None:
        """There are no pins."""

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        self.count_in_flight(m, 1)
        word, number, left = Signal(32), Signal(32, init=1), Signal(range(SLOW + 1))
        m.d.comb += self.transfer.ready.eq(1)
        with m.FSM():
            with m.State("rest"), m.If(self.transfer.valid):
                m.d.sync += [word.eq(self.transfer.payload), left.eq(SLOW)]
                m.next = "work"
            with m.State("work"):
                m.d.sync += left.eq(left - 1)
                with m.If(~left.any()):
                    m.next = "number"
            with m.State("number"):
                m.d.comb += [self.packet.valid.eq(1), self.packet.payload.eq(number)]
                with m.If(self.packet.ready):
                    m.next = "word"
            with m.State("word"):
                m.d.comb += [self.packet.valid.eq(1), self.packet.payload.eq(word)]
                m.d.comb += [self.finished.eq(self.packet.ready), self.spike.eq(self.finished)]
                with m.If(self.packet.ready):
                    m.d.sync += number.eq(number + 1)
                    m.next = "rest"
        self._memory(m)
        return m

    def _memory(self, m: Module) -> None:
        place = {"word": WORD_BITS}
        load = stream.Signature(data.StructLayout({**place, "data": DATA_BITS})).create()
        read = stream.Signature(data.StructLayout(place)).create()
        answer = stream.Signature(DATA_BITS).create()
        m.submodules.words = words = Memory(shape=DATA_BITS, depth=1 << WORD_BITS, init=[])
        into, out = words.write_port(), words.read_port()
        fetched, valid = Signal(), Signal()
        m.d.comb += [
            load.ready.eq(1),
            into.addr.eq(load.payload.word),
            into.data.eq(load.payload.data),
            into.en.eq(load.valid),
            read.ready.eq(~fetched & ~valid),
            out.addr.eq(read.payload.word),
            out.en.eq(read.valid & read.ready),
            answer.payload.eq(out.data),
            answer.valid.eq(valid),
        ]
        m.d.sync += [
            fetched.eq(read.valid & read.ready),
            valid.eq(fetched | (valid & ~answer.ready)),
        ]
        self.connect_window(m, [load], [read], [answer])
