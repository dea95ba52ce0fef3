"""A rank that falls proves a limit; one that stays, or begins too high, does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.proof.frames import Frames, no_reset
from sc_hw.proof.liveness import Rank
from sc_hw.proof.netlist import parse_btor, read_back
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.graph.smt import Terms

# After `go` it counts down from 5, and is ready at 0; the mutant pauses at 2 while `wait` is high.
TIMER = """module top(input clk, input rst, input go, input hold, output reg [2:0] n, output ready);
  assign ready = n == 0;
  always @(posedge clk)
    if (rst) n <= 0;
    else if (ready) n <= go ? 5 : 0;
    else n <= {next};
endmodule"""
_TERMS: list[Terms] = []  # the solver crashes where terms outlive their manager


@pytest.mark.parametrize(
    ("following", "within", "verdict"),
    [
        ("n - 1", 6, PROVED),
        ("n - 1", 5, REFUTED),  # 5, 4, 3, 2, 1, 0 are six clocks
        ("n == 2 & hold ? n : n - 1", 6, REFUTED),
        ("n == 2 ? 4 : n - 1", 6, REFUTED),
    ],
)
def test_ready_comes_in_time(tmp_path: Path, following: str, within: int, verdict: str) -> None:
    _TERMS.append(Terms())
    file = tmp_path / "timer.v"
    file.write_text(TIMER.format(next=following), encoding="utf-8")
    net = parse_btor(read_back(file, "top", tmp_path), _TERMS[-1])
    prover, frames = Prover(_TERMS[-1], 10.0), Frames(net, 1)
    rank = Rank(prover, 8)
    rank.claim(
        "ready",
        f"ready within {within} clocks",
        good=prover.on(frames.at(0, "ready")),
        rank=lambda clock: rank.wide(frames.at(clock, "n")),
        within=within,
        assumptions=[*no_reset(prover, frames, 1), prover.no(_above(prover, frames, 5))],
    )
    assert prover.claims[0].verdict == verdict


def _above(prover: Prover, frames: Frames, most: int) -> object:
    return prover.either(*(prover.equals(frames.at(0, "n"), n) for n in range(most + 1, 8)))


def test_numbers_are_chosen_in_order(tmp_path: Path) -> None:
    _TERMS.append(Terms())
    prover = Prover(_TERMS[-1], 10.0)
    rank, t = Rank(prover, 20), prover.terms
    yes, no = t.tm.mk_true(), t.tm.mk_false()
    value = rank.plus(rank.choose((no, 1), (yes, 2), (yes, 3), otherwise=4), rank.minus(9, 4), 1)
    assert prover.claim("8", "2 + 5 + 1", prover.no(prover.equals(value, 8))).verdict == PROVED
