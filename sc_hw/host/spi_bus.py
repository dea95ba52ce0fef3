# amaranth: UnusedElaboratable=no
"""Accesses of the bus over SPI, one in each packet of 7 bytes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from sc_hw.host import wishbone
from sc_hw.host.register_map import ADDRESS_BITS
from sc_hw.host.registers import WORD_BITS

HEADER_BITS, CRC_BITS = 16, 8
PACKET_BITS = HEADER_BITS + WORD_BITS + CRC_BITS
COMMAND_BITS = (
    2  # of the header: an access is asked for, and it is a write; the rest is its address
)
CRC_TAPS = 0b00000111  # x^8 + x^2 + x + 1
CRC_INIT = (1 << CRC_BITS) - 1  # so that a line that stands still gives no packet
# The board looks whether the access is done with this bit of the header, and says so in the three
# behind it. A read of a counter takes 30 clocks, and 13 bits 78 or more.
LOOK_BIT = HEADER_BITS - 4


class SpiBus(wiring.Component):
    """An SPI target (mode 0, high bit first) that is an initiator of the bus.

    While `cs_n` is low, packets of 56 bits pass both ways, the high bit first: a header of 16 bits,
    a word of 32, and a CRC of 8 over both (x^8 + x^2 + x + 1, begun with 0xFF).

    What comes in is a command: bit 15 of the header asks for an access, bit 14 makes it a write,
    the others are the word address; the word is the one to be written.

    What goes out is the answer to the packet before, which may have come in an earlier transaction.
    Bits 15:3 are 0101...; bit 2: its access has ended, and if it was a read the word is here, once;
    bit 1: the bus has refused it; bit 0: this packet and those behind it are passed over, until
    `cs_n` has been high. They are when the access has not ended yet, or when the CRC of the packet
    before was wrong. So nothing is done out of turn, and what is answered by bit 0 is sent again in
    the next transaction.

    `sck` and `mosi` are sampled by the clock, which is 6 times as fast at least; `miso` changes 2
    to 4 clocks after a *rising* edge. `cs_n` falls at least 4 clocks before the first edge. Domain
    ``sync``.

    Reset
    -----
    The packet and the access under way are lost.

    Members
    -------
    sck, cs_n, mosi : from the controller, of no clock.
    miso : to the controller.
    miso_enable : `cs_n` is low; for boards where several targets share `miso`.
    bus : initiator.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "sck": In(1),
                "cs_n": In(1),
                "mosi": In(1),
                "miso": Out(1),
                "miso_enable": Out(1),
                "bus": Out(wishbone.Signature(ADDRESS_BITS)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        rise, idle, bit = self._lines(m)
        number = Signal(range(PACKET_BITS))  # of the bit
        in_header, in_crc = Signal(), Signal()
        last, ends = Signal(), Signal()  # the packet's last bit comes; came in the clock before
        looks = Signal()
        m.d.comb += [
            in_header.eq(~number[4:].any()),
            in_crc.eq(number[4:].all()),
            last.eq(rise & in_crc & number[:3].all()),
            looks.eq(rise & in_header & (number[:4] == LOOK_BIT)),
        ]
        m.d.sync += ends.eq(last)
        with m.If(idle | last):
            m.d.sync += number.eq(0)
        with m.Elif(rise):
            m.d.sync += number.eq(number + 1)
        # Of the access: its answer goes out in this packet; it was refused; none is made any more.
        answers, refused, stopped = Signal(), Signal(), Signal()
        came, sent = Signal(CRC_BITS), Signal(CRC_BITS)
        word = Signal(WORD_BITS, reset_less=True)
        with m.If(looks):
            m.d.sync += answers.eq(~self.bus.cyc)
        with m.If(self.bus.ack & ~self.bus.we):
            m.d.sync += word.eq(self.bus.dat_r)
        with m.Elif(rise & ~in_header & ~in_crc & answers):
            m.d.sync += word.eq(Cat(bit, word))
        m.d.comb += [
            self.bus.dat_w.eq(word),
            # The word of an access under way is not sent: it is the one to be written.
            self.miso.eq(
                Mux(
                    in_crc,
                    sent[-1],
                    Mux(
                        in_header,
                        self._status(number, answers, refused, stopped),
                        word[-1] & answers,
                    ),
                )
            ),
        ]
        _follow(m, came, bit, rise, idle | ends)
        _follow(m, sent, Mux(in_crc, sent[-1], self.miso), rise, idle | ends)
        with m.If(self.bus.ack | self.bus.err):
            m.d.sync += [self.bus.cyc.eq(0), refused.eq(self.bus.err)]
        self._begin(m, rise & in_header, bit, ends & ~came.any(), stopped)
        with m.If(idle):
            m.d.sync += stopped.eq(0)
        with m.Elif((looks & self.bus.cyc) | (ends & came.any())):
            m.d.sync += stopped.eq(1)
        return m

    def _begin(self, m: Module, takes: Value, bit: Signal, good: Value, stopped: Signal) -> None:
        """Take the header's bits, and begin the access that it asks for."""
        header = Signal(HEADER_BITS, reset_less=True)
        address = Signal(HEADER_BITS - COMMAND_BITS, reset_less=True)
        write = Signal(reset_less=True)
        m.d.comb += [
            self.bus.adr.eq(address),
            self.bus.we.eq(write),
            self.bus.stb.eq(self.bus.cyc),
            self.bus.sel.eq(~0),
        ]
        with m.If(takes):
            m.d.sync += header.eq(Cat(bit, header))
        with m.If(good & ~stopped):
            # The next header comes in while the access is made.
            m.d.sync += Cat(address, write, self.bus.cyc).eq(header)

    @staticmethod
    def _status(number: Signal, answers: Signal, refused: Signal, stopped: Signal) -> Value:
        """A bit of the header that goes out."""
        flags = Mux(number[1], Mux(number[0], stopped, refused), number[0] & answers)
        return Mux(number[3] & number[2], flags, number[0])

    def _lines(self, m: Module) -> tuple[Signal, Signal, Signal]:
        """A rising edge while the target is selected; it is not selected; the bit."""
        sck, cs_n, mosi = Signal(), Signal(init=1), Signal()
        m.submodules.sck = FFSynchronizer(self.sck, sck)
        m.submodules.cs_n = FFSynchronizer(self.cs_n, cs_n, init=1)
        m.submodules.mosi = FFSynchronizer(self.mosi, mosi)
        before, rise = Signal(), Signal()
        m.d.sync += before.eq(sck)
        m.d.comb += [
            rise.eq(sck & ~before & ~cs_n),
            # Not through the synchroniser, or two targets would drive the line for some clocks.
            self.miso_enable.eq(~self.cs_n),
        ]
        return rise, cs_n, mosi


def _follow(m: Module, crc: Signal, bit: Value, takes: Value, clear: Value) -> None:
    """The CRC of the bits that are taken."""
    feedback = crc[-1] ^ bit
    with m.If(clear):
        m.d.sync += crc.eq(CRC_INIT)
    with m.Elif(takes):
        m.d.sync += crc.eq(Cat(0, crc)[:CRC_BITS] ^ Mux(feedback, CRC_TAPS, 0))
