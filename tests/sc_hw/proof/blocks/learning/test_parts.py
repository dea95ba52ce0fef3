"""The parts of a network that learns, as its proof reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from learning_hardware import WrittenParts, plan_of, spec_of

from sc_hw.proof.blocks.learning.parts import LANE, NAMES, write_learning_parts
from sc_hw.proof.blocks.learning.parts import plan_of as plan_of_manifest
from sc_hw.proof.blocks.parts import PARTS
from sc_model.spec import Design


def test_each_part_is_a_module_of_its_own(learning_parts: WrittenParts) -> None:
    rows = json.loads((learning_parts.folder / "proof" / PARTS).read_text())["parts"]
    assert [row["part"] for row in rows] == [LANE, *NAMES]
    for row in rows:
        assert f"module {row['top']}(" in (learning_parts.folder / row["verilog"]).read_text()


def test_the_plan_is_that_of_the_manifest_s_design(learning_parts: WrittenParts) -> None:
    plan, expected = plan_of_manifest(learning_parts.manifest["design"]), plan_of()
    assert plan.spec == spec_of()
    assert (plan.lanes, plan.groups, plan.single_port) == (
        expected.lanes,
        expected.groups,
        expected.single_port,
    )


def test_other_blocks_have_no_such_parts(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must have a learning network"):
        write_learning_parts(Design(name="other", block="bank"), tmp_path)
