"""The design's pins: one word in and one word out, every clock."""

from __future__ import annotations

from typing import Any

from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from sc_sim.design import CLOCK


class Pins:
    """Exchange of packed words with the wrapped design.

    A word written here is on the pins at the next rising edge; what :meth:`clock` returns was on
    the output pins at that same edge. This class writes and reads at falling edges: the wrapper has
    then sampled the outputs half a clock ago, and samples the inputs half a clock later, so no
    write races with a sample.

    Parameters
    ----------
    top : cocotb's handle of the wrapper.

    Members
    -------
    cycles : number of rising edges so far.
    power_on : outputs at the first rising edge, before any input has reached a register.
    """

    def __init__(self, top: Any) -> None:
        self._drive, self._sense, self._clock = top.drive, top.sense, getattr(top, CLOCK)
        self._edge = FallingEdge(self._clock)
        self._last: int | None = None  # the word on the input pins; None before the first one
        self.cycles = 0
        self.power_on = 0

    async def start(self, word: int) -> None:
        """Start the clock and let one rising edge pass with `word` on the pins.

        No reset comes first: a design must begin without one.
        """
        self._drive.value = self._last = word
        # Two steps of the simulator are the shortest clock: one step low, then one step high. The
        # bench measures clocks, not time.
        Clock(self._clock, 2, unit="step").start(start_high=False)
        await self._edge
        self.cycles += 1
        self.power_on = int(self._sense.value)

    async def clock(self, word: int) -> int:
        """Apply a word for one clock, and return the outputs at its rising edge."""
        # A word that is on the pins already is not written again: a write through cocotb takes
        # longer than a comparison.
        if word != self._last:
            self._drive.value = self._last = word
        await self._edge
        self.cycles += 1
        return int(self._sense.value)

    async def play(self, words: list[int], expected: list[int]) -> list[tuple[int, int]]:
        """Apply words clock by clock, and compare the outputs.

        Returns (index, outputs) of every clock whose outputs are not as expected.
        """
        # It does what `clock` does. The loop stands here with local names, since a call and the
        # look-ups for each clock would take longer than the rest of it.
        drive, sense, edge, last = self._drive, self._sense, self._edge, self._last
        differences = []
        for index, (word, expect) in enumerate(zip(words, expected, strict=True)):
            if word != last:
                drive.value = last = word
            await edge
            if (outputs := int(sense.value)) != expect:
                differences.append((index, outputs))
        self._last = last
        self.cycles += len(words)
        return differences
