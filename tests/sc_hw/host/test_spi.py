"""The link over SPI, bit by bit, at a sixth of the clock and slower."""

from __future__ import annotations

from pathlib import Path

import pytest
from serial_boards import CLOCK_HZ, REFUSED, spi_library

from campaigns.link_noise import FaultyPort, run_on
from sc_driver.link import Link
from sc_sim.serial_line.line import SerialLine, Settings


def spi_port(folder: Path, bit: float, seed: int = 0) -> FaultyPort:
    line = SerialLine(spi_library(folder), Settings(bit, bit, refused=REFUSED), seed)
    return FaultyPort(line, CLOCK_HZ, bits_of_a_byte=8, polls=True, quiet_clocks=60_000)


@pytest.mark.parametrize("bit", [6.0, 6.7, 25.0])
def test_words_pass_both_ways(builds: Path, bit: float) -> None:
    port = spi_port(builds, bit)
    link = Link(port, seed=3)
    link.hello()
    words = list(range(0, 300 * 0x00C0FFEE, 0x00C0FFEE))
    link.write(0, words, step=1)
    assert link.read(0, 300, step=1).tolist() == words
    assert link.statistics.sent_again == 0
    assert len(port.line.log()) == 600


def test_noise_neither_loses_nor_repeats_a_request(builds: Path) -> None:
    port = spi_port(builds, 6.0, seed=2)
    row = run_on(port.line, port, 60, 1e-3, 2, faults=0.03)
    assert row.frames >= 60
    assert row.events > 0
    assert row.mismatches == 0


def test_a_clock_too_fast_loses_bits(builds: Path) -> None:
    """That six clocks a bit are the limit, and not far below it, either."""
    port = spi_port(builds, 2.5)
    port.line.send(bytes(range(1, 100)))
    port.line.run(20_000)
    link = Link(port, seed=3)
    with pytest.raises(Exception, match="No answer"):
        link.hello()
