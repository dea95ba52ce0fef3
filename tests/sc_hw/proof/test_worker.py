"""What a proof can't even begin with is a refuted claim, and no crash of the prover."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.identity import IDENTITY
from sc_hw.proof.processes import decide
from sc_hw.proof.verdicts import PROVED
from sc_model.spec import Design


@pytest.mark.parametrize(
    ("old", "new", "claim", "reason"),
    [
        # a wire instead of a register
        ("always @(posedge clk)\n    done <= ", "always @*\n    done = ", "signals", "'done'"),
        # gates in a loop
        ("assign change = step | load", "assign change = change | load", "sound Verilog", "loop"),
    ],
)
def test_verilog_that_the_claims_do_not_fit_is_refuted(
    old: str, new: str, claim: str, reason: str, tmp_path: Path
) -> None:
    build = elaborate(Design(name="lane", block="lane"), tmp_path)
    text = build.verilog.read_text(encoding="utf-8")
    assert old in text
    build.verilog.write_text(text.replace(old, new), encoding="utf-8")
    failed = [c for c in decide(build.folder) if c["verdict"] != PROVED and c["name"] != IDENTITY]
    assert claim in [c["name"] for c in failed]
    (row,) = (c for c in failed if c["name"] == claim)
    assert reason in str(row["counterexample"]) or reason in row["statement"]
