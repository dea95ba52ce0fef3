"""Every part of a recurrent network has its claims, and all hold with all mutants refuted."""

from __future__ import annotations

from pathlib import Path

import pytest
from recurrent_networks import WrittenParts, design, network

from sc_hw.proof.blocks.recurrent.claims import PROVERS, prove_frozen
from sc_hw.proof.blocks.recurrent.parts import NAMES, PIPELINES
from sc_hw.proof.prove import prove
from sc_hw.proof.verdicts import PROVED


def test_every_part_has_claims() -> None:
    assert set(PROVERS) == {*NAMES, *PIPELINES}


def test_a_frozen_layer_keeps_its_weights(recurrent_parts: WrittenParts) -> None:
    claims = prove_frozen(recurrent_parts.manifest, 60.0)
    assert {claim.verdict for claim in claims} == {PROVED}
    assert "quiet: signal = 0" in [claim.name for claim in claims]


@pytest.mark.soak
@pytest.mark.parametrize("fabric", ["generic", "ice40_up"])
def test_whole_proof_with_all_mutants(tmp_path: Path, fabric: str) -> None:
    """On UltraPlus some lanes have multipliers, and others trees of adders."""
    lanes = 4 if fabric == "generic" else 8
    subject = design(network(hidden={"lanes": lanes}), fabric=fabric)
    certificate = prove(subject, root=tmp_path, mutants=fabric == "generic")
    assert certificate["passed"], [
        row["name"]
        for row in (*certificate["claims"], *certificate["mutants"])
        if row["verdict"] not in (PROVED, row.get("expected"))
    ]
    assert len(certificate["mutants"]) >= 40 or fabric != "generic"
