"""Pins of the board, written out once more: a change in amaranth-boards is seen."""

from __future__ import annotations

from sc_hw.boards import load_board
from sc_hw.boards.resources import ports_of

PINS = {
    "clock": "A9",
    "rx": "N17",
    "tx": "M18",
    "led_heartbeat": "M3",
    "led_error": "K4",
    "led_link": "J3",
}


def test_pins() -> None:
    ports = {port.name: port.pin for port in ports_of(load_board("orangecrab-25f"))}
    assert {name: pin.location for name, pin in ports.items()} == PINS
    # the LEDs that are on at 0
    assert [name for name, pin in ports.items() if pin.inverted] == [
        "led_heartbeat",
        "led_error",
        "led_link",
    ]
