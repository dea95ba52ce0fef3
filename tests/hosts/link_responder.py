"""A board's side of the link in Python, written from the tables of `docs/link.md`: it shares no
code with the driver or with the gateware.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable


class Responder:
    """Answers frames as a board does; its bus is a function.

    Members
    -------
    log : accesses of the bus in order: (address, written word or None).
    """

    def __init__(
        self, bus: Callable[[int, int | None], int | None], window: int = 4, protocol: int = 1
    ) -> None:
        """`bus` takes an address and the word to be written or None to read; it gives the word that
        is read, and None where it refuses.
        """
        self.bus, self.window, self.protocol = bus, window, protocol
        self.log: list[tuple[int, int | None]] = []
        self.reset()

    def reset(self) -> None:
        self.session: int | None = None
        self.expected = 0
        self.records: list[tuple[int, bytes]] = []  # sequence and encoded answer
        self.unfinished = bytearray()

    def __call__(self, data: bytes) -> bytes:
        answers = b""
        for byte in data:
            if byte:
                self.unfinished.append(byte)
            else:
                answers += self.end_of_frame(bytes(self.unfinished))
                self.unfinished.clear()
        return answers

    def end_of_frame(self, encoded: bytes) -> bytes:
        decoded = bytearray()
        place = 0
        while place < len(encoded):
            code = encoded[place]
            if place + code > len(encoded):
                return b""
            decoded += encoded[place + 1 : place + code]
            place += code
            if place < len(encoded) and code != 255:
                decoded.append(0)
        if not 9 <= len(decoded) <= 254 or decoded[0] != len(decoded) - 1:
            return b""
        if int.from_bytes(decoded[-4:], "little") != zlib.crc32(decoded[:-4]):
            return b""
        session, sequence, kind = decoded[1] | decoded[2] << 8, decoded[3], decoded[4]
        return self.frame(session, sequence, kind, bytes(decoded[5:-4]))

    def frame(self, session: int, sequence: int, kind: int, body: bytes) -> bytes:
        if kind == 0:
            if session != self.session:
                self.session, self.expected, self.records = session, 0, []
            welcome = [self.protocol, 0, 0x57, 0x48, 0x43, 0x53, self.window, 245, self.expected]
            return encoded_frame(session, sequence, 0x80, bytes(welcome))
        if session != self.session:
            return encoded_frame(session, sequence, 0xFE, b"")
        for recorded, answer in self.records:
            if recorded == sequence:
                return answer
        if sequence != self.expected:
            return b""
        answer_kind, words = self.execute(body) if kind == 1 else (0xFF, b"\0")
        answer = encoded_frame(session, sequence, answer_kind, words)
        self.records = [*self.records, (sequence, answer)][-self.window :]
        self.expected = (self.expected + 1) % 256
        return answer

    def execute(self, body: bytes) -> tuple[int, bytes]:
        words, status, number, place = b"", 0, 0, 0
        while place < len(body):
            number += 1
            if place + 4 > len(body):
                return 0xFF, words + bytes([status or number])
            op, count = body[place], body[place + 1]
            address = body[place + 2] | body[place + 3] << 8
            place += 4
            for _ in range(count):
                word = None
                if op & 1:
                    if place + 4 > len(body):
                        return 0xFF, words + bytes([status or number])
                    word = int.from_bytes(body[place : place + 4], "little")
                    place += 4
                elif len(words) + 4 > 244:
                    return 0xFF, words + bytes([status or number])
                self.log.append((address, word))
                got = self.bus(address, word)
                if got is None and status == 0:
                    status = number
                if not op & 1:
                    words += (got or 0).to_bytes(4, "little")
                address = (address + (op >> 1 & 1)) % 65536
        return 0x81, words + bytes([status])


def encoded_frame(session: int, sequence: int, kind: int, body: bytes) -> bytes:
    frame = bytes([len(body) + 8]) + session.to_bytes(2, "little") + bytes([sequence, kind]) + body
    frame += zlib.crc32(frame).to_bytes(4, "little")
    runs = frame.split(b"\0")
    return b"".join(bytes([len(run) + 1]) + run for run in runs) + b"\0"


class Memory:
    """A bus of 65,536 words; it refuses the addresses of a set."""

    def __init__(self, refused: frozenset[int] = frozenset()) -> None:
        self.words = [0] * 65536
        self.refused = refused

    def __call__(self, address: int, word: int | None) -> int | None:
        if address in self.refused:
            return None
        if word is not None:
            self.words[address] = word
        return self.words[address]
