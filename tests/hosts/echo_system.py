"""A small system for tests of boards: bytes of the serial line come back, increased by one."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from sc_hw.host.uart import Rate, UartReceiver, UartTransmitter


class EchoSystem(wiring.Component):
    """Each byte is looked up in a block RAM, where its answer was written before."""

    def __init__(self, clock_hz: float, baud: float = 1e6) -> None:
        self._rate = Rate(clock_hz, baud)
        super().__init__(
            {
                "rx": In(1),
                "tx": Out(1),
                "activity": Out(data.StructLayout({"spike": 1, "error": 1, "link": 1})),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.receiver = receiver = UartReceiver(self._rate)
        m.submodules.transmitter = transmitter = UartTransmitter(self._rate)
        m.submodules.memory = memory = Memory(shape=8, depth=256, init=[])
        write, read = memory.write_port(), memory.read_port()
        # written in the first clock of a byte, read in the second, sent in the third
        written, answer = Signal(), Signal()
        m.d.sync += [
            written.eq(receiver.o.valid & ~receiver.o.ready),
            answer.eq(written & ~receiver.o.ready),
        ]
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            write.addr.eq(receiver.o.payload),
            write.data.eq(receiver.o.payload + 1),
            write.en.eq(receiver.o.valid & ~written),
            read.addr.eq(receiver.o.payload),
            transmitter.i.payload.eq(read.data),
            transmitter.i.valid.eq(answer),
            receiver.o.ready.eq(answer & transmitter.i.ready),
            self.activity.spike.eq(receiver.o.ready),
        ]
        with m.If(receiver.broken):
            m.d.sync += self.activity.error.eq(1)
        with m.If(receiver.o.valid):
            m.d.sync += self.activity.link.eq(1)
        return m
