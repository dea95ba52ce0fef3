"""Clocks that need no PLL, and clocks that no PLL can make."""

from __future__ import annotations

import pytest

from sc_hw.bitstream.flows import load_flow
from sc_hw.bitstream.pll import Pll
from sc_hw.boards import load_board
from sc_model.spec import ConfigError


def settings(board: str, mhz: float) -> Pll:
    chosen = load_board(board)
    return load_flow(chosen.flow).clocking(chosen, mhz)


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
