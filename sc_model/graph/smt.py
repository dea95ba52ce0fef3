"""The algebra of rules on SMT terms: integers of any size over bit vectors (bitwuzla).

A proof runs a rule's own `update` in this algebra. A value is a two's complement term together with
the interval that it lies in. Every result is widened to hold its interval, so nothing wraps. This
file shares no code with tracing or the interval analysis of graphs: a mistake there shows up here
as a counterexample.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bitwuzla as bz

K = bz.Kind


def _bits(lo: int, hi: int) -> int:
    """Two's complement bits that hold [lo, hi]."""
    return 1 + max((~lo if lo < 0 else lo).bit_length(), (~hi if hi < 0 else hi).bit_length())


class Terms:
    """Bit-vector terms with the few operations needed here, over one term manager."""

    def __init__(self) -> None:
        self.tm = bz.TermManager()

    def const(self, value: int, width: int) -> Any:
        """The constant `value` modulo 2^width."""
        return self.tm.mk_bv_value(self.tm.mk_bv_sort(width), value & ((1 << width) - 1))

    def var(self, name: str, width: int) -> Any:
        """A fresh free vector."""
        return self.tm.mk_const(self.tm.mk_bv_sort(width), name)

    def __call__(self, kind: Any, *args: Any, indices: tuple[int, ...] = ()) -> Any:
        """The term of an operation."""
        return (
            self.tm.mk_term(kind, list(args), list(indices))
            if indices
            else self.tm.mk_term(kind, list(args))
        )

    def width(self, term: Any) -> int:
        """Bits of a term."""
        return int(term.sort().bv_size())

    def resize(self, term: Any, width: int) -> Any:
        """Sign-extend or cut to `width` bits."""
        present = self.width(term)
        if present == width:
            return term
        if present < width:
            return self(K.BV_SIGN_EXTEND, term, indices=(width - present,))
        return self(K.BV_EXTRACT, term, indices=(width - 1, 0))

    def is_one(self, term: Any) -> Any:
        """Whether a one-bit vector is 1."""
        return self(K.EQUAL, term, self.const(1, 1))

    def differ(self, a: Any, b: Any) -> Any:
        """Whether two terms differ."""
        return self(K.NOT, self(K.EQUAL, a, b))


class SmtBool:
    """A condition; it has no truth value in Python."""

    def __init__(self, terms: Terms, term: Any) -> None:
        self.terms, self.term = terms, term

    def as_int(self) -> SmtInt:
        """The condition as the integer 0 or 1."""
        t = self.terms
        return SmtInt(t, t(K.ITE, self.term, t.const(1, 2), t.const(0, 2)), 0, 1)

    def _logic(self, kind: Any, other: Any) -> SmtBool:
        right = other.term if isinstance(other, SmtBool) else _condition(self.terms, other)
        return SmtBool(self.terms, self.terms(kind, self.term, right))

    def __and__(self, other: Any) -> SmtBool:
        return self._logic(K.AND, other)

    def __or__(self, other: Any) -> SmtBool:
        return self._logic(K.OR, other)

    def __add__(self, other: Any) -> SmtInt:
        return self.as_int().plus(other)

    __radd__ = __add__

    def __bool__(self) -> bool:
        raise TypeError("a rule can't branch on a value: use ops.mux(condition, if_true, if_false)")


class SmtInt:
    """An integer in [lo, hi] as a term just wide enough for it.

    Members
    -------
    term : the two's complement bit vector.
    lo, hi : the interval.
    factors : the factors of a product, else None. A proof about a product that is built of adders
        can enumerate the values of one factor.
    """

    def __init__(
        self,
        terms: Terms,
        term: Any,
        lo: int,
        hi: int,
        factors: tuple[SmtInt, SmtInt] | None = None,
    ) -> None:
        self.terms, self.lo, self.hi, self.factors = terms, lo, hi, factors
        self.term = terms.resize(term, _bits(lo, hi))

    @classmethod
    def unsigned(cls, terms: Terms, vector: Any) -> SmtInt:
        """The integer that a vector means as an unsigned number."""
        width = terms.width(vector)
        return cls(terms, terms(K.BV_ZERO_EXTEND, vector, indices=(1,)), 0, (1 << width) - 1)

    @classmethod
    def signed(cls, terms: Terms, vector: Any) -> SmtInt:
        """The integer that a vector means in two's complement."""
        width = terms.width(vector)
        return cls(terms, vector, -(1 << (width - 1)), (1 << (width - 1)) - 1)

    def low(self, width: int) -> Any:
        """The `width` low bits: what a register of that width would hold."""
        return self.terms.resize(self.term, width)

    def lift(self, other: Any) -> SmtInt:
        """`other` as a value of this kind."""
        if isinstance(other, SmtBool):
            return other.as_int()
        if isinstance(other, SmtInt):
            return other
        return SmtInt(self.terms, self.terms.const(other, _bits(other, other)), other, other)

    def _make(self, lo: int, hi: int, operation: Callable[..., Any], *operands: SmtInt) -> SmtInt:
        # wide enough for the operands too: they must not be cut before the operation
        width = max(_bits(lo, hi), *(_bits(x.lo, x.hi) for x in operands))
        return SmtInt(
            self.terms, operation(*(self.terms.resize(x.term, width) for x in operands)), lo, hi
        )

    def plus(self, other: Any) -> SmtInt:
        """The sum."""
        o = self.lift(other)
        return self._make(
            self.lo + o.lo, self.hi + o.hi, lambda a, b: self.terms(K.BV_ADD, a, b), self, o
        )

    __add__ = __radd__ = plus

    def __sub__(self, other: Any) -> SmtInt:
        o = self.lift(other)
        return self._make(
            self.lo - o.hi, self.hi - o.lo, lambda a, b: self.terms(K.BV_SUB, a, b), self, o
        )

    def __rsub__(self, other: Any) -> SmtInt:
        return self.lift(other) - self

    def __neg__(self) -> SmtInt:
        return self._make(-self.hi, -self.lo, lambda a: self.terms(K.BV_NEG, a), self)

    def __mul__(self, other: Any) -> SmtInt:
        o = self.lift(other)
        corners = [a * b for a in (self.lo, self.hi) for b in (o.lo, o.hi)]
        product = self._make(
            min(corners), max(corners), lambda a, b: self.terms(K.BV_MUL, a, b), self, o
        )
        product.factors = (self, o)
        return product

    __rmul__ = __mul__

    def __rshift__(self, bits: int) -> SmtInt:
        def shift(a: Any) -> Any:
            # the amount is a vector of as many bits itself, so a large one would wrap
            width = self.terms.width(a)
            return self.terms(K.BV_ASHR, a, self.terms.const(min(bits, width - 1), width))

        return self._make(self.lo >> bits, self.hi >> bits, shift, self)

    def __lshift__(self, bits: int) -> SmtInt:
        return self * (1 << bits)

    def _compare(self, kind: Any, other: Any) -> SmtBool:
        o = self.lift(other)
        width = max(_bits(self.lo, self.hi), _bits(o.lo, o.hi))
        return SmtBool(
            self.terms,
            self.terms(kind, self.terms.resize(self.term, width), self.terms.resize(o.term, width)),
        )

    def __lt__(self, other: Any) -> SmtBool:
        return self._compare(K.BV_SLT, other)

    def __le__(self, other: Any) -> SmtBool:
        return self._compare(K.BV_SLE, other)

    def __gt__(self, other: Any) -> SmtBool:
        return self._compare(K.BV_SGT, other)

    def __ge__(self, other: Any) -> SmtBool:
        return self._compare(K.BV_SGE, other)

    # A comparison is a term here.
    def __eq__(self, other: Any) -> SmtBool:  # type: ignore[override]
        return self._compare(K.EQUAL, other)

    def __ne__(self, other: Any) -> SmtBool:  # type: ignore[override]
        return self._compare(K.DISTINCT, other)

    def __and__(self, other: Any) -> SmtBool:
        return SmtBool(self.terms, _condition(self.terms, self))._logic(K.AND, other)

    def __or__(self, other: Any) -> SmtBool:
        return SmtBool(self.terms, _condition(self.terms, self))._logic(K.OR, other)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError("a rule can't branch on a value: use ops.mux(condition, if_true, if_false)")


def _condition(terms: Terms, value: Any) -> Any:
    """A Boolean term: a number counts as true where it is not 0."""
    if isinstance(value, SmtBool):
        return value.term
    if isinstance(value, SmtInt):
        return terms(K.NOT, (value == 0).term)
    return terms.tm.mk_true() if value else terms.tm.mk_false()


class SmtOps:
    """The algebra of SMT integers.

    Parameters
    ----------
    terms : where terms are made.
    on_let : called with the name and value of each named intermediate; the value that it returns
        takes the place of the intermediate. So a proof cuts a hard equality in two, after it has
        proved both values equal.

    Members
    -------
    lets : named intermediates by name.
    """

    def __init__(self, terms: Terms, on_let: Callable[[str, SmtInt], SmtInt] | None = None) -> None:
        self.terms = terms
        self.on_let = on_let
        self.lets: dict[str, SmtInt] = {}

    def _int(self, value: Any) -> SmtInt:
        return SmtInt(self.terms, self.terms.const(0, 1), 0, 0).lift(value)

    def mux(self, condition: Any, if_true: Any, if_false: Any) -> SmtInt:
        """See :class:`sc_model.spec.rule.Ops`."""
        a, b = self._int(if_true), self._int(if_false)
        lo, hi = min(a.lo, b.lo), max(a.hi, b.hi)
        width = _bits(lo, hi)
        t = self.terms
        return SmtInt(
            t,
            t(K.ITE, _condition(t, condition), t.resize(a.term, width), t.resize(b.term, width)),
            lo,
            hi,
        )

    def clamp(self, value: Any, lo: int, hi: int) -> SmtInt:
        """See :class:`sc_model.spec.rule.Ops`."""
        x = self._int(value)
        clamped = self.mux(x < lo, lo, self.mux(x > hi, hi, x))
        return SmtInt(self.terms, self.terms.resize(clamped.term, _bits(lo, hi)), lo, hi)

    def let(self, name: str, value: Any) -> SmtInt:
        """See :class:`sc_model.spec.rule.Ops`."""
        result = self._int(value)
        if self.on_let is not None:
            result = self.on_let(name, result)
        self.lets[name] = result
        return result
