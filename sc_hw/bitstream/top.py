"""The top module of a board: pins, PLL, reset, LEDs around a system that is reached by UART."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from amaranth.hdl import ClockDomain, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.bitstream.flows import Flow
from sc_hw.bitstream.pll import Pll
from sc_hw.boards import Board
from sc_hw.boards.resources import Port

TOP = "board"
# Block RAM of an iCE40 gives wrong values for some microseconds after configuration (icestorm's
# issue 76); Amaranth's own platform waits 15. Twice that, whatever the clock.
RESET_S = 30e-6
HEARTBEAT_S = 0.5  # half a period
# An LED that tells an event of one clock stays on for this long, at least.
EVENT_S = 0.05


class BoardTop(wiring.Component):
    """A board's top module; its ports are the board's pins.

    The reset is held until the PLL locks, and `RESET_S` longer. It is released with the clock.

    Parameters
    ----------
    system : a component with ports `rx` and `tx`, and `activity`, which the LEDs show: `link` and
        `error`, levels, and `spike`, a pulse.
    board : the board.
    flow : gives the PLL.
    pll : its settings.
    ports : of the board, from `ports_of`.
    shared_modules : modules that the system shares between instances.
    """

    def __init__(
        self,
        system: wiring.Component,
        board: Board,
        flow: Flow,
        pll: Pll,
        ports: tuple[Port, ...],
        shared_modules: Mapping[str, Any] | None = None,
    ) -> None:
        self.system, self.board, self.flow, self.pll, self.pins = system, board, flow, pll, ports
        self.shared_modules = dict(shared_modules or {})
        members = {
            port.name: In(1) if port.direction == "input" else Out(1, init=_idle(port))
            for port in ports
        }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self._clock(m)
        m.submodules.system = self.system
        m.d.comb += [self.system.rx.eq(self.rx), self.tx.eq(self.system.tx)]
        lights = self._lights(m)
        levels = {}
        for port in self.pins:
            active = port.level
            if port.name.startswith("led_"):
                active = lights[port.name.removeprefix("led_")]
            if active is not None:
                levels[port.name] = (port, active, getattr(self, port.name))
        self.flow.drive(m, self.board, levels)
        return m

    def _clock(self, m: Module) -> None:
        """The clock domain, from the PLL or from the pin, with its reset."""
        domain = ClockDomain("sync")
        held = ClockDomain("power_on", reset_less=True, local=True)
        m.domains += [domain, held]
        if self.pll.primitive:
            clock, locked = self.flow.add_pll(m, self.board, self.pll, self.clock)
        else:
            clock, locked = self.clock, Signal(init=1)
        m.d.comb += [domain.clk.eq(clock), held.clk.eq(clock)]
        # Two flip-flops take the lock into the clock's domain; the count begins again without it.
        # All of them begin at 0, as flip-flops of every device can.
        first, stable, running = Signal(), Signal(), Signal()
        m.d.power_on += [first.eq(locked), stable.eq(first)]
        clocks = max(2, math.ceil(RESET_S * self.pll.mhz * 1e6))
        waited = Signal(range(clocks + 1))
        with m.If(~stable):
            m.d.power_on += waited.eq(0)
        with m.Elif(waited != clocks):
            m.d.power_on += waited.eq(waited + 1)
        m.d.power_on += running.eq(stable & (waited == clocks))
        m.d.comb += domain.rst.eq(~running)

    def _lights(self, m: Module) -> dict[str, Any]:
        """What each LED shows."""
        hertz = self.pll.mhz * 1e6
        event_bits = max(1, round(hertz * EVENT_S).bit_length() - 1)
        heart_bits = max(event_bits + 1, round(hertz * HEARTBEAT_S).bit_length())
        count = Signal(heart_bits)
        m.d.sync += count.eq(count + 1)
        tick = Signal()
        m.d.sync += tick.eq(count[:event_bits] == 0)
        activity = self.system.activity
        lights = {"heartbeat": count[-1], "link": activity.link, "error": activity.error}
        if "spike" in self.board.leds:
            seen, shown = Signal(), Signal()
            with m.If(tick):
                m.d.sync += [shown.eq(seen), seen.eq(0)]
            with m.If(activity.spike):
                m.d.sync += seen.eq(1)
            lights["spike"] = seen | shown
        return lights


def _idle(port: Port) -> int:
    """An output's level before the design drives it: the serial line rests at 1."""
    return 1 if port.name == "tx" else 0
