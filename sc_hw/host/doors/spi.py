# amaranth: UnusedElaboratable=no
"""Door `spi`: the link over SPI, as a target."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from pydantic import Field

from sc_hw.host.doors.door import INSIDE, LINK, Door
from sc_hw.host.doors.uart import checked_window, lately
from sc_hw.host.link import frames
from sc_hw.host.link.link import Link
from sc_hw.host.spi import SpiTarget
from sc_model.spec import Frozen
from sc_model.spec.host import HostSpec


class SpiOptions(Frozen):
    """Keys of `[host]` with door `spi`."""

    window: int = Field(
        default=frames.DEFAULT_WINDOW,
        ge=1,
        le=max(frames.WINDOWS),
        description="frames in flight: 1, 2, 4, 8 or 16; each takes 512 bytes of block RAM",
    )


class SpiLink(wiring.Component):
    """The link behind an SPI target.

    Parameters
    ----------
    clock_hz : of the system's clock, for the light alone.
    window : see `sc_hw.host.link.link.Link`.

    Members
    -------
    sck, cs_n, mosi, miso, miso_enable : see `sc_hw.host.spi.SpiTarget`.
    link : a good frame has come in the last tenth of a second.
    bus : initiator.
    """

    def __init__(self, clock_hz: float, window: int) -> None:
        self.clock_hz, self.window = clock_hz, window
        super().__init__(
            {
                "sck": In(1),
                "cs_n": In(1),
                "mosi": In(1),
                "miso": Out(1),
                "miso_enable": Out(1),
                LINK: Out(1),
                "bus": INSIDE["bus"],
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.target = target = SpiTarget()
        m.submodules.link = link = Link(self.window)
        connect(m, target.o, link.i)
        connect(m, link.o, target.i)
        connect(m, link.bus, flipped(self.bus))
        m.d.comb += [
            target.sck.eq(self.sck),
            target.cs_n.eq(self.cs_n),
            target.mosi.eq(self.mosi),
            self.miso.eq(target.miso),
            self.miso_enable.eq(target.miso_enable),
            link.broken.eq(target.broken),
        ]
        m.d.comb += self.link.eq(lately(m, link.good, self.clock_hz))
        return m


class SpiDoor(Door):
    """The door that is an SPI target."""

    name = "spi"
    options = SpiOptions

    @classmethod
    def component(cls, spec: HostSpec, clock_hz: float) -> SpiLink:
        """The link; ConfigError for a window that it can't have."""
        return SpiLink(clock_hz, checked_window(cls.options_of(spec).window))


DOOR = SpiDoor
