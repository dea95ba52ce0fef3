"""Wishbone B4, classic cycles: the one bus between a door and the registers behind it."""

from __future__ import annotations

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.host.registers import WORD_BITS, WORD_BYTES


class Signature(wiring.Signature):
    """A bus of 32-bit words, as its initiator sees it.

    A cycle begins when the initiator raises `cyc` and `stb`; it holds them, and `adr`, `dat_w`,
    `sel` and `we`, until the target answers with one clock of `ack` or `err`. `dat_r` is valid in
    that clock. The target's ports are `In(Signature(...))`.

    Parameters
    ----------
    address_bits : bits of a word address.

    Members
    -------
    adr : word address.
    dat_w, dat_r : word to write, word that was read.
    sel : bytes that a write means; registers here are written whole and ignore it.
    cyc, stb : an access is asked for.
    we : it is a write.
    ack, err : the access has been made, or was refused.
    """

    def __init__(self, address_bits: int) -> None:
        self.address_bits = address_bits
        super().__init__(
            {
                "adr": Out(address_bits),
                "dat_w": Out(WORD_BITS),
                "dat_r": In(WORD_BITS),
                "sel": Out(WORD_BYTES),
                "cyc": Out(1),
                "stb": Out(1),
                "we": Out(1),
                "ack": In(1),
                "err": In(1),
            }
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Signature) and other.address_bits == self.address_bits

    def __repr__(self) -> str:
        return f"wishbone.Signature({self.address_bits})"
