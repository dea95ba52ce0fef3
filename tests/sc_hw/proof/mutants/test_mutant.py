"""The runner: what it records of a mutant, and what it does not let pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sc_hw.build.elaborate import Build
from sc_hw.proof.mutants import mutants_of
from sc_hw.proof.mutants.mutant import Mutant, MutantError, Trial, run_mutant
from sc_hw.proof.verdicts import (
    DIFFERENT,
    EQUIVALENT,
    NO_PLACE,
    PROVED,
    REFUTED,
    UNKNOWN,
    MutantCounts,
)
from sc_model.spec import Design

BUILD = Build(Design(name="lane", block="lane"), "0", Path(), {})


def claims_with(*verdicts: str) -> list[dict[str, Any]]:
    return [
        {"name": f"claim {n}", "verdict": verdict, "counterexample": {"x": n}}
        for n, verdict in enumerate(verdicts)
    ]


def run(tmp_path: Path, answer: str, *verdicts: str, reason: str | None = None) -> dict[str, Any]:
    trial = Trial(lambda limit_s: answer, lambda limit_s: claims_with(*verdicts))
    mutant = Mutant("a/b", "wrong", ("lane",), lambda build, folder: trial, lambda design: reason)
    return run_mutant(mutant, BUILD, tmp_path, 1.0)


@pytest.mark.parametrize(
    ("answer", "verdicts", "verdict", "expected"),
    [
        (DIFFERENT, (PROVED, REFUTED), REFUTED, REFUTED),
        (UNKNOWN, (PROVED, REFUTED), REFUTED, REFUTED),
        (DIFFERENT, (PROVED, PROVED), PROVED, REFUTED),
        (DIFFERENT, (PROVED, UNKNOWN), UNKNOWN, REFUTED),
        (UNKNOWN, (PROVED, PROVED), PROVED, REFUTED),
        (EQUIVALENT, (PROVED,), EQUIVALENT, EQUIVALENT),
    ],
)
def test_verdicts(
    answer: str, verdicts: tuple[str, ...], verdict: str, expected: str, tmp_path: Path
) -> None:
    row = run(tmp_path, answer, *verdicts)
    assert (row["verdict"], row["expected"]) == (verdict, expected)
    assert row.get("comparison") == (UNKNOWN if answer == UNKNOWN else None)
    assert ("counterexample" in row) == (verdict == REFUTED)


def test_a_design_without_the_hardware_is_recorded_with_the_reason(tmp_path: Path) -> None:
    row = run(tmp_path, DIFFERENT, REFUTED, reason="the design has no critic")
    assert row == {
        "name": "a/b",
        "bug": "wrong",
        "expected": NO_PLACE,
        "verdict": NO_PLACE,
        "reason": "no place for it: the design has no critic",
    }


def test_a_mutant_that_cant_be_made_is_undecided_with_the_reason(tmp_path: Path) -> None:
    def make(build: Any, folder: Path) -> Trial:
        raise MutantError("mutant 'a' must find the pattern 'x'")

    row = run_mutant(Mutant("a", "wrong", ("lane",), make), BUILD, tmp_path, 1.0)
    assert (row["verdict"], row["expected"]) == (UNKNOWN, REFUTED)
    assert row["reason"] == "mutant 'a' must find the pattern 'x'"


def test_the_folder_of_a_mutant_is_empty_at_first(tmp_path: Path) -> None:
    stale = tmp_path / "mutants" / "a_b" / "part.v"
    stale.parent.mkdir(parents=True)
    stale.touch()
    run(tmp_path, DIFFERENT, REFUTED)
    assert stale.parent.exists()
    assert not stale.exists()


def test_counts_are_those_of_all_verdicts() -> None:
    rows = [{"verdict": v} for v in (REFUTED, REFUTED, EQUIVALENT, NO_PLACE, PROVED)]
    counts = MutantCounts.of(rows)
    assert counts == MutantCounts(refuted=2, equivalent=1, absent=1, total=4)
    assert str(counts) == "2 of 4 mutants refuted, 1 equivalent, 1 without a place"
    assert str(MutantCounts.of([])) == "0 of 0 mutants refuted, 0 equivalent"


@pytest.mark.parametrize("block", ["lane", "bank", "layer", "network"])
def test_every_block_has_mutants(block: str) -> None:
    found = mutants_of(block)
    assert len(found) >= 7
    assert all(block in mutant.blocks for mutant in found)
