"""Pins of the board, written out once more: a change in amaranth-boards is seen."""

from __future__ import annotations

from sc_hw.boards import load_board
from sc_hw.boards.resources import ports_of

PINS = {
    "clock": "52",
    "rx": "18",
    "tx": "17",
    "led_heartbeat": "10",
    "led_link": "11",
    "led_spike": "13",
    "led_error": "14",
}


def test_pins() -> None:
    ports = {port.name: port.pin for port in ports_of(load_board("tang-nano-9k"))}
    assert {name: pin.location for name, pin in ports.items()} == PINS
    # the LEDs that are on at 0
    assert [name for name, pin in ports.items() if pin.inverted] == [
        "led_heartbeat",
        "led_link",
        "led_spike",
        "led_error",
    ]
