# amaranth: UnusedElaboratable=no
"""Door `spi_bus`: accesses of the bus over SPI, without frames, and in a few cells."""

from __future__ import annotations

from sc_hw.host.doors.door import Door
from sc_hw.host.spi_bus import SpiBus
from sc_model.spec.host import HostSpec


class SpiBusDoor(Door):
    """The door that is an SPI target, a word of the bus in each packet."""

    name = "spi_bus"

    @classmethod
    def component(cls, spec: HostSpec, clock_hz: float) -> SpiBus:
        """The target; the clock's frequency does not matter."""
        cls.options_of(spec)
        return SpiBus()


DOOR = SpiBusDoor
