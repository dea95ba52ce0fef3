"""Proofs about crossings: all claims, all mutants, and a report that holds every line."""

from __future__ import annotations

from typing import Any

import pytest

from sc_hw.proof.blocks.network.crossing import STATEMENTS, certificate, prove_crossings, report
from sc_hw.proof.mutants.crossing import MUTANTS
from sc_hw.proof.verdicts import PROVED, REFUTED


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    return prove_crossings((1,))


def test_depth_one_is_proved_and_all_mutants_refuted(result: dict[str, Any]) -> None:
    assert [claim["name"] for claim in result["claims"] if claim["verdict"] != PROVED] == []
    assert len(result["claims"]) == 1 + len(STATEMENTS) + 4
    assert [row["name"] for row in result["mutants"] if row["verdict"] != REFUTED] == []
    assert len(result["mutants"]) == len(MUTANTS) == 8
    assert all(row["counterexample"] for row in result["mutants"])
    assert result["passed"]


def test_report_holds_every_line(result: dict[str, Any]) -> None:
    page = report(certificate((1,), result, 1.0))
    for row in (*result["claims"], *result["mutants"]):
        assert f"| {row['name']} |" in page
    assert "**All proved: 8 of 8 mutants refuted, 0 equivalent.**" in page
    failed = {**result, "passed": False}
    assert "NOT PASSED" in report(certificate((1,), failed, 1.0))
