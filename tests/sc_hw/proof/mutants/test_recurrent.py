"""Mutants of a recurrent network: each finds what it changes in the Verilog, and says of what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from recurrent_networks import WrittenParts, design, network

from sc_hw.proof.blocks.parts import PARTS
from sc_hw.proof.blocks.recurrent.claims import PROVERS
from sc_hw.proof.mutants.recurrent import MUTANTS
from sc_model.spec import RuleChoice


def test_each_changes_one_part_and_each_part_has_one(
    recurrent_parts: WrittenParts, tmp_path: Path
) -> None:
    build: Any = recurrent_parts
    rows = json.loads((recurrent_parts.folder / "proof" / PARTS).read_text())["parts"]
    originals = {row["part"]: recurrent_parts.folder / row["verilog"] for row in rows}
    found = set()
    for number, mutant in enumerate(MUTANTS):
        folder = tmp_path / str(number)
        mutant.make(build, folder)
        (row,) = json.loads((folder / "proof" / PARTS).read_text())["parts"]
        assert (folder / row["verilog"]).read_text() != originals[row["part"]].read_text()
        found.add(row["part"])
    assert found == set(PROVERS) - {"lane_adders"}  # which this design has not


@pytest.mark.parametrize("hidden", [{"lanes": 1, "neurons": 3}, {"lanes": 2, "neurons": 2}])
def test_they_find_their_place_in_one_group_and_behind_registers(
    hidden: dict[str, int], tmp_path: Path
) -> None:
    # ECP5 has a register in front of a decay
    build: Any = WrittenParts(tmp_path, design(network(hidden=hidden), fabric="ecp5"))
    for number, mutant in enumerate(MUTANTS):
        if mutant.applies(build.design) is None:
            mutant.make(build, tmp_path / str(number))


def test_their_names_and_blocks() -> None:
    assert {mutant.blocks for mutant in MUTANTS} == {("recurrent_network",)}
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 30


def test_they_know_the_arithmetic_of_one_rule() -> None:
    (mutant,) = (each for each in MUTANTS if each.name == "recurrent: trace for good")
    assert mutant.applies(design()) is None
    other = design(network(hidden={"rule": RuleChoice(family="my_rule")}))
    assert mutant.applies(other) == "its rule is not e_prop"


def test_one_lane_has_no_neighbour() -> None:
    (mutant,) = (each for each in MUTANTS if each.name.endswith("neighbour's current"))
    assert mutant.applies(design()) is None
    assert mutant.applies(design(network(hidden={"lanes": 1}))) == "it has one lane"
