"""The parts that are written are those that have claims."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from recurrent_networks import WrittenParts, design, network

from sc_hw.proof.blocks.parts import PARTS
from sc_hw.proof.blocks.recurrent.parts import NAMES, PIPELINES, write_recurrent_parts
from sc_model.spec import Design


def kinds(folder: Path) -> set[str]:
    rows = json.loads((folder / "proof" / PARTS).read_text())["parts"]
    return {row["part"] for row in rows}


def test_parts_of_a_design(recurrent_parts: WrittenParts) -> None:
    assert kinds(recurrent_parts.folder) == {*NAMES, *PIPELINES} - {"lane_adders"}


@pytest.mark.soak
def test_lanes_with_and_without_multipliers_are_two_parts(tmp_path: Path) -> None:
    """Four of eight lanes find multipliers."""
    write_recurrent_parts(design(network(hidden={"lanes": 8}), fabric="ice40_up"), tmp_path)
    assert kinds(tmp_path) == {*NAMES, *PIPELINES}


def test_another_design_has_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^design must have a recurrent network$"):
        write_recurrent_parts(Design(name="a", block="bank"), tmp_path)
