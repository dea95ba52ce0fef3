"""The harnesses around a crossing look inside it, and their time bounds are tight."""

from __future__ import annotations

from pathlib import Path

from amaranth.hdl import Assert, Module

from sc_hw.network.cdc import WordCrossing
from sc_hw.proof.blocks.network.crossing_harness import Gray, Order, Settles
from sc_hw.proof.pdr import decide
from sc_hw.proof.verdicts import REFUTED, UNKNOWN


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
