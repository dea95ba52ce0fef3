# amaranth: UnusedElaboratable=no
"""Door `uart`: the link over a serial line."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from pydantic import Field

from sc_hw.host.doors.door import INSIDE, LINK, Door
from sc_hw.host.link import frames
from sc_hw.host.link.link import Link
from sc_hw.host.uart import Rate, UartReceiver, UartTransmitter
from sc_model.spec import ConfigError, Frozen
from sc_model.spec.host import HostSpec

DEFAULT_BAUD = 1_000_000
LIGHT_S = 0.1  # the link's light is on so long after a good frame


class UartOptions(Frozen):
    """Keys of `[host]` with door `uart`."""

    baud: int = Field(default=DEFAULT_BAUD, ge=1, le=100_000_000, description="bits a second")
    window: int = Field(
        default=frames.DEFAULT_WINDOW,
        ge=1,
        le=max(frames.WINDOWS),
        description="frames in flight: 1, 2, 4, 8 or 16; each takes 512 bytes of block RAM",
    )


class UartLink(wiring.Component):
    """The link behind a UART.

    Parameters
    ----------
    rate : of the bits.
    window : see `sc_hw.host.link.link.Link`.

    Members
    -------
    rx, tx : the lines; `rx` is of no clock.
    link : a good frame has come in the last tenth of a second.
    bus : initiator.
    """

    def __init__(self, rate: Rate, window: int) -> None:
        self.rate, self.window = rate, window
        super().__init__({"rx": In(1), "tx": Out(1), LINK: Out(1), "bus": INSIDE["bus"]})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.receiver = receiver = UartReceiver(self.rate)
        m.submodules.transmitter = transmitter = UartTransmitter(self.rate)
        m.submodules.link = link = Link(self.window)
        connect(m, receiver.o, link.i)
        connect(m, link.o, transmitter.i)
        connect(m, link.bus, flipped(self.bus))
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            link.broken.eq(receiver.broken),
        ]
        m.d.comb += self.link.eq(lately(m, link.good, self.rate.clock_hz))
        return m


def lately(m: Module, strobe: Signal, clock_hz: float) -> Signal:
    """Whether a strobe has come within about `LIGHT_S` (half to all of the next power of two)."""
    time = Signal(max(1, int(clock_hz * LIGHT_S).bit_length()))
    # the highest bit ends the count, so that no other is looked at
    with m.If(strobe):
        m.d.sync += time.eq(0)
    with m.Elif(~time[-1]):
        m.d.sync += time.eq(time + 1)
    on = Signal()
    seen = Signal()  # no light after a reset, when nothing has come
    with m.If(strobe):
        m.d.sync += seen.eq(1)
    m.d.comb += on.eq(seen & ~time[-1])
    return on


def checked_window(window: int) -> int:
    """The window; ConfigError for one that a link can't have."""
    if window not in frames.WINDOWS:
        raise ConfigError(
            f"host.window must be one of {', '.join(map(str, frames.WINDOWS))}, not {window}."
        )
    return window


class UartDoor(Door):
    """The door that is a serial line."""

    name = "uart"
    options = UartOptions

    @classmethod
    def component(cls, spec: HostSpec, clock_hz: float) -> UartLink:
        """The link; ConfigError for a baud rate that the clock can't give."""
        options = cls.options_of(spec)
        try:
            rate = Rate(clock_hz, options.baud)
        except ValueError as error:
            raise ConfigError(f"host.baud: {error}.") from None
        return UartLink(rate, checked_window(options.window))


DOOR = UartDoor
