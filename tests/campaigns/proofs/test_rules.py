"""The proofs of every rule's lane and bank: which rows there are, and that others are kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from report_files import PROOF

from campaigns.proof_sweep import LAYER_FABRICS
from campaigns.proofs import rules
from sc_model.rules import rule_families
from sc_model.spec import Design

CERTIFICATE = PROOF | {"parameters": {}}


def test_a_case_for_every_rule_block_and_fabric() -> None:
    designs = [case.design() for case in rules.cases()]
    assert len(designs) == len(rule_families()) * 2 * len(LAYER_FABRICS)
    assert len({design.name for design in designs}) == len(designs)
    assert {design.rule.family for design in designs} == set(rule_families())


def test_rows_that_are_not_proved_anew_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []

    def prove(design: Design, *, mutants: bool, **options: Any) -> dict[str, Any]:
        asked.append((design.name, mutants))
        return CERTIFICATE if mutants else CERTIFICATE | {"mutants": []}

    monkeypatch.setattr(rules, "prove", prove)
    for options in (
        ["--family", "e_prop", "--block", "bank", "--no-mutants"],
        ["--family", "e_prop", "--block", "bank", "--fabric", "ecp5"],
    ):
        monkeypatch.setattr(sys, "argv", ["rules", *options, "--out", str(tmp_path)])
        rules.main()
    names = [f"bank_e_prop_{fabric}" for fabric in LAYER_FABRICS]
    assert asked == [*((name, False) for name in names), ("bank_e_prop_ecp5", True)]
    rows = json.loads((tmp_path / "rule_proofs.json").read_text())["rows"]
    assert [row["fabric"] for row in rows] == list(LAYER_FABRICS)
    shown = (tmp_path / "rule_proofs.md").read_text()
    assert "4 of 4 passed" in shown
    assert "| e_prop | bank | generic | 1 | 1 | 0 | not run |" in shown
    assert "| e_prop | bank | ecp5 | 1 | 1 | 0 | 1 of 2, 1 equivalent |" in shown
