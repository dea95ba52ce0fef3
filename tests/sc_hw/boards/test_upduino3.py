"""Pins of the board, written out once more: a change in amaranth-boards is seen."""

from __future__ import annotations

from sc_hw.boards import load_board
from sc_hw.boards.resources import ports_of

PINS = {
    "clock": "20",
    "rx": "15",
    "tx": "14",
    "led_heartbeat": "39",
    "led_link": "40",
    "led_error": "41",
    "flash_select": "16",
}


def test_pins() -> None:
    ports = {port.name: port.pin for port in ports_of(load_board("upduino3"))}
    assert {name: pin.location for name, pin in ports.items()} == PINS
    # the LEDs that are on at 0
    inverted = {name for name, pin in ports.items() if pin.inverted}
    assert inverted == {"led_heartbeat", "led_link", "led_error"}
