"""What a board declares is data that nobody can change afterwards."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from sc_hw.boards import LED_ROLES, Pin, load_board


def test_a_board_is_frozen() -> None:
    board = load_board("icebreaker")
    with pytest.raises(FrozenInstanceError):
        board.mhz = 48  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Pin("1").location = "2"  # type: ignore[misc]


def test_heartbeat_is_the_first_role() -> None:
    """A board with one LED shows it."""
    assert LED_ROLES[0] == "heartbeat"
    assert list(load_board("colorlight-i5").leds) == ["heartbeat"]
