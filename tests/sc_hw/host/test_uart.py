"""UARTs: rates from common clocks, other baud rates on the far end, glitches, and broken lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Module
from serial_boards import BIT, port_of, uart_board
from simulator import simulate

from sc_driver.frames import hello
from sc_driver.link import Link
from sc_hw.host.uart import Rate, UartReceiver, UartTransmitter
from sc_sim.serial_line.line import Settings


@pytest.mark.parametrize("clock_mhz", [12, 16, 25, 27, 48])
@pytest.mark.parametrize("baud", [1_000_000, 115_200, 3_000_000])
def test_rates_are_within_a_thousandth(clock_mhz: int, baud: int) -> None:
    rate = Rate(clock_mhz * 1e6, baud)
    assert abs(rate.error) <= 1e-3
    assert rate.width <= 20


@pytest.mark.parametrize(
    ("clock_hz", "baud", "text"),
    [
        (12e6, 4e6, r"^Baud rate must be from 11 to 3000000 with a clock of 12 MHz, not 4000000$"),
        (12e6, 1, r"^Baud rate must be from 11 to 3000000 with a clock of 12 MHz, not 1$"),
    ],
)
def test_a_rate_out_of_reach(clock_hz: float, baud: float, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Rate(clock_hz, baud)


def test_bits_have_their_length_with_a_clock_that_is_no_multiple() -> None:
    """1 Mbaud from 27, 25 and 12 MHz: twelve bytes take 120 bits, and are read back."""
    rates = [Rate(mhz * 1e6, 1e6) for mhz in (27, 25, 12)]
    data = bytes([0x00, 0xFF, 0x55, 0xAA, 0x80, 0x01, 0x0F, 0xF0, 0x5A, 0xA5, 0x3C, 0xC3])
    for rate in rates:
        m = Module()
        m.submodules.transmitter = transmitter = UartTransmitter(rate)
        m.submodules.receiver = receiver = UartReceiver(rate)
        m.d.comb += [receiver.rx.eq(transmitter.tx), receiver.o.ready.eq(1)]
        taken, got = [], bytearray()

        async def bench(
            ctx: Any,
            transmitter: UartTransmitter = transmitter,
            receiver: UartReceiver = receiver,
            taken: list[int] = taken,
            got: bytearray = got,
        ) -> None:
            sent = 0
            ctx.set(transmitter.i.valid, 1)
            ctx.set(transmitter.i.payload, data[0])
            for clock in range(28 * 135):
                ready = ctx.get(transmitter.i.ready)
                if ctx.get(receiver.o.valid):
                    got.append(ctx.get(receiver.o.payload))
                assert not ctx.get(receiver.broken)
                await ctx.tick()
                if ready and sent < len(data):
                    taken.append(clock)
                    sent += 1
                    ctx.set(transmitter.i.valid, sent < len(data))
                    ctx.set(transmitter.i.payload, data[min(sent, len(data) - 1)])

        simulate(m, bench)
        assert bytes(got) == data
        assert taken[-1] - taken[0] == pytest.approx(110 * rate.clocks_a_bit, abs=2)


# --- the far end has a baud rate of its own -------------------------------------------------------


@pytest.mark.parametrize("off", [-0.03, -0.015, 0.0, 0.015, 0.03])
def test_three_per_cent_of_difference_do_no_harm(builds: Path, off: float) -> None:
    line = uart_board(builds, send_bit=BIT * (1 + off))
    link = Link(port_of(line), seed=3)
    link.hello()
    link.write(0, range(0, 300 * 0x00C0FFEE, 0x00C0FFEE), step=1)
    assert link.read(0, 300, step=1).tolist() == list(range(0, 300 * 0x00C0FFEE, 0x00C0FFEE))
    assert link.statistics.sent_again == 0


def test_a_wrong_baud_rate_is_not_taken_for_a_frame(builds: Path) -> None:
    line = uart_board(builds, send_bit=BIT * 1.3)
    line.send(hello(1).encode() * 10)
    line.run(60_000)
    assert line.take() == b""


def test_glitches_shorter_than_a_quarter_of_a_bit_are_not_seen(builds: Path) -> None:
    """One clock of eight, about one in each byte."""
    line = uart_board(builds, seed=4, glitches=0.01, glitch_clocks=1)
    link = Link(port_of(line), seed=3)
    link.hello()
    link.write(0, range(1000), step=1)
    assert link.read(0, 1000, step=1).tolist() == list(range(1000))
    assert link.statistics.sent_again == 0


def test_longer_glitches_cost_frames_and_nothing_else(builds: Path) -> None:
    line = uart_board(builds, seed=4, glitches=5e-5, glitch_clocks=12)
    link = Link(port_of(line), seed=3)
    link.hello()
    link.write(0, range(2000), step=1)
    assert link.read(0, 2000, step=1).tolist() == list(range(2000))
    assert link.statistics.sent_again > 0


def test_a_line_that_nobody_drives_is_no_byte(builds: Path) -> None:
    """Low for long (a cable that is not plugged in), then in use again."""
    line = uart_board(builds)
    usual = line.settings
    line.change(Settings(1e9, usual.receive_bit))  # a start bit without an end
    line.send(b"\0")
    line.run(5_000)
    line.pull()
    line.change(usual)
    line.run(100)
    line.send(b"\0" + hello(5).encode())
    line.run(30_000, 20)
    assert len(line.take()) == 20
