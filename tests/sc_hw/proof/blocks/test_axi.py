"""The door `axi`, proved, and faults of it that the claims must find."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support import ROOT

from sc_hw.build.elaborate import sha256
from sc_hw.proof.blocks.axi import AXI, axi_tasks, door_verilog
from sc_hw.proof.verdicts import PROVED, REFUTED

TASKS = {task.name: task for task in axi_tasks()}


def test_all_claims_about_the_door_are_proved() -> None:
    assert {row["name"]: row["verdict"] for row in AXI.prove()} == dict.fromkeys(TASKS, PROVED)


def replaced(old: str, new: str) -> Callable[[str], str]:
    """A fault: one place of the Verilog reads differently."""

    def change(text: str) -> str:
        assert text.count(old) == 1, f"{text.count(old)} places with {old!r}"
        return text.replace(old, new)

    return change


def committed() -> dict[str, object]:
    report: dict[str, object] = json.loads(
        (ROOT / "reports" / "axi_proofs.json").read_text(encoding="utf-8")
    )
    return report


def test_the_committed_report_is_of_this_door() -> None:
    report = committed()
    assert report["passed"] is True
    assert report["verilog_sha256"] == sha256(door_verilog())


FAULTS = {
    "an answer is taken back": (
        r"\$8  = axi__bvalid & axi__bready;",
        r"\$8  = axi__bvalid;",
        "stable",
    ),
    "an answer is overwritten": (r"\$3  = ~ axi__bvalid;", r"\$3  = 1'h1;", "stable"),
    "reads wait for idle writes": (
        r"can_read = has_read & \$4 ;",
        r"can_read = has_read & \$4 & axi__awready & ~axi__awvalid;",
        "answered",
    ),
    "strobes ignored": (r"\$15  = strobes == 4'hf;", r"\$15  = 1'h1;", "writes"),
    "a word overwritten": (r"\$1  | m_axis_tready;", "1'h1;", "outputs"),
    "short packets stay short": (r"i__tlast & \$10 ;", "1'h0;", "packets of 3"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refuted_with_a_trace(fault: str) -> None:
    old, new, claim = FAULTS[fault]
    (row,) = AXI.prove([TASKS[claim]], verilog=replaced(old, new)(door_verilog()))
    assert row["verdict"] == REFUTED
    assert row["counterexample"]
