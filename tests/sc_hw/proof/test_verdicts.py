"""Rows of a certificate; counts of mutants are in the tests of mutants."""

from __future__ import annotations

from typing import Any

import pytest

from sc_hw.proof.verdicts import (
    EQUIVALENT,
    PROVED,
    REFUTED,
    UNKNOWN,
    VACUOUS,
    Claim,
    mutant_row,
    unrefutable_row,
)


def claim(name: str, verdict: str, counterexample: dict[str, Any] | None = None) -> dict[str, Any]:
    return Claim(name, f"{name} holds", verdict, 0.0, counterexample).as_json()


def test_claim_of_a_certificate() -> None:
    assert Claim("a", "a holds", PROVED, 1.23456).as_json() == {
        "name": "a",
        "statement": "a holds",
        "verdict": "proved",
        "seconds": 1.235,
    }
    # an empty counterexample says that every input is one
    assert claim("a", REFUTED, {})["counterexample"] == {}


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([PROVED, PROVED], PROVED),
        ([PROVED, UNKNOWN], UNKNOWN),
        ([UNKNOWN, REFUTED], REFUTED),
        # the bug was not found, so the certificate fails
        ([PROVED, VACUOUS], PROVED),
        ([], PROVED),
    ],
    ids=str,
)
def test_mutant_is_refuted_by_one_claim(verdicts: list[str], expected: str) -> None:
    row = mutant_row("m", "wrong sign", [claim(f"c{k}", v) for k, v in enumerate(verdicts)])
    assert (row["verdict"], row["expected"], row["bug"]) == (expected, REFUTED, "wrong sign")
    assert ("claim" in row) == (expected == REFUTED)


def test_claim_with_a_counterexample_goes_first() -> None:
    first, second = claim("a", REFUTED), claim("b", REFUTED, {"x": 3})
    row = mutant_row("m", "bug", [first, second])
    assert (row["claim"], row["counterexample"]) == ("b", {"x": 3})
    row = mutant_row("m", "bug", [claim("p", PROVED, {"x": 1}), first])
    assert (row["claim"], row["counterexample"]) == ("a", None)


def test_mutant_that_no_proof_refutes() -> None:
    row = unrefutable_row("m", "bug", EQUIVALENT, "the same function")
    assert (row["verdict"], row["expected"]) == (EQUIVALENT, EQUIVALENT)
    assert row["reason"] == "the same function"
