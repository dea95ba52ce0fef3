"""A flow without packer or unpacker says so, and what a board must be for its flow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sc_hw.bitstream.flows import flow_of, load_flow
from sc_hw.bitstream.pll import Pll
from sc_hw.boards import Board, Pin, Resource, board_names, load_board
from sc_model.spec import ConfigError


def test_a_flow_that_has_no_open_packer() -> None:
    flow, board = load_flow("vivado"), load_board("arty-a7-35t")
    with pytest.raises(NotImplementedError, match="flow vivado has no packer"):
        flow.pack(board, Path(), Path())
    with pytest.raises(NotImplementedError, match="flow vivado has no unpacker"):
        flow.check(board, Path(), Pll("", 100, 100, 100))
    assert not flow.bitstream
    assert flow.no_bitstream


def test_an_unknown_flow_is_named() -> None:
    with pytest.raises(ConfigError, match=r"must be one of ecp5, gowin, ice40, vivado, not 'x'"):
        load_flow("x")


@pytest.mark.parametrize("name", board_names())
def test_every_board_passes_the_checks(name: str) -> None:
    board = load_board(name)
    assert flow_of(board).name == board.flow


# Fields that name something elsewhere, a value that is none, and what is said.
WRONG = {
    "target": (
        {"target": "ice40-hx8"},
        "Board.target of 'mine' must be one of .*, not 'ice40-hx8'; did you mean 'ice40-hx8k'?",
    ),
    "flow": (
        {"flow": "ice4"},
        "Board.flow of 'mine' must be one of ecp5, gowin, ice40, vivado, not 'ice4'; did you mean"
        " 'ice40'?",
    ),
    "flow of another device": (
        {"flow": "ecp5"},
        "Board.flow of 'mine' is 'ecp5', which needs a target of nextpnr-ecp5; 'ice40-hx8k' has"
        " nextpnr-ice40.",
    ),
    "flow without place and route": (
        {"flow": "vivado"},
        "Board.flow of 'mine' is 'vivado', which needs a target of no nextpnr; 'ice40-hx8k' has"
        " nextpnr-ice40.",
    ),
    "place": ({"place": ()}, "Board.place of 'mine' must name the device."),
    "a word of place": (
        {"place": ("--hx8k --package ct256",)},
        "Board.place and pack_options of 'mine' must be one word each, not '--hx8k --package"
        " ct256'.",
    ),
    "attribute": (
        {"rx": Pin("B10", {"PULUP": "1"})},
        "board 'mine': attribute of rx must be one of PULLUP, GLOBAL, IO_STANDARD, not 'PULUP';"
        " did you mean 'PULLUP'?",
    ),
    "value": (
        {"tx": Pin("B12", {"PULLUP": "yes"})},
        "board 'mine': attribute PULLUP of tx must be one of 0, 1, not 'yes'.",
    ),
    "two on a pin": (
        {"tx": Pin("B10")},
        "board 'mine' has 'rx' and 'tx' on pin B10: give each a pin of its own.",
    ),
    "platform": (
        {"platform": "amaranth_boards.ice40:None", "rx": Resource("uart", signal="rx")},
        "platform 'amaranth_boards.ice40:None' can't be imported: No module named"
        " 'amaranth_boards.ice40'.",
    ),
    "resource": (
        {
            "platform": "amaranth_boards.icebreaker:ICEBreakerPlatform",
            "rx": Resource("uart", signal="rxd"),
        },
        "board 'mine': in amaranth_boards.icebreaker:ICEBreakerPlatform resource uart 0 has no"
        " signal named rxd.",
    ),
    "clock": ({"mhz": 3}, "Board.mhz of 'mine' must be 16 to 275 MHz on this board"),
    "example": (
        {"design": "digit_small"},
        "Board.design of 'mine' must be an example of this package, not 'digit_small'.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_a_board_names_must_be_there(case: str) -> None:
    changes, says = WRONG[case]
    board = Board(
        name="mine",
        title="Mine",
        target="ice40-hx8k",
        flow="ice40",
        place=("--hx8k", "--package", "ct256"),
        clock=Pin("J3"),
        clock_mhz=12,
        mhz=48,
        rx=Pin("B10", {"PULLUP": "1"}),
        tx=Pin("B12"),
        leds={},
    )
    assert flow_of(board).name == "ice40"
    with pytest.raises(ConfigError) as error:
        flow_of(replace(board, **changes))  # type: ignore[arg-type]
    start, _, end = says.partition(".*")
    assert str(error.value).startswith(start)
    assert end in str(error.value)


def test_a_gowin_board_names_its_device() -> None:
    board = replace(load_board("tang-nano-9k"), pack_options=("--sspi_as_gpio",))
    with pytest.raises(ConfigError, match=r"^Board\.pack_options of 'tang-nano-9k' must have '-d'"):
        flow_of(board)
