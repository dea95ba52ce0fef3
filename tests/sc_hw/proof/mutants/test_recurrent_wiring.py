"""Faults in what joins the parts of a recurrent network: each pattern matches in `top.v`.

The whole proof, in the soak, refutes all of them.
"""

from __future__ import annotations

from pathlib import Path

from joined_parts import changed_by

from sc_hw.build.elaborate import Build
from sc_hw.proof.mutants.recurrent_wiring import MUTANTS


def test_each_fault_changes_the_network_alone(recurrent_build: Build, tmp_path: Path) -> None:
    assert changed_by(MUTANTS, recurrent_build, tmp_path) == len(MUTANTS) >= 9
