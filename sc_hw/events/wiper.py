# amaranth: UnusedElaboratable=no
"""The wiper: after a reset it sets all sums of a layer to 0, one word a clock."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class SumWiper(wiring.Component):
    """Counts through the words of the sums, and until the last zero is written.

    Block RAM keeps its words in a reset. Where an event adds to what is there, all must be 0 before
    the first one. Latency `words` + `landed` clocks, in which the layer waits. Domain ``sync``.

    Reset: at any time; it begins anew.

    Parameters
    ----------
    words : of the memory.
    landed : clocks from a `wipe` to the write of its zero.

    Members
    -------
    restart : begin anew; while it works it goes on instead.
    wipe : set the word `place` to 0.
    place : its number; it counts on beyond the last word while `busy`.
    busy : it works, from the clock after a reset or a `restart` to the last write.
    """

    def __init__(self, words: int, landed: int) -> None:
        self.words, self.landed = words, landed
        super().__init__(
            {
                "restart": In(1),
                "wipe": Out(1),
                "place": Out(range(words + landed)),
                "busy": Out(1, init=1),
            }
        )

    @property
    def clocks(self) -> int:
        """Clocks from a reset or a `restart` to its end."""
        return self.words + self.landed

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        at_last = Signal(name="at_last")
        m.d.comb += [
            at_last.eq(self.place == self.clocks - 1),
            self.wipe.eq(self.busy & (self.place < self.words)),
        ]
        with m.If(self.busy):
            m.d.sync += [self.place.eq(self.place + 1), self.busy.eq(~at_last)]
        with m.Elif(self.restart):
            m.d.sync += [self.place.eq(0), self.busy.eq(1)]
        return m
