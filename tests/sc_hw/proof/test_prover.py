"""Claims and their verdicts: proved, refuted with a counterexample, unknown, vacuous."""

from __future__ import annotations

from typing import Any

from support import new_terms

from sc_hw.proof.prover import Abstraction, Piece, Prover
from sc_hw.proof.verdicts import PROVED, REFUTED, UNKNOWN, VACUOUS
from sc_model.graph.smt import K


def test_the_prover_knows_all_four_verdicts() -> None:
    terms = new_terms()
    prover = Prover(terms, limit_s=0.05)
    a = terms.var("a", 16)
    grows = terms(K.BV_ULT, terms(K.BV_ADD, a, terms.const(1, 16)), a)
    assert (
        prover.claim("", "a + 1 > a", grows, [terms.differ(a, terms.const(0xFFFF, 16))]).verdict
        == PROVED
    )
    wraps = prover.claim("", "a + 1 > a, always", grows, witness={"a": a})
    assert (wraps.verdict, wraps.counterexample) == (REFUTED, {"a": 0xFFFF})
    nothing = prover.claim("", "from a contradiction", grows, [terms.differ(a, a)])
    assert nothing.verdict == VACUOUS
    c, d = (terms(K.BV_ZERO_EXTEND, terms.var(name, 30), indices=(30,)) for name in "cd")
    semiprime = terms.const(982_451_653 * 715_225_739, 60)
    factored = terms(K.EQUAL, terms(K.BV_MUL, c, d), semiprime)
    assert (
        prover.claim("", "a product of two 30-bit primes has no factors", factored).verdict
        == UNKNOWN
    )


def test_a_product_is_decided_value_by_value() -> None:
    """a * b = b * a, the left side as shifted copies; `split` goes through the 16 values of a."""
    terms = new_terms()
    prover = Prover(terms)
    a, b = terms.var("a", 4), terms.var("b", 12)
    wide_a, wide_b = (terms(K.BV_ZERO_EXTEND, v, indices=(16 - terms.width(v),)) for v in (a, b))
    total = terms.const(0, 16)
    for bit in range(4):
        copy = terms(K.BV_SHL, wide_b, terms.const(bit, 16))
        on = terms.is_one(terms(K.BV_EXTRACT, a, indices=(bit, bit)))
        total = terms(K.BV_ADD, total, terms(K.ITE, on, copy, terms.const(0, 16)))
    differs = terms.differ(total, terms(K.BV_MUL, wide_a, wide_b))
    assert prover._case_by_case([differs], {}, a)[0] == PROVED
    off_by_one = terms.differ(total, terms(K.BV_ADD, terms(K.BV_MUL, wide_a, wide_b), wide_a))
    assert prover._case_by_case([off_by_one], {}, a)[0] == REFUTED


def test_pieces_decide_a_claim_or_leave_it() -> None:
    terms = new_terms()
    prover = Prover(terms)
    a, b = (terms.var(name, 4) for name in "ab")
    high, low = (prover.equals(vector, 9) for vector in (a, b))
    never, both = terms.tm.mk_false(), prover.both(high, low)
    witness = {"a": a, "b": b}

    def decided(violation: Any, *pieces: Piece) -> tuple[str, Any]:
        claim = prover.claim("", "", violation, witness=witness, pieces=pieces)
        return claim.verdict, claim.counterexample

    # of these the first two say all: the violation is not looked at
    assert decided(high, Piece(never, never), Piece(never, never)) == (PROVED, None)
    assert decided(never, Piece(never, never), Piece(both, both)) == (REFUTED, {"a": 9, "b": 9})
    # a fault without a counterexample says nothing
    assert decided(never, Piece(high, never)) == (PROVED, None)
    assert decided(both, Piece(high, never)) == (REFUTED, {"a": 9, "b": 9})


def test_an_abstraction_proves_but_never_refutes() -> None:
    """a * a + 1 > a * a for any value below the highest; without that range it is decided whole."""
    terms = new_terms()
    prover = Prover(terms)
    a = terms.var("a", 8)
    square = terms(K.BV_MUL, a, a)
    wraps = terms(K.BV_ULE, terms(K.BV_ADD, square, terms.const(1, 8)), square)
    free = terms.var("any square", 8)
    in_range = terms.differ(free, terms.const(0xFF, 8))
    assert Abstraction({square: free}, [in_range]).apply(terms, [wraps])[-1] == in_range
    for ranges in ([in_range], []):
        claim = prover.claim("", "", wraps, abstraction=Abstraction({square: free}, ranges))
        assert claim.verdict == PROVED  # 255 is no square modulo 256


def test_a_claim_decided_elsewhere_is_recorded() -> None:
    prover = Prover(new_terms())
    assert prover.record("a", "", True, 0.5, {"x": 1}).counterexample is None
    assert prover.record("b", "", False, 0.5, {"x": 1}).counterexample == {"x": 1}
    assert [claim.verdict for claim in prover.claims] == [PROVED, REFUTED]
