"""The Gowin flow: PLL as gowin_pll has it, constraints, why timing is not claimed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sc_hw.bitstream.flows import load_flow
from sc_hw.bitstream.pll import Pll
from sc_hw.bitstream.programs import call
from sc_hw.boards import load_board
from sc_hw.boards.resources import ports_of


def settings(board: str, mhz: float) -> Pll:
    chosen = load_board(board)
    return load_flow(chosen.flow).clocking(chosen, mhz)


def numbers(text: str, pattern: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(pattern, text)}


@pytest.mark.parametrize("mhz", [9, 54, 61.3])
def test_gowin_is_as_gowin_pll_has_it(mhz: float, tmp_path: Path) -> None:
    ours = settings("tang-nano-9k", mhz)
    text = call("gowin_pll", ("-i", "27", "-o", str(mhz)), tmp_path)
    theirs = numbers(text, r"\.(IDIV_SEL|FBDIV_SEL|ODIV_SEL)\((\d+)\)")
    assert ours.parameters is not None
    # the dividers of the output; that of the oscillator has several right values
    assert {key: ours.parameters[key] for key in ("IDIV_SEL", "FBDIV_SEL")} == {
        key: theirs[key] for key in ("IDIV_SEL", "FBDIV_SEL")
    }
    assert 400 <= ours.mhz * ours.parameters["ODIV_SEL"] <= 1200


def test_constraints_and_timing() -> None:
    board = load_board("tang-nano-9k")
    flow = load_flow("gowin")
    text = flow.constraints(board, ports_of(board), settings("tang-nano-9k", 27))
    assert 'IO_LOC "rx" 18;\nIO_PORT "rx" PULL_MODE=UP IO_TYPE=LVCMOS33;\n' in text
    assert "has not been checked" in flow.no_timing
