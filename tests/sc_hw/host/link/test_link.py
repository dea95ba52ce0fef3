"""The gateware's side of the link, bit by bit: byte for byte what the model answers."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from link_responder import Memory, Responder, encoded_frame
from serial_boards import BIT, REFUSED, port_of, uart_board

from sc_driver import frames
from sc_driver.errors import BusError, NoAnswerError, SessionLostError
from sc_driver.frames import Frame
from sc_driver.link import Link, Read, Write
from sc_hw.host.link.link import Link as LinkGateware

QUIET = 80_000  # clocks: a long request and a long answer take 46,000


def random_requests(draw: random.Random) -> bytes:
    """Requests, whole or with a fault."""
    body = b""
    for _ in range(draw.choice((0, 1, 1, 2, 3, 5))):
        count = draw.choice((0, 1, 2, 3, 7, draw.randrange(256)))
        address = draw.choice((draw.randrange(1 << 16), REFUSED[0], 0xFFFF, 0xEFFE))
        step = draw.randrange(2)
        if draw.random() < 0.5:
            body += frames.read_request(address, count, step)
        else:
            body += frames.write_request(address, draw.randbytes(4 * count), step)
    if draw.random() < 0.15:
        body = body[: draw.randrange(len(body) + 1)]
    return body[: frames.MAX_BODY]


def random_traffic(draw: random.Random, count: int) -> list[bytes]:
    """Encoded frames: new ones, repeated ones, of other sessions, and bytes that are no frames."""
    sent: list[bytes] = []
    session, sequence = 0, 0
    for _ in range(count):
        kind = draw.random()
        if not sent or kind < 0.03:
            session, sequence = draw.randrange(1 << 16), 0
            encoded = frames.hello(session, draw.randrange(256)).encode()
        elif kind < 0.65:
            encoded = Frame(session, sequence, 1, random_requests(draw)).encode()
            sequence = (sequence + 1) % 256
        elif kind < 0.8:
            encoded = draw.choice(sent[-6:])
        elif kind < 0.85:
            other = draw.choice((sequence, sequence - 1, sequence - 4, sequence - 5, sequence + 1))
            encoded = Frame(session, other % 256, 1, random_requests(draw)).encode()
        elif kind < 0.88:
            encoded = Frame(draw.randrange(1 << 16), sequence, 1, random_requests(draw)).encode()
        elif kind < 0.9:
            encoded = Frame(session, sequence, draw.randrange(2, 128), b"unknown").encode()
            sequence = (sequence + 1) % 256
        else:
            damaged = bytearray(draw.choice(sent))
            for _ in range(draw.randrange(1, 3)):
                place = draw.randrange(len(damaged))
                damaged[place : place + draw.randrange(2)] = draw.randbytes(draw.randrange(3))
            encoded = bytes(damaged) + b"\0" * draw.randrange(2)
        sent.append(encoded)
    return sent


@pytest.mark.parametrize("seed", [1, 2])
def test_answers_are_those_of_the_model(builds: Path, seed: int) -> None:
    memory = Memory(frozenset(range(*REFUSED)))
    model = Responder(memory)
    line = uart_board(builds, seed, waits=9)
    for number, encoded in enumerate(random_traffic(random.Random(seed), 250)):
        expected = model(encoded)
        line.send(encoded)
        line.run(QUIET, len(expected) or 1) if expected else line.run(600 * 9)
        line.run(200)
        assert line.take() == expected, f"frame {number}: {encoded.hex()}"
    log = [(int(a), int(word) if write else None) for a, write, word in line.log()]
    assert log == model.log
    assert len(log) > 1000
    assert line.framing_errors == 0


def special_frames() -> dict[str, bytes]:
    """Frames that are not answered, each with one fault; the CRC fits."""

    def encoded(packed: bytes) -> bytes:
        crc = encoded_crc(packed)
        return frames.cobs_encode(packed + crc) + b"\0"

    def encoded_crc(packed: bytes) -> bytes:
        import zlib

        return zlib.crc32(packed).to_bytes(4, "little")

    long = bytes([255, 1, 0, 0, 1]) + bytes(range(1, 248))
    packed = long + encoded_crc(long)
    return {
        "nothing": b"\0\0\1\0",
        "no header": encoded(b"\4"),
        "half a header": encoded(b"\6\1\0"),
        "a length too small": encoded(b"\x08\1\0\0\1\0"),
        "a length too large": encoded(b"\x0a\1\0\0\1\0"),
        # 256 bytes need two blocks of COBS
        "too long": b"\xff" + packed[:254] + bytes([len(packed) - 253]) + packed[254:] + b"\0",
        "a distance beyond the end": Frame(1, 0, 1).encode()[:-2] + b"\0",
    }


def test_what_is_no_frame_is_passed_over(builds: Path) -> None:
    line = uart_board(builds)
    greeting, read = frames.hello(1).encode(), Frame(1, 0, 1, frames.read_request(5, 1, 0)).encode()
    line.send(greeting)
    line.run(QUIET, 20)
    assert line.take() == encoded_frame(
        1, 0, 0x80, bytes.fromhex("0100 57484353 04f500".replace(" ", ""))
    )
    for name, bad in special_frames().items():
        line.send(bad)
        line.run(len(bad) * 90 + 4000)
        assert line.take() == b"", name
    assert len(line.log()) == 0
    line.send(read)
    line.run(QUIET, 16)
    assert line.take() == encoded_frame(1, 0, 0x81, bytes(5))


# --- with the driver ------------------------------------------------------------------------------


def test_three_megabaud_are_used(builds: Path) -> None:
    line = uart_board(builds)
    port = port_of(line)
    link = Link(port, seed=1)
    link.hello()
    for request in (Write(0, np.arange(3000)), Read(0, 3000)):
        start = port.time()
        link.transact([request])
        assert 3000 * 40 / ((port.time() - start) * 3e6) > 0.8
    assert link.statistics.sent_again == 0


def test_a_bus_that_waits_loses_no_frame(builds: Path) -> None:
    """The receiver holds a whole window."""
    line = uart_board(builds, waits=2000)
    link = Link(port_of(line), seed=1)
    link.hello()
    link.write(0, range(60 * 8), step=1)
    assert link.read(0, 60 * 8, step=1).tolist() == list(range(60 * 8))
    assert len(line.log()) == 2 * 60 * 8


def test_a_reset_in_the_middle(builds: Path) -> None:
    line = uart_board(builds)
    port = port_of(line)
    link = Link(port, seed=1)
    link.hello()

    def reset(data: bytes) -> bytes:
        port.to_board = bytes
        line.send(data[:300])
        line.run(int(300 * 10 * BIT))
        line.reset()
        return data[300:]

    port.to_board = reset
    with pytest.raises(SessionLostError, match=r"has forgotten this session: it was reset"):
        link.write(0, range(300), step=1)
    line.run(QUIET)
    done = len(line.log())
    assert 0 < done < 300  # the frames in front of the reset
    link.hello()
    link.write(7, 1)
    assert line.log().tolist() == [[7, 1, 1]]


def test_a_cable_pulled_in_the_middle(builds: Path) -> None:
    line = uart_board(builds)
    port = port_of(line)
    link = Link(port, seed=1)
    link.hello()
    left = 400

    def cut(data: bytes) -> bytes:
        nonlocal left
        passed, left = data[:left], max(0, left - len(data))
        return passed

    port.to_board = cut
    with pytest.raises(NoAnswerError, match=r"^The board on simulated board has stopped answering"):
        link.write(0, range(300), step=1)
    assert [row[2] for row in line.log().tolist()] == list(range(60))
    port.to_board = bytes
    link.hello()
    assert link.read(59).tolist() == [59]


def test_a_frame_that_lacks_only_its_end_is_not_done_by_the_next_greeting(builds: Path) -> None:
    line = uart_board(builds)
    port = port_of(line)
    link = Link(port, seed=1)
    link.hello()
    port.to_board = lambda data: b"" if data.startswith(b"\0") else data[:-1]
    with pytest.raises(NoAnswerError):
        link.write(5, 7)
    port.to_board = bytes
    link.hello()
    assert len(line.log()) == 0


def test_a_refused_access(builds: Path) -> None:
    line = uart_board(builds)
    link = Link(port_of(line), seed=1)
    link.hello()
    with pytest.raises(BusError, match=r"0xF000\.$"):
        link.transact([Write(1, 2), Write(REFUSED[0], 3), Read(REFUSED[0] + 1), Write(2, 4)])
    assert line.log().tolist() == [[1, 1, 2], [0xF000, 1, 3], [0xF001, 0, 0], [2, 1, 4]]


def test_windows() -> None:
    with pytest.raises(
        ValueError, match=r"^Window of a link must be one of 1, 2, 4, 8, 16, not 3$"
    ):
        LinkGateware(3)
