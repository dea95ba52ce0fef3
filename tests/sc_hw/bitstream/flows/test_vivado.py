"""The flow for Xilinx: PLL within the sheet, XDC, a script that fails without timing."""

from __future__ import annotations

import pytest

from sc_hw.bitstream.flows import load_flow
from sc_hw.bitstream.pll import Pll
from sc_hw.boards import load_board
from sc_hw.boards.resources import ports_of


def settings(board: str, mhz: float) -> Pll:
    chosen = load_board(board)
    return load_flow(chosen.flow).clocking(chosen, mhz)


@pytest.mark.parametrize("mhz", [20, 50, 66.6, 125])
def test_xilinx_settings_give_their_clock_within_the_sheet(mhz: float) -> None:
    ours = settings("arty-a7-35t", mhz)
    values = ours.parameters or {}
    vco = 100 / values["DIVCLK_DIVIDE"] * values["CLKFBOUT_MULT"]
    assert 800 <= vco <= 1600
    assert ours.mhz == pytest.approx(vco / values["CLKOUT0_DIVIDE"])
    assert ours.mhz == pytest.approx(mhz, rel=2e-3)


def test_constraints_and_script() -> None:
    board = load_board("arty-a7-35t")
    flow = load_flow("vivado")
    text = flow.constraints(board, ports_of(board), settings("arty-a7-35t", 50))
    assert "set_property -dict {PACKAGE_PIN E3 IOSTANDARD LVCMOS33} [get_ports clock]\n" in text
    assert "create_clock -name clock -period 10.000 [get_ports clock]\n" in text
    assert "set_false_path -from [get_ports rx]\n" in text
    assert "error {timing is not met}" in flow.other_files(board)["build.tcl"]
