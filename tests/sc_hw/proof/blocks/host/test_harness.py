"""A harness around a component of its own, and the report of what is claimed of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Assert, Const, Cover, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.build.emit import to_verilog
from sc_hw.proof.blocks.host.harness import Harness, Proof, Task, covers_of, tasks_of
from sc_hw.proof.verdicts import PROVED, REFUTED


class Counter(wiring.Component):
    """Counts clocks with `up` in two bits, and stays at 2."""

    def __init__(self) -> None:
        super().__init__({"up": In(1), "is_full": Out(1)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        count = Signal(2)
        with m.If(self.up & (count != 2)):
            m.d.sync += count.eq(count + 1)
        m.d.comb += self.is_full.eq(count == 2)
        return m


def verilog() -> str:
    return to_verilog(Counter(), "counter", None)


class CounterHarness(Harness):
    top = "counter"

    def component(self) -> Counter:
        return Counter()

    def verilog(self) -> str:
        return verilog()


class Bounded(CounterHarness):
    statement = "the count is 2 at most"

    def claims(self, m: Module) -> None:
        m.d.comb += Assert(self.watch("count", 2) != 3)


class Low(CounterHarness):
    statement = "the count is 1 at most"

    def claims(self, m: Module) -> None:
        m.d.comb += Assert(self.watch("count", 2) < 2)


class Full(CounterHarness):
    def __init__(self, goal: str) -> None:
        super().__init__()
        self.goal = goal

    def claims(self, m: Module) -> None:
        m.d.comb += Cover(self["is_full"])


class Still(Full):
    """With an input that is a constant."""

    @property
    def constants(self) -> dict[str, Const]:
        return {"up": Const(0)}


def tasks() -> list[Task]:
    return [*tasks_of((Bounded,)), *covers_of(Full, {"full": "the counter is full"})]


def proof(**changes: Any) -> Proof:
    members = {"tasks": tasks, "verilog": verilog} | changes
    return Proof("counter_proofs", "Proofs about a counter", "Made by this test.", **members)


def test_a_report_is_written(tmp_path: Path) -> None:
    assert proof().main(["--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "counter_proofs.json").read_text())
    assert report["passed"] is True
    assert {row["name"]: row["verdict"] for row in report["claims"]} == {
        "bounded": PROVED,
        "possible: full": PROVED,
    }
    page = (tmp_path / "counter_proofs.md").read_text()
    assert page.startswith("# Proofs about a counter\n\nMade by this test.\n")
    assert "| bounded | proved |" in page


def test_what_does_not_hold_fails_the_report(tmp_path: Path) -> None:
    assert proof(tasks=lambda: tasks_of((Low,))).main(["--out", str(tmp_path)]) == 1
    (row,) = json.loads((tmp_path / "counter_proofs.json").read_text())["claims"]
    assert row["verdict"] == REFUTED
    assert row["counterexample"]["up"].startswith("1 1")


@pytest.mark.parametrize(("kind", "verdict"), [(Full, PROVED), (Still, REFUTED)])
def test_a_cover_is_proved_where_it_can_be_reached(kind: type[Full], verdict: str) -> None:
    (row,) = proof().prove(covers_of(kind, {"full": "the counter is full"}))
    assert row["verdict"] == verdict
    assert "counterexample" not in row
