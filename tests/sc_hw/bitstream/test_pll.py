"""PLL settings against the calculators of the open tools, and clocks that no PLL can make."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sc_hw.bitstream.flows import load_flow
from sc_hw.bitstream.pll import Pll
from sc_hw.bitstream.programs import call
from sc_hw.boards import load_board
from sc_model.spec import ConfigError


def settings(board: str, mhz: float) -> Pll:
    chosen = load_board(board)
    return load_flow(chosen.flow).clocking(chosen, mhz)


def numbers(text: str, pattern: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(pattern, text)}


@pytest.mark.parametrize("mhz", [17, 24, 30, 48, 99.7, 250])
def test_ice40_is_as_icepll_has_it(mhz: float, tmp_path: Path) -> None:
    ours = settings("hx8k-breakout", mhz)
    text = call("icepll", ("-i", "12", "-o", str(mhz)), tmp_path)
    theirs = numbers(text, r"(DIV[RFQ]|FILTER_RANGE):\s+(\d+)")
    assert ours.parameters == theirs
    assert f"{ours.mhz:.3f} MHz (achieved)" in text


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


@pytest.mark.parametrize("mhz", [20, 50, 66.6, 125])
def test_xilinx_settings_give_their_clock_within_the_sheet(mhz: float) -> None:
    ours = settings("arty-a7-35t", mhz)
    values = ours.parameters or {}
    vco = 100 / values["DIVCLK_DIVIDE"] * values["CLKFBOUT_MULT"]
    assert 800 <= vco <= 1600
    assert ours.mhz == pytest.approx(vco / values["CLKOUT0_DIVIDE"])
    assert ours.mhz == pytest.approx(mhz, rel=2e-3)


def test_the_oscillator_itself_needs_no_pll() -> None:
    for board in ("icebreaker", "ulx3s-25f", "tang-nano-9k", "arty-a7-35t"):
        chosen = load_board(board)
        pll = settings(board, chosen.clock_mhz)
        assert (pll.primitive, pll.mhz) == ("", chosen.clock_mhz)


@pytest.mark.parametrize(
    ("board", "mhz", "allowed"),
    [
        ("icebreaker", 13, "16 to 275 MHz"),
        ("ulx3s-25f", 401, "10 to 400 MHz"),
        ("tang-nano-9k", 3, "3.125 to 600 MHz"),
        ("arty-a7-35t", 2, "6.25 to 464 MHz"),
    ],
)
def test_a_clock_that_the_pll_can_not_make_is_refused(board: str, mhz: float, allowed: str) -> None:
    with pytest.raises(ConfigError, match=f"--mhz must be {allowed} on this board .*, not {mhz}"):
        settings(board, mhz)
