# amaranth: UnusedElaboratable=no
"""Bytes on a serial line: 8 data bits, no parity, one stop bit, at any baud rate up to clock/4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

LEAST_CLOCKS_A_BIT = 4
MOST_CLOCKS_A_BIT = 1 << 20
# Error of the rate by rounding, a tenth of what it may be in all.
MOST_ROUNDING = 1e-3


@dataclass(frozen=True)
class Rate:
    """A bit rate made from a clock: an accumulator that overflows once a bit.

    Members
    -------
    clock_hz, baud : frequencies in Hz.

    Raises
    ------
    ValueError
        The clock is slower than four times the baud rate, or too fast.
    """

    clock_hz: float
    baud: float

    def __post_init__(self) -> None:
        if not LEAST_CLOCKS_A_BIT <= self.clocks_a_bit <= MOST_CLOCKS_A_BIT:
            raise ValueError(
                f"Baud rate must be from {self.clock_hz / MOST_CLOCKS_A_BIT:.0f} to"
                f" {self.clock_hz / LEAST_CLOCKS_A_BIT:.0f} with a clock of"
                f" {self.clock_hz / 1e6:g} MHz, not {self.baud:.0f}"
            )

    @property
    def clocks_a_bit(self) -> float:
        """Clocks of a bit."""
        return self.clock_hz / self.baud

    @property
    def width(self) -> int:
        """Bits of the accumulator: as few as the rounding allows."""
        width = 2
        while abs(self._rounded(width) / (1 << width) * self.clocks_a_bit - 1) > MOST_ROUNDING:
            width += 1
        return width

    @property
    def increment(self) -> int:
        """What is added each clock."""
        return self._rounded(self.width)

    @property
    def error(self) -> float:
        """How much too fast the rate is, as a share of it."""
        return self.increment / (1 << self.width) * self.clocks_a_bit - 1

    def _rounded(self, width: int) -> int:
        return round((1 << width) / self.clocks_a_bit)


class UartReceiver(wiring.Component):
    """Takes bytes from a serial line.

    The line passes two flip-flops and a filter: a level counts when it has been there for a quarter
    of a bit longer than its opposite, so shorter glitches are not seen. Each bit is taken in its
    middle; a start bit that is over by then was none. The receiver follows senders that are up to
    3 % faster or slower, from eight clocks a bit on. Domain ``sync``.

    Reset
    -----
    The byte under way is lost.

    Parameters
    ----------
    rate : of the bits.

    Members
    -------
    rx : the line, of no clock.
    o : bytes; one that is not taken until the next has come is lost.
    broken : one clock: a byte had no stop bit, or was lost.
    """

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        super().__init__({"rx": In(1), "o": Out(stream.Signature(8)), "broken": Out(1)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        line = self._filtered(m)
        # The first tick comes half a bit after the edge on average: the edge is seen up to a clock
        # late, and a tick shows a clock after its overflow.
        half = (1 << self.rate.width - 1) + self.rate.increment * 3 // 2
        phase = Signal(self.rate.width, reset_less=True)
        tick = Signal()
        m.d.sync += Cat(phase, tick).eq(phase + self.rate.increment)
        bits = Signal(9, reset_less=True)  # start bit and data; a 0 at the low end: all have come
        payload = Signal(8, reset_less=True)
        m.d.comb += self.o.payload.eq(payload)
        with m.FSM(name="uart_receiver"):
            with m.State("idle"):
                m.d.sync += [phase.eq(half), tick.eq(0), bits.eq(~0)]
                with m.If(~line):
                    m.next = "data"
            with m.State("data"), m.If(tick):
                m.d.sync += bits.eq(Cat(bits[1:], line))
                with m.If(bits.all() & line):  # the start bit was a glitch
                    m.next = "idle"
                with m.Elif(~bits[1]):
                    m.next = "stop"
            with m.State("stop"), m.If(tick):
                m.next = "idle"
                with m.If(~line):
                    m.d.comb += self.broken.eq(1)
                    m.next = "pause"
                with m.Elif(self.o.valid):
                    m.d.comb += self.broken.eq(1)
                with m.Else():
                    m.d.sync += [payload.eq(bits[1:]), self.o.valid.eq(1)]
            # a low line for longer than a byte: nobody drives it
            with m.State("pause"), m.If(line):
                m.next = "idle"
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        return m

    def _filtered(self, m: Module) -> Signal:
        """The line in this clock, without glitches."""
        line = Signal(init=1)
        m.submodules.synchroniser = FFSynchronizer(self.rx, line, init=1)
        most = int(self.rate.clocks_a_bit) // 4
        if most < 2:
            return line
        filtered = Signal(init=1)
        level = Signal(range(most + 1), init=most)
        with m.If(line & (level != most)):
            m.d.sync += level.eq(level + 1)
        with m.Elif(~line & (level != 0)):
            m.d.sync += level.eq(level - 1)
        with m.If(level == most):
            m.d.sync += filtered.eq(1)
        with m.Elif(level == 0):
            m.d.sync += filtered.eq(0)
        return filtered


class UartTransmitter(wiring.Component):
    """Sends bytes on a serial line, one directly behind the other if they are there.

    Domain ``sync``.

    Reset
    -----
    The line goes high; the byte under way is lost.

    Parameters
    ----------
    rate : of the bits.

    Members
    -------
    i : bytes.
    tx : the line, from a register.
    """

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        super().__init__({"i": In(stream.Signature(8)), "tx": Out(1, init=1)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        phase = Signal(self.rate.width, reset_less=True)
        tick = Signal()
        m.d.sync += Cat(phase, tick).eq(phase + self.rate.increment)
        # data and stop bit, with a mark behind that moves to the low end
        bits = Signal(10)
        last = Signal()
        m.d.comb += [last.eq(~bits[1:].any()), self.i.ready.eq(tick & last)]
        with m.If(tick):
            m.d.sync += [self.tx.eq(bits[0] | last), bits.eq(bits >> 1)]
            with m.If(last):
                m.d.sync += bits.eq(0)
                with m.If(self.i.valid):
                    m.d.sync += [self.tx.eq(0), bits.eq(Cat(self.i.payload, 1, 1))]
        return m
