"""A link and the model of a board: sessions, batches, losses, and errors that say what happened."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from link_responder import Memory, Responder, encoded_frame

from sc_driver.errors import (
    BusError,
    LinkError,
    NoAnswerError,
    PortGoneError,
    ProtocolError,
    SessionLostError,
)
from sc_driver.exchange import GREETINGS, TRIES
from sc_driver.link import Link, Read, Write
from sc_driver.transports import MemoryTransport


def greeted(answer: Callable[[bytes], bytes], **options: Any) -> Link:
    link = Link(MemoryTransport(answer), seed=1, **options)
    link.hello()
    return link


def test_what_is_written_is_read_back() -> None:
    board = Responder(Memory())
    link = greeted(board)
    assert (link.window, link.transport.name) == (4, "memory")
    words = np.arange(1000, dtype=np.uint32) * 0x01010101
    link.write(0x100, words, step=1)
    assert (link.read(0x100, 1000, step=1) == words).all()
    assert link.read(0x100, 2).tolist() == [0, 0]
    with link.batch() as batch:
        batch.write(0x20, [1, 2, 0xFFFFFFFF])
        last = batch.read(0x20)
        none = batch.read(0x20, 0)
    assert last.words.tolist() == [0xFFFFFFFF]
    assert none.words.shape == (0,)
    assert last.words.dtype == np.uint32
    assert len(board.log) == 1000 + 1000 + 2 + 4
    assert link.statistics.sent_again == link.statistics.timeouts == link.statistics.broken == 0


def test_a_batch_that_fails_sends_nothing() -> None:
    board = Responder(Memory())
    link = greeted(board)
    batch = link.batch()
    answer = batch.read(0)
    batch.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    assert board.log == []
    with pytest.raises(LinkError, match=r"^A batch's words are there once its block has ended"):
        _ = answer.words


def test_a_refused_access_is_named_and_the_rest_done() -> None:
    board = Responder(Memory(frozenset([0x41, 0x42])))
    link = greeted(board)
    with pytest.raises(
        BusError, match=r"^The board's bus has refused the access at word address 0x0041\.$"
    ) as caught:
        link.transact([Write(0x40, 1), Write(0x41, 2), Read(0x42), Write(0x43, 3)])
    assert caught.value.address == 0x41
    assert board.log == [(0x40, 1), (0x41, 2), (0x42, None), (0x43, 3)]
    assert link.read(0x43).tolist() == [3]  # the session goes on


class Channel:
    """Loses, doubles, flips, inserts and cuts bytes on the way to a board and back."""

    def __init__(self, board: Callable[[bytes], bytes], rate: float, seed: int) -> None:
        self.board, self.rate, self.random = board, rate, random.Random(seed)

    def noisy(self, data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            if self.random.random() >= self.rate:
                out.append(byte)
                continue
            out += self.random.choice(
                [
                    b"",
                    bytes([byte, byte]),
                    bytes([byte ^ 1 << self.random.randrange(8)]),
                    bytes([self.random.randrange(256), byte]),
                    b"\0",
                ]
            )
        if self.random.random() < self.rate * 10:
            del out[self.random.randrange(len(out) + 1) :]
        return bytes(out)

    def __call__(self, data: bytes) -> bytes:
        return self.noisy(self.board(self.noisy(data)))


@pytest.mark.parametrize("seed", range(4))
def test_noise_neither_loses_nor_repeats_a_request(seed: int) -> None:
    board = Responder(Memory())
    link = Link(MemoryTransport(Channel(board, 0.001, seed)), seed=seed)
    link.hello()
    source = random.Random(seed)
    done: list[tuple[int, int | None]] = []
    memory = [0] * 65536
    for _ in range(60):
        requests: list[Read | Write] = []
        expected = []
        for _ in range(source.randrange(1, 12)):
            address, count = source.randrange(65000), source.randrange(1, 70)
            if source.random() < 0.5:
                words = [source.randrange(1 << 32) for _ in range(count)]
                requests.append(Write(address, words, 1))
                done += [(address + n, word) for n, word in enumerate(words)]
                memory[address : address + count] = words
            else:
                requests.append(Read(address, count, 1))
                done += [(address + n, None) for n in range(count)]
                expected.append(memory[address : address + count])
        assert [words.tolist() for words in link.transact(requests)] == expected
    assert board.log == done
    assert link.statistics.sent_again > 10


def test_a_lost_answer_is_asked_for_at_once() -> None:
    """When a later answer has come, the one in front of it was lost: no timeout is waited for."""
    board = Responder(Memory())
    link = greeted(board)
    answers = []

    def loses_the_second(data: bytes) -> bytes:
        pieces = board(data).split(b"\0")
        answers.append(len(pieces) - 1)
        return b"\0".join(pieces[:1] + pieces[2:]) if len(answers) == 1 else b"\0".join(pieces)

    link.transport._answer = loses_the_second  # type: ignore[attr-defined]
    link.write(0, range(600))
    assert (link.statistics.sent_again, link.statistics.timeouts) == (1, 0)
    assert len(board.log) == 600


def test_sequences_wrap() -> None:
    board = Responder(Memory())
    link = greeted(board)
    for n in range(600):
        link.write(n, n)
    assert link.read(0, 600, 1).tolist() == list(range(600))
    assert len(board.log) == 1200


# --- errors ---------------------------------------------------------------------------------------


def test_no_answer_says_what_came() -> None:
    with pytest.raises(
        NoAnswerError,
        match=rf"^No answer on memory to {GREETINGS} greetings: not one byte came; is it the",
    ):
        greeted(lambda data: b"")
    with pytest.raises(
        NoAnswerError,
        match=r"greetings: 15 bytes came \(0 broken frames\); is the baud rate that of the design",
    ):
        greeted(lambda data: b"abc")


def test_another_version() -> None:
    with pytest.raises(
        ProtocolError,
        match=r"^The board on memory speaks version 2 of the link \(magic 0x53434857\), this driver"
        r" version 1 \(magic 0x53434857\); use the sc-hw that the board was built with\.$",
    ):
        greeted(Responder(Memory(), protocol=2))


def test_a_session_that_was_open_already_is_not_taken_up() -> None:
    board = Responder(Memory())
    link = greeted(board)
    link.write(0, 1)
    again = Link(MemoryTransport(board), seed=1)  # the same numbers
    again.hello()
    assert again._session != link._session
    again.write(1, 2)
    assert board.log == [(0, 1), (1, 2)]


def test_a_reset_board_is_named_and_greeted_again() -> None:
    board = Responder(Memory())
    link = greeted(board)
    link.write(0, 1)
    board.reset()
    with pytest.raises(
        SessionLostError, match=r"^The board on memory has forgotten this session: it was reset, or"
    ):
        link.write(0, 2)
    with pytest.raises(
        SessionLostError,
        match=r"^There is no session with the board on memory; greet it \(hello\)\.$",
    ):
        link.write(0, 2)
    link.hello()
    link.write(0, 3)
    assert board.log == [(0, 1), (0, 3)]


def test_a_board_that_stops_answering() -> None:
    board = Responder(Memory())
    link = greeted(board)
    link.transport._answer = lambda data: b""  # type: ignore[attr-defined]
    with pytest.raises(
        NoAnswerError,
        match=rf"^The board on memory has stopped answering: frame 1 of 3 was sent {TRIES} times\.",
    ):
        link.write(0, range(150))


def test_a_closed_link() -> None:
    with greeted(Responder(Memory())) as link:
        pass
    with pytest.raises(SessionLostError):
        link.read(0)
    with pytest.raises(PortGoneError, match=r"^Port memory is closed\.$"):
        link.hello()
    link.close()


def test_a_board_that_does_not_understand() -> None:
    board = Responder(Memory())
    link = greeted(board)

    def refuses(data: bytes) -> bytes:
        return encoded_frame(link._session or 0, 0, 0xFF, b"\1")

    link.transport._answer = refuses  # type: ignore[attr-defined]
    with pytest.raises(
        ProtocolError,
        match=r"^The board on memory does not understand request 1 of a frame \(1 bytes came, 5",
    ):
        link.read(0)


def test_window() -> None:
    assert greeted(Responder(Memory(), window=2)).window == 2
    assert greeted(Responder(Memory()), window=1).window == 1
    with pytest.raises(ValueError, match=r"^Window must be 1 frame or more, not 0$"):
        Link(MemoryTransport(lambda data: b""), window=0)


def test_answers_to_something_else_are_passed_over() -> None:
    """Of an earlier session, to a frame that has its answer, and to one that was not yet sent."""
    board = Responder(Memory())
    link = greeted(board)
    link.write(3, 77)
    session = link._session or 0
    wrong = b"\xee" * 4 + b"\0"

    def others_first(data: bytes) -> bytes:
        old = [
            encoded_frame(session ^ 1, 1, 0x81, wrong),
            encoded_frame(session ^ 1, 1, 0xFE, b""),
            encoded_frame(session, 0, 0x81, wrong),
            encoded_frame(session, 2, 0x81, wrong),
            encoded_frame(session, 1, 0x80, wrong),
        ]
        return b"".join(old) + board(data)

    link.transport._answer = others_first  # type: ignore[attr-defined]
    assert link.read(3).tolist() == [77]
    assert link.statistics.sent_again == 0
