"""A line and its port: what is on the way, faults, and the time of the block."""

from __future__ import annotations

from pathlib import Path

import pytest
from serial_boards import BAUD, CLOCK_HZ, port_of, uart_board

from sc_driver.frames import FrameReader, hello


def test_a_port_has_the_time_of_the_block(builds: Path) -> None:
    line = uart_board(builds)
    port = port_of(line)
    assert port.bytes_per_second == pytest.approx(BAUD / 10)
    assert port.time() == 0.0
    port.write(hello(1).encode())
    data = b""
    while not data.endswith(b"\0"):
        data += port.read(1.0)
    assert [frame.kind for frame in FrameReader().frames(data)] == [0x80]
    assert 30 * 10 / BAUD < port.time() < 60 * 10 / BAUD
    before = line.clocks
    assert port.read(1.0) == b""
    assert port.time() > 1.0
    assert line.clocks - before < 0.1 * CLOCK_HZ  # the rest was passed over


def test_channel_reset_and_pull(builds: Path) -> None:
    line = uart_board(builds)
    port = port_of(line)
    port.to_board = lambda data: data[1:]
    port.write(hello(1).encode())
    assert port.read(0.01) == b""
    port.to_board, port.to_host = bytes, lambda data: data[::-1]
    port.write(b"\0" + hello(1).encode())
    line.run(300)
    line.pull()
    assert line.unsent == 0
    assert port.read(0.01) == b""
    line.reset()
    port.write(b"\0" + hello(1).encode())
    line.run(20_000, 20)
    assert port.read(0.01)[::-1].endswith(b"\0")
    assert line.log().shape == (0, 3)
    assert line.framing_errors == 0
