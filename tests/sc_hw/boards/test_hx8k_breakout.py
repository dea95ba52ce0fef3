"""Pins of the board, written out once more: a change in amaranth-boards is seen."""

from __future__ import annotations

from sc_hw.boards import load_board
from sc_hw.boards.resources import ports_of

PINS = {
    "clock": "J3",
    "rx": "B10",
    "tx": "B12",
    "led_heartbeat": "C3",
    "led_link": "B3",
    "led_spike": "C4",
    "led_error": "C5",
}


def test_pins() -> None:
    ports = {port.name: port.pin for port in ports_of(load_board("hx8k-breakout"))}
    assert {name: pin.location for name, pin in ports.items()} == PINS
    # the LEDs that are on at 0
    inverted = {name for name, pin in ports.items() if pin.inverted}
    assert inverted == set()
