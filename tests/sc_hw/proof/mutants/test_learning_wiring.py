"""Faults in what joins the parts of a network that learns: each pattern matches in `top.v`.

The whole proof, in the soak, refutes all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from joined_parts import changed_by
from learning_hardware import mixed_spec_of, spec_of

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.proof.blocks.learning.parts import write_learning_parts
from sc_hw.proof.mutants.learning_wiring import MUTANTS
from sc_model.spec import Design


@pytest.fixture(scope="module")
def networks(builds: Path) -> list[Build]:
    """Networks with one and with two hidden layers, and their parts."""
    found = []
    for number, spec in enumerate((spec_of(), mixed_spec_of())):
        design = Design(name=f"joined_{number}", block="learning_network", learning=spec)
        found.append(elaborate(design, builds))
        write_learning_parts(design, found[-1].folder)
    return found


def test_each_fault_changes_the_network_alone(networks: list[Build], tmp_path: Path) -> None:
    made = [changed_by(MUTANTS, network, tmp_path) for network in networks]
    assert sum(made) == 2 * len(MUTANTS) - 3
