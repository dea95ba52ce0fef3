"""The ECP5 flow: PLL as ecppll has it, constraints, what is compared of a bitstream."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sc_hw.bitstream.flows import load_flow
from sc_hw.bitstream.flows.ecp5 import has_dividers, marked_settings
from sc_hw.bitstream.pll import Pll
from sc_hw.bitstream.programs import call
from sc_hw.boards import load_board
from sc_hw.boards.resources import ports_of


def settings(board: str, mhz: float) -> Pll:
    chosen = load_board(board)
    return load_flow(chosen.flow).clocking(chosen, mhz)


def numbers(text: str, pattern: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(pattern, text)}


@pytest.mark.parametrize(("board", "mhz"), [("ulx3s-25f", 50), ("orangecrab-25f", 60)])
def test_ecp5_is_as_ecppll_has_it(board: str, mhz: float, tmp_path: Path) -> None:
    ours = settings(board, mhz)
    reference = str(ours.reference_mhz)
    call("ecppll", ("-i", reference, "-o", str(mhz), "-f", "pll.v"), tmp_path)
    text = (tmp_path / "pll.v").read_text()
    theirs = numbers(text, r"\.(CLKI_DIV|CLKFB_DIV|CLKOP_DIV|CLKOP_CPHASE)\((\d+)\)")
    assert ours.parameters is not None
    # of equal outputs, ecppll's single precision may take another one
    assert {**ours.parameters, "CLKOP_CPHASE": 0} == {**theirs, "CLKOP_CPHASE": 0}
    assert abs(ours.parameters["CLKOP_CPHASE"] - theirs["CLKOP_CPHASE"]) <= 1


def test_constraints() -> None:
    board = load_board("colorlight-i5")
    text = load_flow("ecp5").constraints(board, ports_of(board), settings("colorlight-i5", 50))
    assert 'LOCATE COMP "rx" SITE "H18";\nIOBUF PORT "rx" IO_TYPE=LVCMOS33 PULLMODE=UP;' in text
    assert text.endswith('FREQUENCY PORT "clock" 25 MHZ;\n')


def test_settings_of_memories_and_pll() -> None:
    text = (
        ".device X\n.tile_group A:B C:D\nenum: EBR0.MODE DP16KD\nword: CLKI_DIV 0000000\n"
        "word: CLKFB_DIV 0000001\nword: CLKOP_DIV 0001011\narc: A B\n.tile A:B\n"
        "enum: EBR0.MODE DP16KD\n"
    )
    group, tile = frozenset(("A:B", "C:D")), frozenset(("A:B",))
    found = marked_settings(text)
    assert found == {
        (group, "enum: EBR0.MODE DP16KD"),
        (group, "word: CLKFB_DIV 0000001"),
        (group, "word: CLKOP_DIV 0001011"),
        (tile, "enum: EBR0.MODE DP16KD"),
    }
    assert has_dividers(found, settings("ulx3s-25f", 50))
    assert not has_dividers(found, settings("ulx3s-25f", 75))
