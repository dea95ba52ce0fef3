"""Integer formats: the widths and ranges that fields, ports and registers share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class IntFormat:
    """A two's complement (`signed`) or unsigned integer of `width` bits, width >= 1."""

    width: int
    signed: bool = False

    @property
    def lo(self) -> int:
        """Smallest value that fits."""
        return -(1 << (self.width - 1)) if self.signed else 0

    @property
    def hi(self) -> int:
        """Largest value that fits."""
        return (1 << (self.width - self.signed)) - 1

    def saturate(self, value: int) -> int:
        """The value nearest to `value` that fits."""
        return max(self.lo, min(self.hi, value))

    def encode(self, value: int) -> int:
        """Bits of `value` as an unsigned integer of `width` bits; ValueError if it does not fit."""
        if not self.lo <= value <= self.hi:
            raise ValueError(f"value must be in [{self.lo}, {self.hi}] to fit {self}, not {value}")
        return value & ((1 << self.width) - 1)

    def decode(self, bits: int) -> int:
        """Inverse of :meth:`encode`."""
        bits &= (1 << self.width) - 1
        return bits - (1 << self.width) if self.signed and bits >> (self.width - 1) else bits

    def __str__(self) -> str:
        return f"{'signed' if self.signed else 'unsigned'} {self.width} bits"
