"""Terms that are networks of exclusive-ors: which bits each of their bits is made of.

Several steps of a linear-feedback shift register are such a network. A solver would need
exponential time to compare two of them; here each is read off its term as sets of bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import ge, gt, le, lt
from typing import Any

from sc_model.graph.smt import K

# For each bit of a term, lowest first: the bits of the state whose exclusive-or it is.
Bits = list[frozenset[int]]
ONE = -1  # in such a set: the constant 1
_ORDER = {K.BV_ULT: lt, K.BV_ULE: le, K.BV_UGT: gt, K.BV_UGE: ge}


class _NoParityError(ValueError):
    pass


def parities(term: Any, sources: Mapping[Any, Bits]) -> Bits:
    """Each bit of a term as an exclusive-or of the bits of some other terms.

    Parameters
    ----------
    term : a bit-vector.
    sources : the other terms, and for each of their bits, lowest first, the numbers that stand for
        it in the result.

    Raises
    ------
    ValueError : a bit of the term is no such exclusive-or.
    """
    # None: no exclusive-or. That does not matter in the branch that a constant condition skips.
    parity: dict[Any, Bits | None] = dict(sources)
    stack = [term]
    while stack:
        top = stack[-1]
        if top in parity:
            stack.pop()
        elif missing := [child for child in top.children() if child not in parity]:
            stack += missing
        else:
            try:
                parity[top] = _parities_of_term(top, [parity[child] for child in top.children()])
            except _NoParityError:
                parity[top] = None
            stack.pop()
    result = parity[term]
    if result is None:
        raise ValueError("the term is no exclusive-or of what is known")
    return result


def _constant(bit: frozenset[int]) -> bool:
    """Value of a bit that depends on no state."""
    if bit - {ONE}:
        raise _NoParityError
    return bool(bit)


def _parities_of_term(term: Any, args: list[Bits | None]) -> Bits:
    """The parities of a term from those of its operands."""
    kind = term.kind()
    if term.is_value():
        value = term.value(2)
        text = str(int(value)) if isinstance(value, bool) else value
        return [frozenset({ONE}) if bit == "1" else frozenset() for bit in reversed(text)]
    if kind == K.ITE and args[0] is not None:
        branch = args[1] if _constant(args[0][0]) else args[2]
        args = [branch]
    operands = [arg for arg in args if arg is not None]
    if len(operands) < len(args) or not args:
        raise _NoParityError
    return _parities_of_operation(kind, term, operands)


def _parities_of_operation(kind: Any, term: Any, args: list[Bits]) -> Bits:
    """The parities of an operation whose operands all have some."""
    if kind == K.ITE:
        return args[0]
    if kind == K.BV_XOR:
        return [a ^ b for a, b in zip(*args, strict=True)]
    if kind in (K.BV_NOT, K.NOT):
        return [bit ^ {ONE} for bit in args[0]]
    if kind == K.BV_CONCAT:
        return [bit for part in reversed(args) for bit in part]
    if kind == K.BV_EXTRACT:
        high, low = (int(index) for index in term.indices())
        return args[0][low : high + 1]
    if kind in (K.BV_ZERO_EXTEND, K.BV_SIGN_EXTEND):
        (extension,) = (int(index) for index in term.indices())
        return args[0] + [args[0][-1] if kind == K.BV_SIGN_EXTEND else frozenset()] * extension
    if kind == K.BV_REDXOR:
        total: frozenset[int] = frozenset()
        for bit in args[0]:
            total ^= bit
        return [total]
    if kind in (K.EQUAL, K.DISTINCT):
        left, right = ([_constant(bit) for bit in arg] for arg in args)
        return [frozenset({ONE}) if (left == right) == (kind == K.EQUAL) else frozenset()]
    if kind in _ORDER:
        low, high = (sum(_constant(bit) << place for place, bit in enumerate(arg)) for arg in args)
        return [frozenset({ONE}) if _ORDER[kind](low, high) else frozenset()]
    if kind in (K.BV_AND, K.BV_OR):
        # linear only where one of the two bits is constant: x & 0 = 0, x & 1 = x, x | 1 = 1
        bits: Bits = []
        for a, b in zip(*args, strict=True):
            fixed, other = (a, b) if not a - {ONE} else (b, a)
            bits.append(fixed if _constant(fixed) == (kind == K.BV_OR) else other)
        return bits
    raise _NoParityError
