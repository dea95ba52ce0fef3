# amaranth: UnusedElaboratable=no
"""CRC-32 of a frame, bit by bit."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

POLYNOMIAL = 0xEDB88320  # of CRC-32/ISO-HDLC, bit 0 is the highest power
BITS = 32


class SerialCrc(wiring.Component):
    """CRC-32/ISO-HDLC of bits, the low one of a byte first.

    Serial, for a byte takes 40 clocks or more on the wire: 17 LUT4, where eight bits at once take
    more than 100. The register is shifted out bit by bit to be sent, and to be compared with what
    was received. Domain ``sync``.

    Members
    -------
    start : begins anew; goes before `valid`.
    valid : a bit is put in, or taken out.
    data : the bit that is put in.
    out : the bit at `bit` is taken out; the next one follows.
    bit : of the CRC, from the first that is sent on.
    """

    def __init__(self) -> None:
        super().__init__(
            {"start": In(1), "valid": In(1), "data": In(1), "out": In(1), "bit": Out(1)}
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        register = Signal(BITS, init=(1 << BITS) - 1)
        taps = Signal()
        m.d.comb += [
            self.bit.eq(~register[0]),
            taps.eq((register[0] ^ self.data) & ~self.out),
        ]
        with m.If(self.start):
            m.d.sync += register.eq(~0)
        with m.Elif(self.valid):
            m.d.sync += register.eq((register >> 1) ^ Mux(taps, POLYNOMIAL, 0))
        return m
