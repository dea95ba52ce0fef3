"""Power-on leaves what a reset leaves, in every block; other initial values are refuted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from device_designs import LAYER
from network_designs import two_clocks

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.proof.power_on import read_power_on
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.spec import Design

RESET, OTHER = "power-on: registers with a reset", "power-on: other registers"
DESIGNS = {
    "lane": Design(name="lane", block="lane"),
    "bank": Design(name="bank", block="bank", synapses=8),
    "layer": LAYER,
    "network": two_clocks(),
}


@pytest.fixture(scope="module")
def elaborated(builds: Path) -> dict[str, Build]:
    return {block: elaborate(design, builds) for block, design in DESIGNS.items()}


def refuted(build: Build, folder: Path, old: str, new: str) -> dict[str, dict[str, str]]:
    """The refuted claims about a build with an edit, each with its counterexample."""
    text, count = re.subn(old, new, build.verilog.read_text(encoding="utf-8"), count=1)
    assert count, f"{old!r} is not in the Verilog: choose another edit"
    (folder / "top.v").write_text(text, encoding="utf-8")
    claims = read_power_on(folder, build.manifest).claims()
    assert [claim.name for claim in claims] == [RESET, OTHER]
    assert {claim.verdict for claim in claims} <= {PROVED, REFUTED}
    return {
        claim.name: dict(claim.counterexample or {}) for claim in claims if claim.counterexample
    }


@pytest.mark.parametrize(
    ("block", "old", "new", "claim", "register"),
    [
        ("lane", r"(reg \[\d+:0\] weight = \d+'h)0+;", r"\g<1>3;", RESET, "weight"),
        ("lane", r"reg done = 1'h0;", "reg done;", RESET, "done"),
        ("bank", "reg closed = 1'h0;", "reg closed = 1'h1;", RESET, "closed"),
        ("bank", "reg free = 1'h1;", "reg free = 1'h0;", RESET, "free"),
        ("bank", r"(reg \[2:0\] position = 3'h)0;", r"\g<1>3;", OTHER, "position"),
        ("bank", r"(reg \[\d+:0\] words \[7:0\];)", r"\1 initial words[2] = 5;", OTHER, "words"),
        ("layer", r"reg is_run = 1'h1;", "reg is_run = 1'h0;", RESET, "is_run"),
        ("layer", r"reg at_start(_q)? = 1'h1;", r"reg at_start\1 = 1'h0;", RESET, "at_start"),
        ("network", r"(reg \w*fresh\w* = 1'h)1;", r"\g<1>0;", RESET, "fresh"),
        ("network", r"reg i_want = 1'h0;", "reg i_want = 1'h1;", OTHER, "i_want"),
    ],
)
def test_another_value_at_power_on_is_refuted(
    elaborated: dict[str, Build],
    block: str,
    old: str,
    new: str,
    claim: str,
    register: str,
    tmp_path: Path,
) -> None:
    faults = refuted(elaborated[block], tmp_path, old, new)
    assert list(faults) == [claim]
    assert any(register in name for name in faults[claim])


@pytest.mark.parametrize("block", DESIGNS)
def test_every_block_begins_as_after_a_reset(
    elaborated: dict[str, Build], block: str, tmp_path: Path
) -> None:
    build = elaborated[block]
    assert refuted(build, tmp_path, r"\A", "") == {}
    state = read_power_on(tmp_path, json.loads((build.folder / "manifest.json").read_text()))
    assert state.contents == ()
    # what a reset gives is not the same for all
    assert len({r.after_reset for r in state.registers if r.after_reset is not None}) > 1
