"""Pins of the board, written out once more: a change in amaranth-boards is seen."""

from __future__ import annotations

import pytest

from sc_hw.boards import load_board
from sc_hw.boards.resources import ports_of

PINS = {
    "clock": "G2",
    "rx": "M1",
    "tx": "L4",
    "led_heartbeat": "B2",
    "led_link": "C2",
    "led_spike": "C1",
    "led_error": "D2",
    "esp32_gpio0": "L2",
}


@pytest.mark.parametrize("size", ["25", "85"])
def test_pins(size: str) -> None:
    board = load_board(f"ulx3s-{size}f")
    ports = ports_of(board)
    assert {port.name: port.pin.location for port in ports} == PINS
    assert not any(port.pin.inverted for port in ports)
    assert {port.name: port.level for port in ports}["esp32_gpio0"] == 1
    assert (board.target, board.place[0]) == (f"ecp5-{size}f-6", f"--{size}k")
