"""Noise from a linear feedback shift register: the same numbers in model and hardware.

x^32 + x^22 + x^2 + x + 1 (a maximal-length polynomial; Ward & Molteno, "Table of Linear Feedback
Shift Registers", University of Otago 2007). Each number takes fresh bits: the register moves on by
as many places as the number has.
"""

from __future__ import annotations

from typing import Any

WIDTH = 32
TAPS = (31, 21, 1, 0)
SEED = 0xACE1_2468


class Lfsr:
    """Fibonacci form: the new bit 0 is the exclusive-or of the taps, everything else moves up by
    one.

    Parameters
    ----------
    bits : bits of a number, 1 to 24.
    seed : state, not 0.
    """

    def __init__(self, bits: int, seed: int = SEED) -> None:
        if not 1 <= bits <= 24 or not 0 < seed < 1 << WIDTH:
            raise ValueError(
                f"Lfsr needs 1 to 24 bits and a seed in [1, 2^{WIDTH}), not {bits} and {seed}"
            )
        self.bits, self.state = bits, seed

    def number(self) -> int:
        """The next number, in [-2^(bits-1), 2^(bits-1)): the lowest bits after the move, as two's
        complement.
        """
        for _ in range(self.bits):
            self.state = ((self.state << 1) | self._feedback()) & ((1 << WIDTH) - 1)
        value = self.state & ((1 << self.bits) - 1)
        return value - (1 << self.bits) if value >> (self.bits - 1) else value

    def _feedback(self) -> int:
        bit = 0
        for tap in TAPS:
            bit ^= self.state >> tap & 1
        return bit


def moved(bits: list[Any], places: int) -> list[Any]:
    """State bits (lowest first) after some moves, in any algebra of bits with `^`."""
    for _ in range(places):
        fresh = bits[TAPS[0]]
        for tap in TAPS[1:]:
            fresh = fresh ^ bits[tap]
        bits = [fresh, *bits[:-1]]
    return bits
