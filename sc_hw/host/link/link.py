# amaranth: UnusedElaboratable=no
"""The link: a stream of bytes in, one out, and the bus behind."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from sc_hw.host import wishbone
from sc_hw.host.link import frames
from sc_hw.host.link.answers import Answers
from sc_hw.host.link.executor import Executor
from sc_hw.host.link.receiver import FrameReceiver


class Link(wiring.Component):
    """Does requests that come in frames, each exactly once, and answers them.

    Architecture
    ------------
    `FrameReceiver` lets whole and good frames through, `Executor` does their requests, `Answers`
    keeps and sends what it answers. The receiver holds `window` of the longest frames, so that none
    is lost while the bus waits. Frames are received, done and sent at the same time; finishing an
    answer of 254 bytes takes 2,800 clocks, less than the 10,160 that it takes on a wire of a
    quarter of the clock's frequency. Domain ``sync``.

    Reset
    -----
    Closes the session: the driver notices, and greets anew.

    Parameters
    ----------
    window : answers that are kept, and frames that may be in flight: 1, 2, 4, 8 or 16. Each takes
        512 bytes of block RAM.

    Members
    -------
    i : bytes from the wire; one is taken every 11 clocks at most.
    broken : one clock: a byte was lost or damaged.
    o : bytes to the wire.
    bus : initiator.
    good : one clock: a good frame has come.

    Raises
    ------
    ValueError
        Another window.
    """

    def __init__(self, window: int = frames.DEFAULT_WINDOW) -> None:
        if window not in frames.WINDOWS:
            raise ValueError(
                f"Window of a link must be one of {', '.join(map(str, frames.WINDOWS))}, not"
                f" {window}"
            )
        self.window = window
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "broken": In(1),
                "o": Out(stream.Signature(8)),
                "bus": Out(wishbone.Signature(16)),
                "good": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.receiver = receiver = FrameReceiver(self.window)
        m.submodules.executor = executor = Executor(self.window)
        m.submodules.answers = answers = Answers(self.window)
        connect(m, flipped(self.i), receiver.i)
        connect(m, receiver.o, executor.i)
        connect(m, executor.body, answers.i)
        connect(m, answers.o, flipped(self.o))
        connect(m, executor.bus, flipped(self.bus))
        m.d.comb += [
            receiver.broken.eq(self.broken),
            receiver.done.eq(executor.done),
            self.good.eq(receiver.good),
        ]
        for name in ("slot", "header", "kind", "begin", "finish", "send"):
            m.d.comb += getattr(answers, name).eq(getattr(executor, name))
        for name in ("ready", "free", "full"):
            m.d.comb += getattr(executor, name).eq(getattr(answers, name))
        return m
