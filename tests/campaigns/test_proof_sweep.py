"""The proof sweep: which designs it proves, and the pages about them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from report_files import PROOF

from campaigns import proof_sweep
from campaigns.proof_sweep import LAYER_FABRICS, MUTATED, RANGES, lane_designs
from sc_model.spec import Design

CERTIFICATE = PROOF | {"parameters": dict.fromkeys(RANGES, 4)}


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the designs that were proved, in order; every certificate is the fixture's."""
    names: list[str] = []

    def prove(design: Design, **options: Any) -> dict[str, Any]:
        names.append(design.name)
        return dict(CERTIFICATE)

    def prove_many(designs: list[Design], **options: Any) -> list[dict[str, Any]]:
        return [prove(design) | {"mutants": []} for design in designs]

    monkeypatch.setattr(proof_sweep, "prove", prove)
    monkeypatch.setattr(proof_sweep, "prove_many", prove_many)
    return names


def test_lanes_have_every_corner_of_the_ranges() -> None:
    designs = lane_designs(count=5)
    corners, drawn = designs[:32], designs[32:]
    assert len({tuple(sorted(d.rule.parameters.items())) for d in corners}) == 32
    for design in corners:
        assert all(design.rule.parameters[name] in bounds for name, bounds in RANGES.items())
    assert [design.name for design in drawn] == [f"random_{i}" for i in range(5)]
    for design in drawn:
        for name, (low, high) in RANGES.items():
            assert low <= design.rule.parameters[name] <= high
    assert designs == lane_designs(count=5)


def test_lanes_and_banks(
    proved: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_sweep, "family_names", lambda: ("ecp5", "generic"))
    monkeypatch.setattr(sys, "argv", ["proof_sweep", "--out", str(tmp_path)])
    proof_sweep.main()
    assert len(proved) == 32 + 40 + 2
    assert proved[-2:] == ["bank_ecp5", "bank_generic"]
    summary = json.loads((tmp_path / "proofs.json").read_text())
    assert [row["design"] for row in (*summary["lanes"], *summary["banks"])] == proved
    assert summary["banks"][0]["mutants_refuted"] == 1
    assert summary["banks"][0]["mutants_equivalent"] == 1
    page = (tmp_path / "proofs.md").read_text()
    assert "* Lanes: 72 of 72 configurations proved, 0 claims unknown" in page
    assert "* Banks: 2 of 2 pipelines proved." in page
    counts = "| 4 | 4 | 4 | 4 | 4 | 1 | 1"
    assert f"| bank_ecp5 {counts} | 1 of 2, 1 equivalent | 61.23 |" in page
    assert f"| corner_0 {counts} | not run | 61.23 |" in page


def test_layers_in_place_of_lanes_and_banks(
    proved: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["proof_sweep", "--out", str(tmp_path), "--layers", "2"])
    proof_sweep.main()
    names = [f"layer_{fabric}_{number}" for fabric in LAYER_FABRICS for number in range(2)]
    assert proved == [*names, MUTATED.name]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "layer_proofs.json",
        "layer_proofs.md",
    ]
    summary = json.loads((tmp_path / "layer_proofs.json").read_text())
    assert summary["command"] == "python -m campaigns.proof_sweep --layers 2"
    assert [row["fabric"] for row in summary["layers"][::2]] == [*LAYER_FABRICS, MUTATED.fabric]
    page = (tmp_path / "layer_proofs.md").read_text()
    assert "* 9 of 9 layers proved, 0 claims unknown" in page
    assert "| winner-take-all | 1 | 1 | 1 of 2, 1 equivalent | 61.23 |" in page
