"""The list of boards says what is missing for each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sc_hw.bitstream import listing
from sc_hw.boards import Board, board_names, load_board
from sc_hw.errors import ToolError


def test_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ToolError(f"{name} is needed")

    monkeypatch.setattr(listing, "command", missing)
    found, broken = listing.listing()
    rows = {row["board"]: row for row in found}
    assert broken == []
    assert rows["icebreaker"]["to_do"] == "icepack is needed"
    assert rows["arty-a7-35t"]["to_do"] is None  # no packer is called for it


def test_a_board_that_cannot_be_used_hurts_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> Board:
        board = load_board(name)
        return replace(board, flow="ice4") if name == "icebreaker" else board

    monkeypatch.setattr(listing, "load_board", load)
    rows, broken = listing.listing()
    assert {row["board"] for row in rows} == set(board_names()) - {"icebreaker"}
    assert broken == [
        "Board.flow of 'icebreaker' must be one of ecp5, gowin, ice40, vivado, not 'ice4'; did you"
        " mean 'ice40'?"
    ]


def test_pins_of_a_package_that_is_missing_are_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(board: Board) -> None:
        raise ToolError("pins need amaranth-boards")

    monkeypatch.setattr(listing, "flow_of", missing)
    rows, broken = listing.listing()
    assert {row["to_do"] for row in rows} == {"pins need amaranth-boards"}
    assert broken == []
