"""Random mutants: each edit is one line of another meaning, and the three judges are asked."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from campaigns import verilog_mutants
from campaigns.verilog_mutants import (
    DESIGNS,
    KINDS,
    as_markdown,
    campaign,
    random_edit,
    summary,
)
from sc_hw.build.elaborate import make
from sc_model.spec import Design


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_an_edit_changes_one_line_and_every_kind_is_drawn(design: Design) -> None:
    text, rng = make(design).verilog, random.Random(3)
    lines = text.splitlines()
    kinds, modules = set(), set()
    for _ in range(150):
        changed, edit = random_edit(text, rng)
        (number,) = (
            n for n, (a, b) in enumerate(zip(lines, changed.splitlines(), strict=True), 1) if a != b
        )
        assert (number, lines[number - 1].strip()) == (edit.line, edit.old)
        assert f"\nmodule {edit.module}" in text or f"\nmodule \\{edit.module} " in text
        kinds.add(edit.kind)
        modules.add(edit.module)
    assert kinds == set(KINDS)
    assert len(modules) > 5  # anywhere in the file


@pytest.mark.soak  # 20 s: four proofs of a lane
def test_every_mutant_of_a_lane_is_equivalent_or_refuted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lane's claims are about all of its Verilog, so they need no text to compare with."""
    result = campaign(
        Design(name="lane", block="lane"), tmp_path, 4, 2, {"claims": 4, "cosim": 1}, jobs=1
    )
    assert result["proved"]
    counts = summary(result["rows"])
    assert counts["mutants"] == 4 == counts["equivalent"] + counts["refuted"]
    assert counts["refuted by the other claims"] <= counts["seen by the other claims"]
    assert counts["refuted"] >= 2
    page = as_markdown({"command": "c", "designs": [result]})
    assert "| lane | 4 |" in page
    assert not [path for path in tmp_path.glob("verilog_mutants/*") if path.is_dir()]
    # a run that was broken off has its rows, and judges the others alone
    monkeypatch.setattr(verilog_mutants, "judge", lambda *_: pytest.fail("judged again"))
    again = campaign(
        Design(name="lane", block="lane"), tmp_path, 4, 2, {"claims": 4, "cosim": 1}, jobs=1
    )
    assert again["rows"] == result["rows"]
    assert verilog_mutants.SKIPPED in {row["cosim"] for row in result["rows"]}
