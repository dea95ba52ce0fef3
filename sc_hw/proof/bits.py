"""Vectors of bits with operators, for claims that state what a signal must be.

Widths are explicit, as in the hardware: operands have one width, and a sum keeps it. A truth value
is a vector of one bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sc_model.graph.smt import K, Terms


@dataclass(frozen=True)
class Bits:
    """A vector of the solver.

    Members
    -------
    terms : what it is written in.
    term : the vector.
    """

    terms: Terms
    term: Any

    @classmethod
    def const(cls, terms: Terms, value: int, width: int) -> Bits:
        """A constant."""
        return cls(terms, terms.const(value, width))

    def __len__(self) -> int:
        return self.terms.width(self.term)

    def _with(self, kind: Any, other: Bits) -> Bits:
        if len(self) != len(other):
            raise ValueError(f"operands must have one width, not {len(self)} and {len(other)} bits")
        return Bits(self.terms, self.terms(kind, self.term, other.term))

    def __and__(self, other: Bits) -> Bits:
        return self._with(K.BV_AND, other)

    def __or__(self, other: Bits) -> Bits:
        return self._with(K.BV_OR, other)

    def __xor__(self, other: Bits) -> Bits:
        return self._with(K.BV_XOR, other)

    def __invert__(self) -> Bits:
        return Bits(self.terms, self.terms(K.BV_NOT, self.term))

    def __add__(self, other: Bits | int) -> Bits:
        return self._with(K.BV_ADD, self._operand(other))

    def __sub__(self, other: Bits | int) -> Bits:
        return self._with(K.BV_SUB, self._operand(other))

    def __getitem__(self, place: int | slice) -> Bits:
        """One bit, or the bits from `start` to below `stop`."""
        low, high = (
            (place, place + 1)
            if isinstance(place, int)
            else (place.start or 0, len(self) if place.stop is None else place.stop)
        )
        if not 0 <= low < high <= len(self):
            raise ValueError(f"bits {low} to {high} must be in a vector of {len(self)}")
        if (low, high) == (0, len(self)):
            return self
        return Bits(self.terms, self.terms(K.BV_EXTRACT, self.term, indices=(high - 1, low)))

    def _operand(self, value: Bits | int) -> Bits:
        return Bits.const(self.terms, value, len(self)) if isinstance(value, int) else value

    def _bit(self, condition: Any) -> Bits:
        one, zero = self.terms.const(1, 1), self.terms.const(0, 1)
        return Bits(self.terms, self.terms(K.ITE, condition, one, zero))

    def equals(self, other: Bits | int) -> Bits:
        """Whether it is another vector, or an unsigned number, which may be too large for it."""
        if isinstance(other, int) and other >> len(self):
            return Bits.const(self.terms, 0, 1)
        operand = self._operand(other)
        if len(self) != len(operand):
            raise ValueError(f"a vector of {len(self)} bits must not meet one of {len(operand)}")
        return self._bit(self.terms(K.EQUAL, self.term, operand.term))

    def below(self, other: Bits | int) -> Bits:
        """Whether it is less, as an unsigned number."""
        if isinstance(other, int) and other >> len(self):
            return Bits.const(self.terms, 1, 1)
        return self._bit(self.terms(K.BV_ULT, self.term, self._operand(other).term))

    def any(self) -> Bits:
        """Whether it has a 1."""
        return ~self.equals(0)

    def all(self) -> Bits:
        """Whether it has no 0."""
        return self.equals((1 << len(self)) - 1)

    def times(self, factor: int) -> Bits:
        """The product with a number, of the same width."""
        return self._with(K.BV_MUL, self._operand(factor))

    def wide(self, width: int) -> Bits:
        """The unsigned number in `width` bits, at least as many as it has."""
        extra = width - len(self)
        if extra < 0:
            raise ValueError(f"a vector of {len(self)} bits must not be cut to {width}")
        if not extra:
            return self
        return Bits(self.terms, self.terms(K.BV_ZERO_EXTEND, self.term, indices=(extra,)))

    def low(self, width: int) -> Bits:
        """The lowest bits; zeros above where there are fewer."""
        return self[:width] if width <= len(self) else self.wide(width)

    def gated(self, by: Bits) -> Bits:
        """The vector where the bit is 1, else 0."""
        return mux(by, self, Bits.const(self.terms, 0, len(self)))

    def implies(self, other: Bits) -> Bits:
        """Whether this bit being 1 makes the other 1."""
        return ~self | other

    @property
    def holds(self) -> Any:
        """The formula that this one bit is 1."""
        return self.terms.is_one(self.term)


def mux(condition: Bits, if_true: Bits, if_false: Bits) -> Bits:
    """One of two vectors."""
    t = condition.terms
    if len(if_true) != len(if_false):
        raise ValueError(f"{len(if_true)} and {len(if_false)} bits must be one width")
    return Bits(t, t(K.ITE, condition.holds, if_true.term, if_false.term))


def cat(parts: Sequence[Bits]) -> Bits:
    """One vector of several, the first in the lowest bits."""
    if len(parts) == 1:
        return parts[0]
    t = parts[0].terms
    return Bits(t, t(K.BV_CONCAT, *(part.term for part in reversed(parts))))


def either(conditions: Sequence[Bits], terms: Terms) -> Bits:
    """Whether one of some bits is 1; 0 where there are none."""
    result = Bits.const(terms, 0, 1)
    for condition in conditions:
        result = result | condition
    return result
