"""Closed integer intervals and the widths that hold them."""

from __future__ import annotations

from dataclasses import dataclass

from sc_model.spec.formats import IntFormat


@dataclass(frozen=True)
class Interval:
    """All integers from `lo` to `hi`, both included; never empty."""

    lo: int
    hi: int

    def __post_init__(self) -> None:
        if self.lo > self.hi:
            raise ValueError(f"interval must not be empty: [{self.lo}, {self.hi}]")

    @classmethod
    def of(cls, form: IntFormat) -> Interval:
        """Range of an integer format."""
        return cls(form.lo, form.hi)

    @property
    def format(self) -> IntFormat:
        """Smallest integer format that holds every value; unsigned where none is negative."""
        if self.lo >= 0:
            # No format has 0 bits: the interval [0, 0] takes one.
            return IntFormat(max(1, self.hi.bit_length()), signed=False)
        # two's complement of n bits reaches from -2^(n-1) to 2^(n-1) - 1
        return IntFormat(
            1 + max((-self.lo - 1).bit_length(), self.hi.bit_length() if self.hi > 0 else 0),
            signed=True,
        )

    @property
    def is_constant(self) -> bool:
        """Whether the interval holds one value only."""
        return self.lo == self.hi

    def within(self, other: Interval) -> bool:
        """Whether every value also lies in `other`."""
        return other.lo <= self.lo and self.hi <= other.hi

    def hull(self, other: Interval) -> Interval:
        """Smallest interval that holds all values of both."""
        return Interval(min(self.lo, other.lo), max(self.hi, other.hi))

    def meet(self, other: Interval) -> Interval | None:
        """The values that both intervals hold; None if there is no such value."""
        lo, hi = max(self.lo, other.lo), min(self.hi, other.hi)
        return Interval(lo, hi) if lo <= hi else None

    def __str__(self) -> str:
        return f"[{self.lo}, {self.hi}]"
