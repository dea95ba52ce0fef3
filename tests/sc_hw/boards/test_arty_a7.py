"""Pins of the board, written out once more: a change in amaranth-boards is seen."""

from __future__ import annotations

from sc_hw.boards import load_board
from sc_hw.boards.resources import ports_of

PINS = {
    "clock": "E3",
    "rx": "A9",
    "tx": "D10",
    "led_heartbeat": "H5",
    "led_link": "J5",
    "led_spike": "T9",
    "led_error": "T10",
}


def test_pins() -> None:
    ports = {port.name: port.pin for port in ports_of(load_board("arty-a7-35t"))}
    assert {name: pin.location for name, pin in ports.items()} == PINS
    # the LEDs that are on at 0
    inverted = {name for name, pin in ports.items() if pin.inverted}
    assert inverted == set()
