"""Reachability: it proves, it refutes, its traces are real, and it says what it can't decide."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Assert, Assume, ClockDomain, Cover, Elaboratable, Fragment, Module, Signal

from sc_hw.proof.pdr import Answer, Model, counterexample_of, decide
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_hw.tools import ToolError


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


def test_a_counterexample_has_a_line_for_each_signal() -> None:
    trace = {"go": [0, 1], "watch_x": [1, 1], "dut.x": [2, 3], "dut.y": [4, 5]}
    answer = Answer(REFUTED, 0.0, trace)
    assert counterexample_of(answer) == {"go": "0 1"}
    assert counterexample_of(answer, ("dut.y", "dut.z")) == {"go": "0 1", "dut.y": "4 5"}
    assert counterexample_of(Answer(PROVED, 0.0)) is None
