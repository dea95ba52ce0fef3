"""The window, proved, and faults of it that the claims must find."""

from __future__ import annotations

import json
import re

import pytest
from support import ROOT

from sc_hw.build.elaborate import sha256
from sc_hw.proof.blocks.host.subjects import SUBJECTS, subject_verilog
from sc_hw.proof.blocks.host.window import WINDOW_PROOF, window_tasks
from sc_hw.proof.verdicts import PROVED, REFUTED

TASKS = {task.name: task for task in window_tasks()}
QUICK = ("told: lane", "read back: words of 33 bits")
WIDE = {subject.name: subject for subject in SUBJECTS}["words of 33 bits"]


def test_the_quick_claims_are_proved() -> None:
    rows = WINDOW_PROOF.prove([TASKS[name] for name in QUICK])
    assert {row["name"]: row["verdict"] for row in rows} == dict.fromkeys(QUICK, PROVED)


@pytest.mark.soak
def test_all_claims_are_proved() -> None:
    rows = WINDOW_PROOF.prove()
    assert {row["name"]: row["verdict"] for row in rows} == dict.fromkeys(TASKS, PROVED)


def test_the_committed_report_is_of_these_registers() -> None:
    report = json.loads((ROOT / "reports" / "window_proofs.json").read_text(encoding="utf-8"))
    assert report["passed"] is True
    assert report["verilog_sha256"] == sha256(WINDOW_PROOF.verilog())
    assert [row["name"] for row in report["claims"]] == list(TASKS)


# What of the Verilog reads differently, and which claims find it. A place that is wrong in the same
# way for reads and writes is read back all the same.
FAULTS = {
    "a bit of the data is inverted": (r" \(part_0\),", " (part_0 ^ 32'h1),", ("told", "read back")),
    "the address goes on by two": (
        r"(place\[6:5\] \+ \S+) ;",
        r"\1 + 2'h1;",
        ("told",),
    ),
    "the address goes on with every part": (r"counts = is_last;", "counts = 1'h1;", ("told",)),
    "the lowest bit of the address is lost": (
        r"\.read_0__payload\(address\[6:0\]\)",
        ".read_0__payload({ address[6:1], 1'h0 })",
        ("told", "read back"),
    ),
    "a load is not made": (
        r"\.load_0__valid\(pin__load_0__valid\)",
        ".load_0__valid(1'h0)",
        ("told", "read back"),
    ),
    "a load is made again and again": (
        r"(= pin__load_0__valid;(?:\n.*){6}3'h1:\n\s+if \(\S+ \) begin\n\s+\S+  = 1'h)0;",
        r"\g<1>1;",
        ("told",),
    ),
    "a bit of the answer is inverted": (
        r"assign window_word = part \? \{ 31'h00000000, part_1 \} : part_0;",
        "assign window_word = part ? { 31'h00000000, part_1 } : part_0 ^ 32'h1;",
        ("told", "read back"),
    ),
    "a read gives the register beside it": (
        r"source\[0\] \? window_word : place;",
        "place;",
        ("told", "read back"),
    ),
}


SHORT = ("the address goes on by two",)  # the others are soaked


@pytest.mark.parametrize(
    "name",
    [name if name in SHORT else pytest.param(name, marks=pytest.mark.soak) for name in FAULTS],
)
def test_a_fault_is_refuted(name: str) -> None:
    old, new, claims = FAULTS[name]
    changed, places = re.subn(old, new, subject_verilog(WIDE))
    assert places == 1, f"{places} places with {old!r}"
    tasks = [TASKS[f"{claim}: {WIDE.name}"] for claim in claims]
    rows = WINDOW_PROOF.prove(tasks, verilog=changed)
    assert [row["verdict"] for row in rows] == [REFUTED] * len(claims)
