"""The claims about a network that learns: all hold, and a fault in a part is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from learning_hardware import spec_of

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.blocks.learning.claims import PROVERS, prove_learning_network, prove_rules
from sc_hw.proof.blocks.learning.parts import write_learning_parts
from sc_hw.proof.blocks.parts import PARTS
from sc_hw.proof.mutants.learning import MUTANTS
from sc_hw.proof.prove import prove
from sc_hw.proof.verdicts import PROVED
from sc_model.spec import Design

# Those whose claims take the solver the longest are in the soak, with the others.
LONG = {"lane", "sizes", "neurons", "classes"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The parts of a small network, and its manifest's design."""
    folder = tmp_path_factory.mktemp("parts")
    design = Design(name="learn", block="learning_network", learning=spec_of())
    write_learning_parts(design, folder)
    return folder, {"design": design.model_dump(mode="json")}


def verdicts(folder: Path, manifest: dict[str, Any], kinds: set[str]) -> dict[str, str]:
    """Verdicts on the parts of some kinds."""
    file = folder / "proof" / PARTS
    text = file.read_text()
    rows = [row for row in json.loads(text)["parts"] if row["part"] in kinds]
    file.write_text(json.dumps({"parts": rows}))
    try:
        claims = prove_learning_network(folder, manifest, 60.0)
    finally:
        file.write_text(text)
    return {claim.name: claim.verdict for claim in claims}


def test_claims_about_schedules_and_feedback_hold(written: tuple[Path, dict[str, Any]]) -> None:
    found = verdicts(*written, set(PROVERS) - LONG)
    assert len(found) > 25
    assert set(found.values()) == {PROVED}


@pytest.mark.parametrize("name", ["between the slots", "last group lost", "landed too early"])
def test_a_fault_in_a_part_is_found(
    written: tuple[Path, dict[str, Any]], name: str, tmp_path: Path
) -> None:
    folder, manifest = written

    class Correct:
        """What a mutant asks of the build."""

        def __init__(self) -> None:
            self.folder, self.manifest = folder, manifest

    (mutant,) = (each for each in MUTANTS if each.name == f"learning: {name}")
    build: Any = Correct()
    mutant.make(build, tmp_path)
    claims = prove_learning_network(tmp_path, manifest, 60.0)
    assert any(claim.verdict != PROVED for claim in claims)


def test_skipping_has_its_licence(written: tuple[Path, dict[str, Any]]) -> None:
    claims = prove_rules(written[1], 60.0)
    assert {claim.verdict for claim in claims} == {PROVED}
    named = " ".join(claim.name for claim in claims)
    for layer in ("hidden", "output"):
        for name in ("trace", "signal"):
            assert f"layer {layer}: quiet: {name}" in named


@pytest.mark.soak
def test_whole_proof_with_all_mutants(tmp_path: Path) -> None:
    design = Design(name="learn", block="learning_network", learning=spec_of())
    elaborate(design, tmp_path)
    certificate = prove(design, root=tmp_path)
    assert certificate["passed"], [
        row["name"]
        for row in (*certificate["claims"], *certificate["mutants"])
        if row["verdict"] not in (PROVED, row.get("expected"))
    ]
    assert len(certificate["mutants"]) >= 20
