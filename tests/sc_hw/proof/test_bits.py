"""Vectors of bits mean what their operators say, decided for every value by the solver."""

from __future__ import annotations

import pytest

from sc_hw.proof.bits import Bits, cat, either, mux
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED
from sc_model.graph.smt import Terms

TERMS = Terms()  # must outlive its terms


def holds(fact: Bits) -> bool:
    """Whether a bit is 1 for all values."""
    prover = Prover(TERMS)
    return prover.claim("fact", "", (~fact).holds).verdict == PROVED


def number(value: int, width: int = 4) -> Bits:
    return Bits.const(TERMS, value, width)


def test_operators() -> None:
    a, b = (Bits(TERMS, TERMS.var(name, 4)) for name in "ab")
    assert holds((a + 1 - 1).equals(a))
    assert holds((a ^ b).equals((a | b) & ~(a & b)))
    assert holds(cat([a[:2], a[2:]]).equals(a))
    assert holds(mux(a.any(), a, number(0)).equals(a))
    assert holds(a.times(3).equals(a + a + a))
    assert holds(a.below(16))
    assert holds(a.equals(16).implies(b.any()))
    assert holds(a.wide(6).below(16))
    assert holds(a.low(6).equals(a.wide(6)))
    assert holds(number(15).all())
    assert not holds(a.all())
    assert holds(a.gated(a[0])[0].equals(a[0]))
    assert holds(either([a[0], ~a[0]], TERMS))
    assert not holds(either([], TERMS))


def test_widths_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^operands must have one width, not 4 and 5 bits$"):
        number(1) & number(1, 5)
    with pytest.raises(ValueError, match=r"^bits 3 to 5 must be in a vector of 4$"):
        number(1)[3:5]
    with pytest.raises(ValueError, match=r"^a vector of 4 bits must not be cut to 3$"):
        number(1).wide(3)
