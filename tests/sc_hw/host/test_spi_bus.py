"""The bus over SPI, bit by bit: each access once and in order, or an error."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from serial_boards import SPI_BUS_REFUSED, spi_bus_of

from sc_driver.errors import BusError, LinkError
from sc_driver.requests import Read, Write
from sc_driver.spi_bus import ACCESS, ENDED, PASSED_OVER, SpiBus, packets_of
from sc_sim.serial_line.line import SimulatedController


def accesses(port: SimulatedController) -> list[list[int]]:
    """Address, 1 for a write, and the word, of each access that the memory has seen."""
    return [[int(n) for n in row] for row in port.line.log()]


@pytest.mark.parametrize("bit", [6.0, 6.7, 25.0])
def test_words_pass_both_ways(builds: Path, bit: float) -> None:
    port = spi_bus_of(builds, bit)
    bus = SpiBus(port)
    bus.hello()
    assert accesses(port) == []
    words = list(range(0, 70 * 0x03A0FFEE, 0x03A0FFEE))
    bus.write(0, words, step=1)
    assert bus.read(0, 70, step=1).tolist() == words
    assert accesses(port) == [
        *([n, 1, word] for n, word in enumerate(words)),
        *([n, 0, 0] for n in range(70)),
    ]


@pytest.mark.parametrize("waits", [100, 2000])  # clocks; the next packet looks after 78
def test_what_waits_is_neither_lost_nor_done_twice(builds: Path, waits: int) -> None:
    port, rng = spi_bus_of(builds, waits=waits), random.Random(waits)
    bus = SpiBus(port)
    bus.hello()
    memory = dict.fromkeys(range(8), 0)
    expected, log = [], []
    requests: list[Read | Write] = []
    for _ in range(40):
        address = rng.randrange(8)
        if rng.random() < 0.5:
            requests.append(Read(address))
            expected.append(memory[address])
            log.append([address, 0, 0])
        else:
            memory[address] = rng.getrandbits(32)
            requests.append(Write(address, memory[address]))
            log.append([address, 1, memory[address]])
    assert [int(words[0]) for words in bus.transact(requests)] == expected
    assert accesses(port) == log


def test_a_refused_access_is_named_and_the_others_are_done(builds: Path) -> None:
    bus = SpiBus(spi_bus_of(builds))
    bus.hello()
    with pytest.raises(ValueError, match="from 0 to 16383, not 16384"):
        bus.read(0x4000)
    low = SPI_BUS_REFUSED[0]
    with pytest.raises(BusError, match=f"word address 0x{low:04X}") as caught:
        bus.transact([Write(1, 5), Read(low), Write(2, 6)])
    assert caught.value.address == low
    assert bus.read(1, 2, step=1).tolist() == [5, 6]


def test_noise_on_the_way_to_the_board_is_repaired(builds: Path) -> None:
    """A packet whose CRC is wrong is not done, nor is what stands behind it."""
    port, rng = spi_bus_of(builds), random.Random(2)
    bus = SpiBus(port)
    bus.hello()
    hits = 0

    def spoil(data: bytes) -> bytes:
        nonlocal hits
        if rng.random() < 0.5:
            return data
        place, hits = rng.randrange(8 * len(data)), hits + 1
        damaged = bytearray(data)
        damaged[place // 8] ^= 1 << place % 8
        return bytes(damaged)

    port.to_board = spoil
    words = np.random.default_rng(1).integers(0, 1 << 32, 120)
    for part in np.split(words, 40):
        bus.write(0, part)
    port.to_board = bytes
    assert hits > 5
    assert accesses(port) == [[0, 1, int(word)] for word in words]


def test_noise_on_the_way_from_the_board_is_an_error(builds: Path) -> None:
    port = spi_bus_of(builds)
    bus = SpiBus(port)
    bus.hello()
    for place in (0, 13, 20, 55, 60, 111):  # the header, a flag, the word, the CRC, of two packets
        port.to_host = lambda data, place=place: bytes(
            byte ^ (place // 8 == n) << 7 - place % 8 for n, byte in enumerate(data)
        )
        with pytest.raises(LinkError, match="damaged"):
            bus.read(0)
    port.to_host = bytes
    bus.hello()
    bus.write(0, 7)
    assert bus.read(0).tolist() == [7]


def test_a_transaction_that_is_cut_short_does_nothing(builds: Path) -> None:
    port = spi_bus_of(builds)
    whole = packets_of([ACCESS | 3], [0]).tobytes()
    for length in range(1, 7):
        port.exchange(whole[:length])
    assert accesses(port) == []
    SpiBus(port).hello()
    port.exchange(whole)
    port.line.run(100)
    assert accesses(port) == [[3, 0, 0]]


def test_a_greeting_waits_for_the_access_of_an_earlier_program(builds: Path) -> None:
    port = spi_bus_of(builds, waits=0)
    SpiBus(port).write(0, 9)
    port.line.change(type(port.line.settings)(6.0, 6.0, waits=20_000))
    port.exchange(packets_of([ACCESS], [0]).tobytes())
    header = port.exchange(packets_of([0], [0]).tobytes())[1]
    assert header & (PASSED_OVER | ENDED) == PASSED_OVER
    bus = SpiBus(port)
    bus.hello()
    assert bus.read(0).tolist() == [9]


def test_a_clock_too_fast_loses_bits(builds: Path) -> None:
    """That six clocks a bit are the limit, and not far below it, either."""
    with pytest.raises(LinkError, match=r"damaged|No answer"):
        SpiBus(spi_bus_of(builds, 2.5)).hello()
