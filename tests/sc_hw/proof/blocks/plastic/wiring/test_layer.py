"""Every claim about a layer's wiring holds, and each notices a fault of its own.

The table of faults is in `conftest.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sc_hw.build.elaborate import Build
from sc_hw.proof.blocks.plastic.wiring.layer import kind_of
from sc_hw.proof.mutants.plastic_wiring import TOP, edited, wiring_trial
from sc_hw.proof.verdicts import PROVED, REFUTED


def test_every_claim_holds_and_all_but_one_notice_their_fault(
    sound: dict[str, Any], noticed: Callable[[str], int]
) -> None:
    # That the modules can be told apart is the one claim that leaves no other to be made.
    assert noticed("(?!wiring: modules).*") == len(sound) - 1
    assert sound["wiring: modules"]["verdict"] == PROVED


def test_clock_reset_and_modules_of_the_lanes_are_named(faulty: dict[str, Any]) -> None:
    (reset,) = faulty["wiring: clock"]["counterexample"].values()
    assert reset.endswith(".rst")
    assert faulty["wiring: lanes"]["counterexample"] == {
        "chain_0.lane_2": "plastic_lane",
        "chain_1.lane_2": "plastic_lane",
    }


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        ((r" sequencer \(", " sequence ("), "must have the instances"),
        ((r"(?m)^(  assign idle = .*)$", r"\1 assign idle = 1'h1;"), "check -assert"),
    ],
    ids=["an instance of another name", "two drivers"],
)
def test_a_layer_of_other_modules_is_refuted_in_words(
    edit: tuple[str, str], found: str, wired: Build, tmp_path: Path
) -> None:
    text = edited(wired.verilog.read_text(encoding="utf-8"), TOP, [edit], "other", "^endmodule")
    (claim,) = wiring_trial(wired, tmp_path, text).prove(60.0)
    assert claim["verdict"] == REFUTED
    assert found in str(claim["counterexample"])


def test_the_kind_of_an_instance_is_its_name_without_a_number() -> None:
    names = ("inputs_12", "host", "lane_0", "layer")
    assert [*map(kind_of, names)] == ["inputs", "host", "lane", "layer"]
