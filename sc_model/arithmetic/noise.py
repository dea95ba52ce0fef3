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
        self.state = shifted(self.state, self.bits)
        value = self.state & ((1 << self.bits) - 1)
        return value - (1 << self.bits) if value >> (self.bits - 1) else value


def shifted(state: int, places: int) -> int:
    """The register after some shifts.

    The random inputs of a rule (`RuleInput.random`) are the lowest bits of the register in the
    clock of the step, in the order of the declaration from bit 0 up; the register then shifts by
    as many places as they have bits, so that no bit is used twice.
    """
    for _ in range(places):
        bit = 0
        for tap in TAPS:
            bit ^= state >> tap & 1
        state = ((state << 1) | bit) & ((1 << WIDTH) - 1)
    return state


def shifted_state(bits: list[Any], places: int) -> list[Any]:
    """Bits of the state (lowest first) after some shifts, in any algebra of bits with `^`."""
    for _ in range(places):
        fresh = bits[TAPS[0]]
        for tap in TAPS[1:]:
            fresh = fresh ^ bits[tap]
        bits = [fresh, *bits[:-1]]
    return bits


def sources_after(places: int) -> tuple[tuple[int, ...], ...]:
    """For each bit of the state after some shifts, the bits now that it is the exclusive-or of.

    Hardware is written so: as nested shifts, each new bit would contain the expressions of the two
    new bits before it (the taps at bits 0 and 1), whose size grows with the Fibonacci numbers.
    """
    first = [frozenset((bit,)) for bit in range(WIDTH)]
    return tuple(tuple(sorted(bits)) for bits in shifted_state(first, places))
