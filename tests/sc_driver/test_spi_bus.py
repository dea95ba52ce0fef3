"""Packets of the bus over SPI, by numbers, and what the driver says of a bad line."""

from __future__ import annotations

import pytest

from sc_driver.board import Board
from sc_driver.errors import LinkError, NoAnswerError, PortError
from sc_driver.spi_bus import ACCESS, NOTHING, WRITE, SpiBus, crc_of, packets_of


class Stuck:
    """A controller whose miso never moves, or that loses bytes."""

    name = "spi0"

    def __init__(self, byte: int, missing: int = 0) -> None:
        self.byte, self.missing, self.now = byte, missing, 0.0

    def exchange(self, data: bytes) -> bytes:
        return bytes([self.byte]) * (len(data) - self.missing)

    def time(self) -> float:
        self.now += 1.0
        return self.now

    def close(self) -> None:
        self.byte = 0


def crc_by_bits(data: bytes) -> int:
    register = 0xFF
    for byte in data:
        for place in range(7, -1, -1):
            feedback = register >> 7 ^ (byte >> place & 1)
            register = (register << 1 & 0xFF) ^ (0x07 if feedback else 0)
    return register


def test_packets_are_those_of_the_page() -> None:
    rows = packets_of([ACCESS | WRITE | 0x12, ACCESS | 3], [0xC0FFEE, 0])
    assert rows[0, :6].tobytes().hex() == "c01200c0ffee"
    assert rows[1, :6].tobytes().hex() == "800300000000"
    for row in rows:
        assert row[6] == crc_by_bits(row[:6].tobytes())
    assert not crc_of(rows).any()
    rows[0, 2] ^= 4
    assert crc_of(rows).astype(bool).tolist() == [True, False]
    # what a line that stands still gives is no packet
    assert all(crc_of(0 * NOTHING + level).all() for level in (0, 255))


@pytest.mark.parametrize("byte", [0, 255])
def test_nobody_there(byte: int) -> None:
    with pytest.raises(NoAnswerError, match=f"^No answer on spi0: miso is always {byte & 1}; "):
        SpiBus(Stuck(byte)).hello()


def test_a_controller_that_loses_bytes_is_named() -> None:
    with pytest.raises(LinkError, match=r"^Port spi0 gave 13 bytes for 14; "):
        SpiBus(Stuck(0x55, missing=1)).read(0)


def test_a_bus_without_frames_has_no_statistics_of_them() -> None:
    assert SpiBus(Stuck(0x55)).statistics is None


def test_a_port_by_name_is_refused() -> None:
    manifest = {"host": {"door": "spi_bus", "registers": []}}
    with pytest.raises(PortError, match=r"needs an open SPI controller, .*, not '/dev/spidev0\.0'"):
        Board.open("/dev/spidev0.0", manifest)
