"""Every part of a network that learns has its claims, and all hold with all mutants refuted."""

from __future__ import annotations

from pathlib import Path

import pytest
from learning_hardware import WrittenParts, mixed_spec_of, spec_of

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.blocks.learning.claims import PROVERS, prove_rules
from sc_hw.proof.blocks.learning.parts import EXPLORATION, LANE, LANE_ADDERS, NAMES, QUEUE
from sc_hw.proof.prove import prove
from sc_hw.proof.verdicts import PROVED
from sc_model.spec import Design
from sc_model.spec.learning import LearningNetworkSpec


def test_every_part_has_claims() -> None:
    assert set(PROVERS) == {LANE, LANE_ADDERS, *NAMES, QUEUE, EXPLORATION}


def test_skipping_has_its_licence(learning_parts: WrittenParts) -> None:
    claims = prove_rules(learning_parts.manifest, 60.0)
    assert {claim.verdict for claim in claims} == {PROVED}
    named = " ".join(claim.name for claim in claims)
    for layer in ("hidden", "output"):
        for name in ("trace", "signal"):
            assert f"layer {layer}: quiet: {name}" in named


@pytest.mark.soak
@pytest.mark.parametrize(
    "spec",
    [spec_of(), mixed_spec_of(feedback="reward", exploration=60)],
    ids=["one", "two"],
)
def test_whole_proof_with_all_mutants(spec: LearningNetworkSpec, tmp_path: Path) -> None:
    design = Design(name="learn", block="learning_network", learning=spec)
    elaborate(design, tmp_path)
    certificate = prove(design, root=tmp_path)
    assert certificate["passed"], [
        row["name"]
        for row in (*certificate["claims"], *certificate["mutants"])
        if row["verdict"] not in (PROVED, row.get("expected"))
    ]
    assert len(certificate["mutants"]) >= 20
