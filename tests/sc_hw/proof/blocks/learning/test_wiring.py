"""What joins the parts of a network that learns is claimed, and a fault in it is refuted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from learning_hardware import deep_spec_of

from sc_hw.build.elaborate import elaborate
from sc_hw.learning import LearningNetwork
from sc_hw.proof.blocks.learning.parts import plan_of, write_learning_parts
from sc_hw.proof.blocks.learning.wiring import claims_of_wiring
from sc_hw.proof.blocks.parts import HIERARCHY, PARTS
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.spec import Design


@pytest.fixture(scope="module")
def joined(builds: Path) -> tuple[Path, LearningNetwork]:
    """A build with its parts, and the network."""
    design = Design(
        name="joined",
        block="learning_network",
        learning=deep_spec_of((5, 6), 3, (2, 4, 2), (8, 6, 8)),
    )
    build = elaborate(design, builds)
    write_learning_parts(design, build.folder)
    plan = plan_of(build.manifest["design"])
    return build.folder, LearningNetwork(plan.spec, plan.family)


def test_all_that_joins_the_parts_is_claimed(joined: tuple[Path, LearningNetwork]) -> None:
    folder, network = joined
    claims = claims_of_wiring(folder, network, 60.0)
    assert {claim.verdict for claim in claims} == {PROVED}
    names = [claim.name for claim in claims]
    assert "wiring: complete" in names
    assert "instance queue" in names
    assert len(names) > 50


@pytest.mark.soak
def test_noise_that_does_not_move_on(joined: tuple[Path, LearningNetwork], tmp_path: Path) -> None:
    folder, network = joined
    text = (folder / "top.v").read_text()
    assert "= | signal;" in text
    (folder / "wrong.v").write_text(text.replace("= | signal;", "= 1'h1;"))
    file = folder / "proof" / PARTS
    listed = json.loads(file.read_text())
    listed[HIERARCHY]["verilog"] = "wrong.v"
    kept = file.read_text()
    file.write_text(json.dumps(listed))
    try:
        found = {c.name: c.verdict for c in claims_of_wiring(folder, network, 60.0)}
    finally:
        file.write_text(kept)
    assert found["wiring: groups with a signal"] == REFUTED
    assert found["wiring: lanes"] == PROVED
