"""Boards: pins, clocks, default designs, and board files of a user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.bitstream.build import board_variant
from sc_hw.bitstream.flows import load_flow
from sc_hw.boards import Pin, Resource, board_file, board_names, load_board
from sc_hw.boards.resources import _platform, pin_of, ports_of
from sc_hw.fabric.targets import load_target
from sc_model.spec import ConfigError, load_design

MINE = """
from sc_hw.boards import Board, Pin
BOARDS = ({boards})
"""
BOARD = (
    "Board(name='mine', title='Mine', target='ice40-hx8k', flow='ice40', place=('--hx8k',"
    " '--package', 'ct256'), clock=Pin('J3'), clock_mhz=12, mhz=48, rx=Pin('B10'), tx=Pin('{tx}'),"
    " leds={leds}),"
)


def test_all_boards_are_found() -> None:
    assert {
        *("icebreaker", "upduino3", "hx8k-breakout", "ulx3s-25f", "ulx3s-85f"),
        *("orangecrab-25f", "colorlight-i5", "tang-nano-9k", "arty-a7-35t"),
    } <= set(board_names())


@pytest.mark.parametrize("name", board_names())
def test_a_board_is_complete(name: str) -> None:
    board = load_board(name)
    ports = ports_of(board)
    assert [port.name for port in ports[:3]] == ["clock", "rx", "tx"]
    assert len({port.pin.location for port in ports}) == len(ports)
    assert "heartbeat" in board.leds
    target = load_target(board.target)
    assert load_flow(board.flow).clocking(board, board.mhz).mhz == board.mhz
    if board.platform:
        platform = _platform(board.platform)
        assert isinstance(board.clock, Resource)
        resource = platform.lookup(board.clock.name, board.clock.number)
        assert resource.clock.frequency == board.clock_mhz * 1e6
    else:
        assert board.source
    file = board_file(board)
    assert file is not None
    variant = board_variant(load_design(file), board)
    assert variant.fabric == target.family
    assert variant.block == "layer"  # it learns
    assert variant.host is not None
    assert (variant.host.door, variant.host.clock_mhz) == ("uart", board.mhz)


def test_a_board_file_of_a_user(tmp_path: Path) -> None:
    file = tmp_path / "numpy.py"  # a name that others import
    text = MINE.format(boards=BOARD.format(tx="B12", leds="{}"))
    file.write_text(text)
    board = load_board(str(file))
    assert (board.name, pin_of(board, board.tx)) == ("mine", Pin("B12"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MINE.format(boards=""), "must have one board in BOARDS, not 0"),
        (MINE.format(boards=2 * BOARD.format(tx="B12", leds="{}")), "'mine' is defined twice"),
        (MINE.format(boards="1,"), "must hold objects of class Board, not 1"),
        (
            MINE.format(boards=BOARD.format(tx="B12", leds="{'sun': Pin('A1')}")),
            r"^.*mine\.py:3: .*not .sun.*",
        ),
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named"),
        ("BOARDS = (", "SyntaxError"),
        (
            "import sys; sys.exit('no board')",
            r"^.*mine\.py:1: the board file raised SystemExit: no board\.$",
        ),
        ("BOARDS = 3", r"^.*mine\.py:1: BOARDS must be a tuple, as \(Board\(\.\.\.\),\) with"),
    ],
)
def test_a_broken_board_file_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_board(str(file))


def test_unknown_boards_files_and_places_are_named() -> None:
    with pytest.raises(ConfigError, match=r"board must be one of arty-a7-35t, .*'icebraker'"):
        load_board("icebraker")
    with pytest.raises(ConfigError, match=r"there is no file 'missing\.py'"):
        load_board("missing.py")
