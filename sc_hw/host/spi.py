# amaranth: UnusedElaboratable=no
"""Bytes over SPI, as a target that samples the lines with its own clock."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

# Clocks of the target in a period of `sck`, at least.
LEAST_CLOCKS_A_BIT = 6


class SpiTarget(wiring.Component):
    """Takes and gives bytes over SPI: mode 0, high bit first.

    The controller's clock is sampled, so that nothing here is in another clock domain: `sck` may
    have a sixth of the clock's frequency. `miso` changes 2 to 4 clocks after a *rising* edge of
    `sck`, when the controller has taken the bit before; it has the next bit half a period early,
    which makes up for the sampling. `cs_n` falls at least 4 clocks before the first edge.

    Where there is nothing to send, 0x00 is sent. A byte that `cs_n` cuts short is lost, in both
    directions. The byte behind one that is sent must be there 40 clocks after the first bit.
    Domain ``sync``.

    Reset
    -----
    The byte under way is lost.

    Members
    -------
    sck, cs_n, mosi : from the controller, of no clock.
    miso : to the controller.
    miso_enable : `cs_n` is low; for boards where several targets share `miso`.
    o : bytes that have come; one that is not taken until the next has come is lost.
    i : bytes to be sent.
    broken : one clock: a byte was lost.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "sck": In(1),
                "cs_n": In(1),
                "mosi": In(1),
                "miso": Out(1),
                "miso_enable": Out(1),
                "o": Out(stream.Signature(8)),
                "i": In(stream.Signature(8)),
                "broken": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        sck, cs_n, mosi = Signal(), Signal(init=1), Signal()
        m.submodules.sck = FFSynchronizer(self.sck, sck)
        m.submodules.cs_n = FFSynchronizer(self.cs_n, cs_n, init=1)
        m.submodules.mosi = FFSynchronizer(self.mosi, mosi)
        last_sck = Signal()
        rise = Signal()
        m.d.sync += last_sck.eq(sck)
        m.d.comb += rise.eq(sck & ~last_sck & ~cs_n)

        taken = Signal(8)  # bits that have come, low bit last
        given = Signal(8)  # bits to be sent, the next at the high end
        number = Signal(3)  # of the bit
        with_data = Signal()  # `given` was loaded from the input
        m.d.comb += [
            self.miso.eq(given[7]),
            # The signal of the pin's driver: not through the synchroniser, or two targets would
            # drive the line for some clocks.
            self.miso_enable.eq(~self.cs_n),
            # with the first bit, so that the next byte is there when the last one has gone
            self.i.ready.eq(rise & (number == 0) & with_data),
        ]
        byte = Cat(mosi, taken[:7])
        after = Signal()  # a clock behind the last bit: the next byte of the input is there
        m.d.sync += after.eq(0)
        with m.If(rise):
            m.d.sync += [taken.eq(byte), number.eq(number + 1), given.eq(given << 1)]
            with m.If(number == 7):
                m.d.sync += after.eq(1)
                with m.If(self.o.valid & ~self.o.ready):
                    m.d.comb += self.broken.eq(1)
                with m.Else():
                    m.d.sync += [self.o.payload.eq(byte), self.o.valid.eq(1)]
        with m.If(cs_n):
            m.d.sync += number.eq(0)
        with m.If(cs_n | after):
            m.d.sync += [
                given.eq(Mux(self.i.valid, self.i.payload, 0)),
                with_data.eq(self.i.valid),
            ]
        with m.If(self.o.valid & self.o.ready & ~(rise & (number == 7))):
            m.d.sync += self.o.valid.eq(0)
        return m
