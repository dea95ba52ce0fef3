"""Exclusive-ors are read off terms; anything else is refused."""

from __future__ import annotations

import pytest
from support import new_terms

from sc_hw.proof.parity import parities
from sc_model.graph.smt import K


def test_parities_are_read_off_terms() -> None:
    t = new_terms()
    a, b = t.var("a", 4), t.var("b", 1)
    known = {a: [frozenset({bit}) for bit in range(4)]}
    low, high = t(K.BV_EXTRACT, a, indices=(1, 0)), t(K.BV_EXTRACT, a, indices=(3, 2))
    assert parities(t(K.BV_XOR, low, t(K.BV_NOT, high)), known) == [
        frozenset({0, 2, -1}),
        frozenset({1, 3, -1}),
    ]
    assert parities(t(K.BV_REDXOR, a), known) == [frozenset(range(4))]
    chosen = t(K.ITE, t.tm.mk_true(), t(K.BV_REDXOR, low), b)
    assert parities(chosen, known) == [frozenset({0, 1})]
    for other in (
        b,
        t(K.BV_AND, low, high),
        t(K.ITE, t.is_one(b), low, high),
        t(K.BV_ADD, low, high),
    ):
        with pytest.raises(ValueError, match=r"^the term is no exclusive-or of what is known$"):
            parities(other, known)
