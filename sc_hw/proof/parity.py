"""Which bits a network of exclusive-ors is made of: what a solver would need exponential time for,
read off the term.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import ge, gt, le, lt
from typing import Any

from sc_model.graph.smt import K

Bits = list[
    frozenset[int]
]  # of each bit, lowest first: the bits of the state that it is the exclusive-or of
ONE = -1  # in such a set: the constant 1
_ORDER = {K.BV_ULT: lt, K.BV_ULE: le, K.BV_UGT: gt, K.BV_UGE: ge}


class _NoParityError(ValueError):
    pass


def parities(term: Any, known: Mapping[Any, Bits]) -> Bits:
    """Each bit of a term as an exclusive-or of the bits of the terms in `known`; ValueError where
    it is none.
    """
    done: dict[Any, Bits | None] = dict(
        known
    )  # None: no exclusive-or, which does not matter where it is not chosen
    stack = [term]
    while stack:
        now = stack[-1]
        if now in done:
            stack.pop()
        elif waiting := [child for child in now.children() if child not in done]:
            stack += waiting
        else:
            try:
                done[now] = _combined(now, [done[child] for child in now.children()])
            except _NoParityError:
                done[now] = None
            stack.pop()
    result = done[term]
    if result is None:
        raise ValueError("the term is no exclusive-or of what is known")
    return result


def _constant(bit: frozenset[int]) -> bool:
    if bit - {ONE}:
        raise _NoParityError
    return bool(bit)


def _combined(term: Any, args: list[Bits | None]) -> Bits:
    kind = term.kind()
    if term.is_value():
        value = term.value(2)
        text = str(int(value)) if isinstance(value, bool) else value
        return [frozenset({ONE}) if bit == "1" else frozenset() for bit in reversed(text)]
    if kind == K.ITE and args[0] is not None:
        chosen = args[1] if _constant(args[0][0]) else args[2]
        args = [chosen]
    whole = [arg for arg in args if arg is not None]
    if len(whole) < len(args) or not args:
        raise _NoParityError
    return _of_all(kind, term, whole)


def _of_all(kind: Any, term: Any, args: list[Bits]) -> Bits:
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
        (more,) = (int(index) for index in term.indices())
        return args[0] + [args[0][-1] if kind == K.BV_SIGN_EXTEND else frozenset()] * more
    if kind == K.BV_REDXOR:
        total: frozenset[int] = frozenset()
        for bit in args[0]:
            total ^= bit
        return [total]
    if kind in (K.EQUAL, K.DISTINCT):
        left, right = (
            [_constant(bit) for bit in arg] for arg in args
        )  # every bit must be constant
        return [frozenset({ONE}) if (left == right) == (kind == K.EQUAL) else frozenset()]
    if kind in _ORDER:
        low, high = (sum(_constant(bit) << place for place, bit in enumerate(arg)) for arg in args)
        return [frozenset({ONE}) if _ORDER[kind](low, high) else frozenset()]
    if kind in (K.BV_AND, K.BV_OR):
        joined: Bits = []
        for a, b in zip(*args, strict=True):
            fixed, other = (a, b) if not a - {ONE} else (b, a)
            joined.append(fixed if _constant(fixed) == (kind == K.BV_OR) else other)
        return joined
    raise _NoParityError
