r"""Decay codes: a finite set of decay factors that represents every time constant in a range.

A trace decays by ``trace' = (trace * D) >> shift`` with an integer D in [0, 2^shift). The product
is exact and rounded down once, so without input every trace reaches 0: since D < 2^shift, a trace
above 0 falls by 1 at least. A *code* is the index of D in a short table. Hardware computes the
product as a sum of at most `terms` shifted copies of the trace, added or subtracted, or with a
multiplier (``terms = 0``, any D). The copies are the canonical signed digits of D; no other signed
binary form has fewer digits (Reitwiesner 1960, "Binary Arithmetic").

The table has the factors with the least worst-case relative error of the time constant over
[tau_min, tau_max]. A factor D represents tau = -tick / ln(D / 2^shift) and is within a relative
error e of all time constants in [tau / (1 + e), tau / (1 - e)]. For a given e a greedy search from
the short end of the range finds the smallest set of factors that covers it; bisection finds the
least e whose set fits the table. Codes that are left over go where neighbours are furthest apart,
which reduces the mean error.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import heapify, heappop, heappush
from itertools import pairwise

from sc_model.spec.errors import ConfigError

TAU_MIN_MS, TAU_MAX_MS = 0.5, 100.0  # the range of HetSyn
MAX_TERMS = 4


def signed_digits(value: int) -> tuple[tuple[int, bool], ...]:
    """Canonical signed digits of value >= 0, the highest first.

    Each digit is a pair: its power of two, and whether it is subtracted.
    """
    digits: list[tuple[int, bool]] = []
    power = 0
    while value:
        if value & 1:
            minus = value & 3 == 3
            digits.append((power, minus))
            value += 1 if minus else -1
        value >>= 1
        power += 1
    return tuple(reversed(digits))


@dataclass(frozen=True)
class DecayCodes:
    """The table of a layer's decay factors.

    Members
    -------
    factors : D by code, in rising order; at most 2^code_bits of them.
    shift : a trace is multiplied by D / 2^shift in each tick.
    terms : the largest number of shifted copies that a factor needs; 0 for a multiplier.
    tick_ms : length of a tick, in ms.
    tau_min_ms, tau_max_ms : range of time constants that the factors cover, in ms.
    """

    factors: tuple[int, ...]
    shift: int
    terms: int
    tick_ms: float
    tau_min_ms: float = TAU_MIN_MS
    tau_max_ms: float = TAU_MAX_MS

    @property
    def code_bits(self) -> int:
        """Bits of a code."""
        return max(1, (len(self.factors) - 1).bit_length())

    @property
    def taus_ms(self) -> tuple[float, ...]:
        """The time constant that each code stands for, in ms, rising."""
        return tuple(time_constant(factor, self.shift, self.tick_ms) for factor in self.factors)

    def nearest(self, tau_ms: float) -> int:
        """The code whose time constant is nearest to `tau_ms` (> 0)."""
        taus = self.taus_ms
        right = min(max(bisect_left(taus, tau_ms), 1), len(taus) - 1) if len(taus) > 1 else 0
        return right - 1 if right and tau_ms - taus[right - 1] <= taus[right] - tau_ms else right

    def encode(self, taus_ms: Iterable[float]) -> list[int]:
        """The nearest codes of many time constants."""
        return [self.nearest(tau) for tau in taus_ms]

    def errors(self, points: int = 4000) -> tuple[float, float]:
        """Worst and mean relative error of the time constant.

        Over `points` time constants, spread evenly on a logarithmic scale.
        """
        taus, low, high = self.taus_ms, math.log(self.tau_min_ms), math.log(self.tau_max_ms)
        relative = []
        for index in range(points):
            tau = math.exp(low + (high - low) * index / (points - 1))
            relative.append(abs(taus[self.nearest(tau)] - tau) / tau)
        return max(relative), sum(relative) / points


def time_constant(factor: int, shift: int, tick_ms: float) -> float:
    """The time constant, in ms, of a decay by factor / 2^shift every tick; 0 for factor 0."""
    return -tick_ms / math.log(factor / (1 << shift)) if factor else 0.0


@cache
def decay_codes(
    code_bits: int,
    terms: int,
    tick_ms: float = 1.0,
    shift: int = 12,
    tau_min_ms: float = TAU_MIN_MS,
    tau_max_ms: float = TAU_MAX_MS,
) -> DecayCodes:
    """The table with the least worst-case relative error of the time constant.

    Parameters
    ----------
    code_bits : bits of a code, 1 to 12.
    terms : 1 to 4 shifted copies, or 0 for a multiplier.
    tick_ms : length of a tick in ms, > 0.
    shift : bits of a factor, 4 to 16.
    tau_min_ms, tau_max_ms : range of the time constants, in ms. Where a tick is so long that the
        shortest of them leave nothing of a trace, the table begins at the shortest time constant
        that leaves 2^-shift.

    Raises
    ------
    ConfigError
        a value outside its range, a tick in which every trace vanishes, or one so short that no
        factor reaches the shortest time constant.
    """
    for name, value, least, most in (
        ("code_bits", code_bits, 1, 12),
        ("terms", terms, 0, MAX_TERMS),
        ("shift", shift, 4, 16),
    ):
        if not least <= value <= most:
            raise ConfigError(f"Decay codes need {name} in [{least}, {most}], not {value}.")
    if not tick_ms > 0 or not 0 < tau_min_ms < tau_max_ms:
        raise ConfigError(
            f"Decay codes need tick_ms > 0 and 0 < tau_min_ms < tau_max_ms, not {tick_ms},"
            f" {tau_min_ms} and {tau_max_ms}."
        )
    candidates = [d for d in range(1, 1 << shift) if terms == 0 or len(signed_digits(d)) <= terms]
    taus = [time_constant(d, shift, tick_ms) for d in candidates]
    low = max(tau_min_ms, taus[0])
    if low >= tau_max_ms:
        raise ConfigError(
            f"Decay codes need a tick in which a trace does not vanish: after {tick_ms} ms a time"
            f" constant of {tau_max_ms} ms leaves less than 2^-{shift}; take a shorter tick or a"
            " larger shift."
        )
    if taus[-1] < low:
        raise ConfigError(
            f"Decay codes need factors that reach the shortest time constant: with ticks of"
            f" {tick_ms} ms a factor of {shift} places stands for {taus[-1]:.3g} ms at most, not"
            f" {low} ms; take a longer tick or a larger shift."
        )
    worst = _bisect(taus, low, tau_max_ms, 1 << code_bits)
    indices = _fill(taus, _cover(taus, low, tau_max_ms, worst) or [], 1 << code_bits)
    return DecayCodes(
        tuple(candidates[index] for index in indices), shift, terms, tick_ms, low, tau_max_ms
    )


def _fill(taus: Sequence[float], indices: list[int], most: int) -> list[int]:
    """Indices of up to `most` taus: those chosen, and more between them.

    Each further one halves the widest gap between neighbours, as well as a tau can.
    """
    indices = sorted(indices)
    gaps = [(-taus[b] / taus[a], a, b) for a, b in pairwise(indices) if b > a + 1]
    heapify(gaps)
    while gaps and len(indices) < most:
        _, a, b = heappop(gaps)
        middle = math.sqrt(taus[a] * taus[b])
        best = min(range(a + 1, b), key=lambda index: abs(math.log(taus[index] / middle)))
        indices.append(best)
        for left, right in ((a, best), (best, b)):
            if right > left + 1:
                heappush(gaps, (-taus[right] / taus[left], left, right))
    return sorted(indices)


def _cover(taus: Sequence[float], low: float, high: float, error: float) -> list[int] | None:
    """Indices of the fewest taus that cover [low, high] within a relative error.

    None where they can't cover it. The taus rise; each next one is the largest that still reaches
    down to what is covered so far, which no other choice can improve on.
    """
    indices: list[int] = []
    covered = low
    while covered < high or not indices:
        # tau reaches down to tau / (1 + error), which must not be above `covered`. The factor
        # 1 + 1e-12 allows for the rounding of floats in that comparison.
        index = bisect_left(taus, covered * (1 + error) * (1 + 1e-12)) - 1
        if index < 0 or (indices and index <= indices[-1]):
            return None
        indices.append(index)
        if error >= 1:  # tau reaches up to tau / (1 - error): no limit
            break
        covered = taus[index] / (1 - error)
        if covered <= low:
            return None
    return indices


def _bisect(taus: Sequence[float], low: float, high: float, most: int) -> float:
    """The least relative error with which at most `most` of the taus cover [low, high]."""
    below, above = 0.0, 1.0
    for _ in range(60):
        middle = (below + above) / 2
        indices = _cover(taus, low, high, middle)
        if indices is not None and len(indices) <= most:
            above = middle
        else:
            below = middle
    return above
