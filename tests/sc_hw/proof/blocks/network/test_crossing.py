"""The prover of crossings: it proves, it refutes, its traces are real, and what it can't decide it
says.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Assert, Assume, ClockDomain, Cover, Elaboratable, Fragment, Module, Signal

from sc_hw.network.cdc import WordCrossing
from sc_hw.proof.blocks.network.crossing import STATED, certificate, prove_crossings, report
from sc_hw.proof.blocks.network.crossing_harness import Gray, Order, Settles
from sc_hw.proof.mutants.crossing import CONTROLS, COUNTERS
from sc_hw.proof.pdr import Model, decide
from sc_hw.proof.verdicts import PROVED, REFUTED, UNKNOWN
from sc_hw.tools.tools import ToolError


class Small(Elaboratable):
    """A counter that stops at `last`, with one statement about it."""

    def __init__(self, kind: str, last: int = 5) -> None:
        self.kind, self.last = kind, last
        self.clk, self.go = Signal(name="a_clk"), Signal(name="go")

    def elaborate(self, platform: object) -> Module:
        m = Module()
        domain = ClockDomain("a", reset_less=True)
        m.domains += domain
        m.d.comb += domain.clk.eq(self.clk)
        count = Signal(4)
        with m.If(self.go & (count != self.last)):
            m.d.a += count.eq((count + 1)[:4])
        if self.kind == "assert":
            m.d.comb += Assert(count <= 5)
        elif self.kind == "assume":
            m.d.comb += [Assume(~self.go), Assert(count == 0)]
        elif self.kind == "cover":
            m.d.comb += Cover(count == 5)
        elif self.kind == "clocked":
            m.d.a += Assert(count <= 5)
        return m

    def model(self) -> Model:
        text, _ = rtlil.convert_fragment(
            Fragment.get(self, None), [self.clk, self.go], "harness", emit_src=False
        )
        return Model(text)


@pytest.mark.parametrize(
    ("kind", "last", "cover", "verdict"),
    [
        ("assert", 5, False, PROVED),
        ("assert", 6, False, REFUTED),
        ("assume", 6, False, PROVED),
        ("cover", 5, True, REFUTED),
        ("cover", 4, True, PROVED),
    ],
)
def test_verdicts(tmp_path: Path, kind: str, last: int, cover: bool, verdict: str) -> None:
    answer = decide(Small(kind, last).model(), tmp_path, "small", cover=cover)
    assert answer.verdict == verdict
    assert (answer.trace is None) == (verdict == PROVED)


def test_trace_is_the_way_there(tmp_path: Path) -> None:
    answer = decide(Small("assert", 6).model(), tmp_path, "small")
    assert answer.trace is not None
    assert answer.instants == len(answer.trace["a_clk"]) >= 7
    edges = sum(clk & go for clk, go in zip(answer.trace["a_clk"], answer.trace["go"], strict=True))
    assert edges >= 6
    assert answer.trace["count"][0] == 0
    assert answer.trace["count"][-1] == 6


def test_assert_in_a_clock_domain_is_refused(tmp_path: Path) -> None:
    """It would be about that clock's edges, and an edge is an input here."""
    with pytest.raises(ToolError):
        decide(Small("clocked").model(), tmp_path, "small")


def test_wire_that_nobody_drives_is_refused(tmp_path: Path) -> None:
    text, count = re.subn(r" input \d+ +\\go", r" \\go", Small("assert").model().rtlil)
    assert count == 1
    with pytest.raises(ToolError, match=r"^yosys failed .*problems"):
        decide(Model(text), tmp_path, "small")


def test_time_that_is_too_short_leaves_it_unknown(tmp_path: Path) -> None:
    harness = Order(4)
    answer = decide(harness.model(WordCrossing(harness.width, 4)), tmp_path, "short", limit_s=1)
    assert answer.verdict == UNKNOWN


def test_watched_signals_are_those_inside(tmp_path: Path) -> None:
    """A watched port must follow the design: the opposite of a proved statement is refuted."""

    class Wrong(Gray):
        def claims(self, m: Module) -> None:
            m.d.comb += Assert(self.watch("i_gray", 2) == 0)

    answer = decide(Wrong(2).model(WordCrossing(1, 2)), tmp_path, "wrong")
    assert answer.verdict == REFUTED
    assert answer.trace is not None
    assert answer.trace["dut.i_gray"][-1] != 0


def test_settling_takes_as_long_as_is_stated_and_no_less(tmp_path: Path) -> None:
    class Sooner(Settles):
        rounds = Settles.rounds - 2

    answer = decide(Sooner(1).model(WordCrossing(1, 1)), tmp_path, "sooner")
    assert answer.verdict == REFUTED


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    return prove_crossings((1,))


def test_depth_one_is_proved_with_all_its_controls(result: dict[str, Any]) -> None:
    assert [claim["name"] for claim in result["claims"] if claim["verdict"] != PROVED] == []
    assert len(result["claims"]) == 1 + len(STATED) + 4
    assert [
        control["name"] for control in result["controls"] if control["verdict"] != REFUTED
    ] == []
    assert len(result["controls"]) == len(CONTROLS) + len(COUNTERS)
    assert all(control["counterexample"] for control in result["controls"])
    assert result["passed"]


def test_report_holds_every_line(result: dict[str, Any]) -> None:
    page = report(certificate((1,), result, 1.0))
    for row in (*result["claims"], *result["controls"]):
        assert f"| {row['name']} |" in page
    failed = {**result, "passed": False}
    assert "NOT PASSED" in report(certificate((1,), failed, 1.0))
