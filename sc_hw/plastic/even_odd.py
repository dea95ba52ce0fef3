"""Single-port memory that reads and writes in every clock, as long as reads and writes go to
different halves.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import SinglePortRAM


class EvenOddRAM(wiring.Component):
    """A bank for even and one for odd addresses; the ports of a `BlockRAM` without output register.

    In a clock with a write, only an address of the other half may be read: a sweep that reads one
    address after another and writes an odd number of clocks later never does otherwise. Where it
    does, the write wins and the word read is undefined. Latency 1, one read and one write a clock,
    domain ``sync``.
    """

    def __init__(self, depth: int, width: int) -> None:
        self.depth, self.width = depth, width
        address = max(2, (depth - 1).bit_length())
        super().__init__(
            {
                "r_addr": In(address),
                "r_data": Out(width),
                "w_en": In(1),
                "w_addr": In(address),
                "w_data": In(width),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        odd = Signal(reset_less=True)
        m.d.sync += odd.eq(self.r_addr[0])
        banks = [SinglePortRAM(-(-self.depth // 2), self.width) for _ in range(2)]
        for half, bank in enumerate(banks):
            m.submodules[("even", "odd")[half]] = bank
            m.d.comb += [
                bank.w_en.eq(self.w_en & (self.w_addr[0] == half)),
                bank.addr.eq(Mux(bank.w_en, self.w_addr[1:], self.r_addr[1:])),
                bank.w_data.eq(self.w_data),
            ]
        m.d.comb += self.r_data.eq(Mux(odd, banks[1].r_data, banks[0].r_data))
        return m
