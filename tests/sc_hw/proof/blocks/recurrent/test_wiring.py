"""What joins the parts of a recurrent network is claimed, and a fault in it is refuted."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.build.elaborate import Build
from sc_hw.proof.blocks.recurrent.parts import plan_of
from sc_hw.proof.blocks.recurrent.wiring import claims_of_wiring
from sc_hw.proof.mutants.recurrent_wiring import MUTANTS
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_hw.recurrent import RecurrentNetwork


def verdicts(build: Build, folder: Path) -> dict[str, str]:
    """Verdicts on what is in a folder, by the claim's name."""
    plan = plan_of(build.manifest["design"])
    claims = claims_of_wiring(folder, RecurrentNetwork(plan.spec, plan.family), 60.0)
    return {claim.name: claim.verdict for claim in claims}


def test_all_that_joins_the_parts_is_claimed(recurrent_build: Build) -> None:
    found = verdicts(recurrent_build, recurrent_build.folder)
    assert set(found.values()) == {PROVED}
    assert {"wiring: complete", "wiring: word of the host", "instance sweep"} <= set(found)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("readout that lands late", "wiring: course"),
        ("sizes of steps change places", "wiring: readout"),
        ("words of the host go astray", "wiring: word of the host"),
    ],
)
def test_a_fault_is_refuted_where_it_is(
    recurrent_build: Build, name: str, claim: str, tmp_path: Path
) -> None:
    (mutant,) = (each for each in MUTANTS if each.name == f"recurrent, joined: {name}")
    mutant.make(recurrent_build, tmp_path)
    found = verdicts(recurrent_build, tmp_path)
    assert found[claim] == REFUTED
    assert found["wiring: spikes"] == PROVED
