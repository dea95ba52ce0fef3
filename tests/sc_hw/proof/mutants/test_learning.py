"""Mutants of a network that learns: each finds what it changes in the Verilog, and says of what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from learning_hardware import WrittenParts, deep_spec_of, mixed_spec_of

from sc_hw.proof.blocks.learning.claims import PROVERS
from sc_hw.proof.blocks.learning.parts import LANE_ADDERS
from sc_hw.proof.blocks.parts import PARTS
from sc_hw.proof.mutants.learning import MUTANTS
from sc_hw.proof.mutants.mutant import Mutant, always


@pytest.fixture(scope="module")
def deep_parts(tmp_path_factory: pytest.TempPathFactory) -> WrittenParts:
    """The parts of a network with two hidden layers that explores."""
    return WrittenParts(
        tmp_path_factory.mktemp("deep"), mixed_spec_of(feedback="reward", exploration=60)
    )


def changed_part(mutant: Mutant, parts: WrittenParts, folder: Path) -> str:
    """The kind of the part that a mutant changes, which must differ from the original."""
    build: Any = parts
    mutant.make(build, folder)
    (row,) = json.loads((folder / "proof" / PARTS).read_text())["parts"]
    originals = json.loads((parts.folder / "proof" / PARTS).read_text())["parts"]
    (original,) = (each for each in originals if each["part"] == row["part"])
    changed = (folder / row["verilog"]).read_text()
    assert changed != (parts.folder / original["verilog"]).read_text()
    return str(row["part"])


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_one_part_is_changed(
    mutant: Mutant, learning_parts: WrittenParts, deep_parts: WrittenParts, tmp_path: Path
) -> None:
    part = changed_part(mutant, deep_parts, tmp_path / "deep")
    if mutant.applies is always:
        assert changed_part(mutant, learning_parts, tmp_path / "one") == part


def test_they_find_their_place_in_layers_of_one_group_and_share(tmp_path: Path) -> None:
    build: Any = WrittenParts(tmp_path, deep_spec_of((2, 2), classes=2, lanes=2))
    for number, mutant in enumerate(MUTANTS):
        if mutant.applies(build.design) is None:
            mutant.make(build, tmp_path / str(number))


def test_each_part_has_a_mutant(deep_parts: WrittenParts, tmp_path: Path) -> None:
    found = {
        changed_part(mutant, deep_parts, tmp_path / str(number))
        for number, mutant in enumerate(MUTANTS)
    }
    assert found == set(PROVERS) - {LANE_ADDERS}  # lanes with adders have the claims of others


def test_only_networks_that_learn_have_them() -> None:
    assert {mutant.blocks for mutant in MUTANTS} == {("learning_network",)}
