"""The design's pins: one word in and one word out, every clock."""

from __future__ import annotations

from typing import Any

from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from sim.design import CLOCK


class Pins:
    """Exchange of packed words with the wrapped design.

    A word written here is on the pins at the next rising edge; what :meth:`clock` returns was on
    the output pins at that same edge.

    Parameters
    ----------
    top : cocotb's handle of the wrapper.

    Members
    -------
    cycles : rising edges so far.
    """

    def __init__(self, top: Any) -> None:
        self._drive, self._sense, self._clock = top.drive, top.sense, getattr(top, CLOCK)
        self._edge = FallingEdge(self._clock)
        self._last: int | None = None
        self.cycles = 0

    async def start(self, word: int) -> None:
        """Start the clock and let one edge pass with `word` on the pins.

        The wrapper has sampled nothing before that edge.
        """
        self._drive.value = self._last = word
        Clock(self._clock, 2, unit="step").start(start_high=False)
        await self._edge
        self.cycles += 1

    async def clock(self, word: int) -> int:
        """Apply a word for one clock; the outputs at its rising edge."""
        # a write through cocotb costs more than a comparison
        if word != self._last:
            self._drive.value = self._last = word
        await self._edge
        self.cycles += 1
        return int(self._sense.value)

    async def play(self, words: list[int], expected: list[int]) -> list[tuple[int, int]]:
        """Apply words clock by clock, and compare the outputs.

        Returns (index, outputs) of every clock whose outputs are not as expected.
        """
        drive, sense, edge, last = self._drive, self._sense, self._edge, self._last
        differences = []
        for index, (word, expect) in enumerate(zip(words, expected, strict=True)):
            if word != last:
                drive.value = last = word
            await edge
            if (got := int(sense.value)) != expect:
                differences.append((index, got))
        self._last = last
        self.cycles += len(words)
        return differences
