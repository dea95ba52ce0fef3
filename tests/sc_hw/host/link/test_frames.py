"""The gateware's numbers are the driver's and the register map's."""

from __future__ import annotations

from sc_driver import frames as driver
from sc_hw.host import register_map
from sc_hw.host.link import frames


def test_numbers_of_both_sides() -> None:
    for name in ("MAGIC", "PROTOCOL", "HELLO", "REQUESTS", "NO_SESSION", "BAD_REQUEST"):
        assert getattr(frames, name) == getattr(driver, name), name
    assert frames.MOST_BODY == driver.MAX_BODY
    assert frames.MOST_BYTES == driver.MAX_FRAME
    assert frames.WELCOME == driver.HELLO | driver.ANSWER
    assert frames.ANSWERS == driver.REQUESTS | driver.ANSWER
    assert frames.MAGIC == register_map.MAGIC
