"""Assumptions that no run of the hardware meets make a claim vacuous."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.proof.frames import Frames, no_reset
from sc_hw.proof.netlist import parse_btor, read_back
from sc_hw.proof.prover import Prover
from sc_hw.proof.reachable import Reachable
from sc_hw.proof.verdicts import PROVED, VACUOUS
from sc_model.graph.smt import Terms

# It counts to 10 and stays; `odd` tells odd numbers, so that it and `n` never disagree.
COUNTER = """module top(input clk, input rst, input go, output reg [3:0] n, output reg odd);
  always @(posedge clk)
    if (rst) begin n <= 0; odd <= 0; end
    else if (n < 10 & go) begin n <= n + 1; odd <= ~n[0]; end
endmodule"""
_TERMS: list[Terms] = []  # the solver crashes where terms outlive their manager


@pytest.fixture
def counter(tmp_path: Path) -> tuple[Prover, Frames]:
    _TERMS.append(Terms())
    file = tmp_path / "counter.v"
    file.write_text(COUNTER, encoding="utf-8")
    net = parse_btor(read_back(file, "top", tmp_path), _TERMS[-1])
    return Prover(_TERMS[-1], 10.0, Reachable(net)), Frames(net, 1)


@pytest.mark.parametrize(
    ("number", "odd", "verdict"),
    [(0, 0, PROVED), (10, 0, PROVED), (12, 0, VACUOUS), (3, 1, PROVED), (3, 0, VACUOUS)],
)
def test_assumptions_must_be_met_by_a_reachable_state(
    counter: tuple[Prover, Frames], number: int, odd: int, verdict: str
) -> None:
    prover, frames = counter
    assumptions = [
        prover.equals(frames.at(0, "n"), number),
        prover.equals(frames.at(0, "odd"), odd),
        *no_reset(prover, frames, 1),
    ]
    never = prover.terms.tm.mk_false()
    assert prover.claim("c", "nothing", never, assumptions).verdict == verdict
    # A state that satisfies them exists all the same, which is all that was looked for before.
    prover.reachable = None
    assert prover.claim("d", "nothing", never, [*assumptions, never]).verdict == VACUOUS


def test_a_later_clock_must_be_reachable_too(counter: tuple[Prover, Frames]) -> None:
    prover, frames = counter
    jumps = [prover.equals(frames.at(0, "n"), 3), prover.equals(frames.at(1, "n"), 5)]
    assert prover.claim("c", "nothing", prover.terms.tm.mk_false(), jumps).verdict == VACUOUS
