"""Mutants of a network that learns: each finds what it changes in the Verilog, and says of what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from learning_hardware import WrittenParts

from sc_hw.proof.blocks.learning.claims import PROVERS
from sc_hw.proof.blocks.parts import PARTS
from sc_hw.proof.mutants.learning import MUTANTS
from sc_hw.proof.mutants.mutant import Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_one_part_is_changed(mutant: Mutant, learning_parts: WrittenParts, tmp_path: Path) -> None:
    build: Any = learning_parts
    mutant.make(build, tmp_path)
    (row,) = json.loads((tmp_path / "proof" / PARTS).read_text())["parts"]
    originals = json.loads((learning_parts.folder / "proof" / PARTS).read_text())["parts"]
    (original,) = (each for each in originals if each["part"] == row["part"])
    changed = (tmp_path / row["verilog"]).read_text()
    assert changed != (learning_parts.folder / original["verilog"]).read_text()


def test_each_part_has_a_mutant(learning_parts: WrittenParts, tmp_path: Path) -> None:
    build: Any = learning_parts
    found = set()
    for number, mutant in enumerate(MUTANTS):
        mutant.make(build, tmp_path / str(number))
        file = tmp_path / str(number) / "proof" / PARTS
        found |= {row["part"] for row in json.loads(file.read_text())["parts"]}
    assert found == set(PROVERS)


def test_only_networks_that_learn_have_them() -> None:
    assert {mutant.blocks for mutant in MUTANTS} == {("learning_network",)}
