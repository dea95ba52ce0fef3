"""The iCE40 flow: PLL as icepll has it, constraints, the check of a bitstream."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from echo_system import EchoSystem

from sc_hw.bitstream.flows import load_flow
from sc_hw.bitstream.flows.ice40 import _tiles
from sc_hw.bitstream.pll import Pll
from sc_hw.bitstream.programs import call
from sc_hw.bitstream.top import BoardTop
from sc_hw.boards import load_board
from sc_hw.boards.resources import ports_of
from sc_hw.build.emit import to_verilog


def settings(board: str, mhz: float) -> Pll:
    chosen = load_board(board)
    return load_flow(chosen.flow).clocking(chosen, mhz)


def numbers(text: str, pattern: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(pattern, text)}


@pytest.mark.parametrize(
    ("reference", "mhz"),
    [(12, 17), (12, 24), (12, 48), (12, 99.7), (12, 250), (25, 60), (48, 30), (100, 33), (133, 40)],
)
def test_ice40_is_as_icepll_has_it(reference: float, mhz: float, tmp_path: Path) -> None:
    board = replace(load_board("hx8k-breakout"), clock_mhz=reference)
    ours = load_flow("ice40").clocking(board, mhz)
    text = call("icepll", ("-i", str(reference), "-o", str(mhz)), tmp_path)
    theirs = numbers(text, r"(DIV[RFQ]|FILTER_RANGE):\s+(\d+)")
    assert ours.parameters == theirs
    assert f"{ours.mhz:.3f} MHz (achieved)" in text


def test_constraints() -> None:
    board = load_board("icebreaker")
    flow = load_flow("ice40")
    text = flow.constraints(board, ports_of(board), settings("icebreaker", 24))
    assert "set_io -pullup yes rx 6\n" in text
    assert "set_io tx 9\n" in text  # an output has no pull-up
    assert text.endswith("set_frequency clock 12\n")


def test_led_pins_of_an_ultraplus_have_their_current_driver() -> None:
    board = load_board("upduino3")
    flow = load_flow("ice40")
    top = BoardTop(EchoSystem(12e6), board, flow, flow.clocking(board, 12), ports_of(board))
    text = to_verilog(top, "board", None)
    (driver,) = re.findall(r"SB_RGBA_DRV.*?\);", text, flags=re.S)
    assert '.CURRENT_MODE("0b1")' in driver
    for number, led in enumerate(("heartbeat", "link", "error")):
        assert f".RGB{number}(led_{led})" in driver
    assert "assign flash_select = 1'h1;" in text
    other = load_board("icebreaker")
    top = BoardTop(EchoSystem(12e6), other, flow, flow.clocking(other, 12), ports_of(other))
    assert "SB_RGBA_DRV" not in to_verilog(top, "board", None)


def test_tiles_without_comments_and_zeros() -> None:
    text = (
        ".comment made\n.device 8k\n.logic_tile 1 2\n010\n000\n.logic_tile 3 4\n000\n"
        ".extra_bit 0 1 2\n.sym 4 name\n.ram_data 8 1\n00ff\n.ram_data 8 2\n0000\n"
    )
    assert _tiles(text) == {
        ".logic_tile 1 2": ("010", "000"),
        ".extra_bit 0 1 2": (),
        ".ram_data 8 1": ("00ff",),
    }
