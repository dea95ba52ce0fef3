"""Pins of a board: read from its platform, or refused in one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sc_hw.boards import Board, ConnectorPin, Pin, Resource, load_board
from sc_hw.boards.resources import pin_of, ports_of
from sc_model.spec import ConfigError


def test_a_pin_with_its_pull_up_and_polarity() -> None:
    board = load_board("icebreaker")
    assert pin_of(board, Resource("uart", signal="rx")).attributes["PULLUP"] == "1"
    assert pin_of(board, Resource("led_g")).inverted
    assert pin_of(load_board("orangecrab-25f"), ConnectorPin("io", 0, "sck")) == Pin("R17")


def test_unknown_places_are_named() -> None:
    board = load_board("icebreaker")
    for place, message in (
        (Resource("clk99"), "there is no resource clk99 0"),
        (Resource("uart"), "has signals rx, tx: name one"),
        (Resource("uart", signal="cts"), "has no signal named cts"),
        (ConnectorPin("pmod", 7, "1"), "there is no connector pmod 7"),
        (ConnectorPin("pmod", 0, "99"), "connector pmod has pins 1, .*, not 99"),
    ):
        with pytest.raises(ConfigError, match=message):
            pin_of(board, place)
    for platform, message in (
        ("amaranth_boards.nothing:X", "can't be imported"),
        ("amaranth_boards.icebreaker:X", "has no class of that name"),
    ):
        with pytest.raises(ConfigError, match=message):
            pin_of(replace(board, platform=platform), Resource("uart", signal="rx"))


def test_two_signals_on_one_pin_are_refused() -> None:
    board = Board(
        **{**vars(load_board("colorlight-i5")), "tx": Pin("H18"), "name": "wrong"},
    )
    with pytest.raises(ConfigError, match="'wrong' has 'rx' and 'tx' on pin H18"):
        ports_of(board)
