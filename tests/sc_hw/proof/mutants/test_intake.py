"""Mutants of a layer's intake: each differs from the original, and its claim refutes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.proof.mutants.intake import MUTANTS, intake_mutant
from sc_hw.proof.mutants.mutant import Mutant, run_mutant
from sc_hw.proof.verdicts import EQUIVALENT, REFUTED
from sc_model.spec import CrossingSpec


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_every_mutant_is_refuted(mutant: Mutant, tmp_path: Path) -> None:
    row = run_mutant(mutant, None, tmp_path, 60.0)
    assert row["verdict"] == REFUTED
    assert row["counterexample"]


def test_hardware_for_the_same_transfer_is_equivalent(tmp_path: Path) -> None:
    spec = CrossingSpec(1, 1, 3, "hold", 1)
    mutant = intake_mutant("same", "nothing is wrong", "due", spec, spec)
    assert run_mutant(mutant, None, tmp_path, 60.0)["verdict"] == EQUIVALENT
