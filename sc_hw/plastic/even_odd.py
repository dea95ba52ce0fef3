"""Single-port memory for one read and one write a clock, of addresses of different parity."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import SinglePortRAM


class EvenOddRAM(wiring.Component):
    """Two single-port banks, for even and for odd addresses.

    It has the ports of a `BlockRAM` without output register. In a clock with a write, only an
    address of the other parity may be read. A sweep that reads one address after another, and
    writes each an odd number of clocks after its read, never does otherwise. Where a read and a
    write have the same parity the write wins, and the word that is read is undefined.

    Latency 1 from `r_addr` to `r_data`; throughput one read and one write a clock; domain ``sync``.
    Contents survive a reset, and are not defined at power-on.

    Parameters
    ----------
    depth : words, >= 1; rounded up to an even number.
    width : bits of a word, >= 1.

    Members
    -------
    r_addr, r_data : read port.
    w_en, w_addr, w_data : write port.
    """

    def __init__(self, depth: int, width: int) -> None:
        self.depth, self.width = depth, width
        # Two bits at least: one selects the bank, and a bank's address can't have none.
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
        odd = Signal(reset_less=True)  # the bank whose word comes out in this clock
        m.d.sync += odd.eq(self.r_addr[0])
        banks = [SinglePortRAM(-(-self.depth // 2), self.width) for _ in range(2)]
        for parity, bank in enumerate(banks):
            m.submodules[("even", "odd")[parity]] = bank
            m.d.comb += [
                bank.w_en.eq(self.w_en & (self.w_addr[0] == parity)),
                # A bank that does not write reads, also where its word is not asked for.
                bank.addr.eq(Mux(bank.w_en, self.w_addr[1:], self.r_addr[1:])),
                bank.w_data.eq(self.w_data),
            ]
        m.d.comb += self.r_data.eq(Mux(odd, banks[1].r_data, banks[0].r_data))
        return m
