"""Noise from a linear feedback shift register: the same numbers in model and hardware.

The polynomial is x^32 + x^22 + x^2 + x + 1, of maximal length (Ward & Molteno, "Table of Linear
Feedback Shift Registers", University of Otago 2007). For a number of n bits the register shifts n
times, so no bit is used in two numbers.
"""

from __future__ import annotations

from typing import Any

WIDTH = 32
TAPS = (31, 21, 1, 0)
SEED = 0xACE1_2468


class Lfsr:
    """The register in Fibonacci form: a shift makes bit 0 the exclusive-or of the taps.

    Parameters
    ----------
    bits : bits of a number, 1 to 24.
    seed : state to begin with, in [1, 2^32); from 0 the register never gets away.
    """

    def __init__(self, bits: int, seed: int = SEED) -> None:
        if not 1 <= bits <= 24 or not 0 < seed < 1 << WIDTH:
            raise ValueError(
                f"Lfsr needs 1 to 24 bits and a seed in [1, 2^{WIDTH}), not {bits} and {seed}"
            )
        self.bits, self.state = bits, seed

    def number(self) -> int:
        """The next number, in [-2^(bits-1), 2^(bits-1)): the lowest bits after `bits` shifts."""
        for _ in range(self.bits):
            self.state = ((self.state << 1) | self._feedback()) & ((1 << WIDTH) - 1)
        value = self.state & ((1 << self.bits) - 1)
        return value - (1 << self.bits) if value >> (self.bits - 1) else value

    def _feedback(self) -> int:
        bit = 0
        for tap in TAPS:
            bit ^= self.state >> tap & 1
        return bit


def shifted_state(bits: list[Any], places: int) -> list[Any]:
    """Bits of the state (lowest first) after some shifts, in any algebra of bits with `^`."""
    for _ in range(places):
        fresh = bits[TAPS[0]]
        for tap in TAPS[1:]:
            fresh = fresh ^ bits[tap]
        bits = [fresh, *bits[:-1]]
    return bits
