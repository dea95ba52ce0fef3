"""The registers and the queue of steps, proved, and faults of them that the claims must find."""

from __future__ import annotations

import json
import re

import pytest
from support import ROOT

from sc_hw.build.elaborate import sha256
from sc_hw.proof.blocks.host.registers import (
    HOST,
    counters_verilog,
    host_tasks,
    queue_verilog,
    system_verilog,
)
from sc_hw.proof.verdicts import PROVED, REFUTED

TASKS = {task.name: task for task in host_tasks()}
QUICK = ("once", "order of bit 0", "order of bit 15")


def test_the_quick_claims_are_proved() -> None:
    rows = HOST.prove([TASKS[name] for name in QUICK])
    assert {row["name"]: row["verdict"] for row in rows} == dict.fromkeys(QUICK, PROVED)


@pytest.mark.soak
def test_all_claims_are_proved() -> None:
    assert {row["name"]: row["verdict"] for row in HOST.prove()} == dict.fromkeys(TASKS, PROVED)


def test_the_committed_report_is_of_these_registers() -> None:
    report = json.loads((ROOT / "reports" / "host_proofs.json").read_text(encoding="utf-8"))
    assert report["passed"] is True
    assert report["verilog_sha256"] == sha256(
        system_verilog() + queue_verilog() + counters_verilog()
    )
    assert [row["name"] for row in report["claims"]] == list(TASKS)


FAULTS = {
    "two answers at once": (r"assign bus__ack = (\S+) ;", r"assign bus__ack = \1  | err;", "once"),
    "a word is not taken": (r"\.r_en\(pops\)", ".r_en(1'h0)", "order of bit 0"),
    "a bit is inverted": (
        r"place \? transfer_1 :",
        r"place ? ~transfer_1 :",
        "order of bit 0",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_refuted(name: str) -> None:
    old, new, claim = FAULTS[name]
    text = system_verilog() if claim == "once" else queue_verilog()
    changed, places = re.subn(old, new, text)
    assert places == 1, f"{places} places with {old!r}"
    (row,) = HOST.prove([TASKS[claim]], verilog=changed)
    assert row["verdict"] == REFUTED
