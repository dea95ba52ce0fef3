"""Frames of the link: their bytes, as `docs/link.md` has them in a table.

Pure functions on bytes, without a port and without time. All numbers are little endian.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

PROTOCOL = 1
MAGIC = 0x53434857  # "SCHW"
# A decoded frame is no longer than one COBS block, so that encoding adds exactly one byte.
MAX_FRAME = 254
_HEAD = Struct("<BHBB")  # length, session, sequence, kind
_CRC = Struct("<I")
OVERHEAD = _HEAD.size + _CRC.size
MAX_BODY = MAX_FRAME - OVERHEAD
SEQUENCES = 256

# kinds of requests and of their answers
HELLO, REQUESTS = 0x00, 0x01
ANSWER = 0x80  # is set in the kind of an answer
NO_SESSION, BAD_REQUEST = 0xFE, 0xFF

_GREETING = Struct("<H")  # protocol
_WELCOME = Struct("<HIBBB")  # protocol, magic, window, max body, next sequence
_REQUEST = Struct("<BBH")  # op, count, address
REQUEST_BYTES = _REQUEST.size
WORD_BYTES = 4
STATUS_BYTES = 1
WRITE, COUNT_UP = 0x01, 0x02  # bits of op
ADDRESSES = 1 << 16  # of words
# Words of the largest request that is alone in its frame.
MOST_READ = (MAX_BODY - STATUS_BYTES) // WORD_BYTES
MOST_WRITTEN = (MAX_BODY - REQUEST_BYTES) // WORD_BYTES


class FrameError(ValueError):
    """Bytes that are no frame."""


@dataclass(frozen=True)
class Frame:
    """A frame.

    Members
    -------
    session : number of the session, 16 bits.
    sequence : number of the frame within its session, modulo 256.
    kind : what the body is.
    body : at most `MAX_BODY` bytes.
    """

    session: int
    sequence: int
    kind: int
    body: bytes = b""

    def pack(self) -> bytes:
        """The frame's bytes before they are encoded; ValueError if the body is too long."""
        if len(self.body) > MAX_BODY:
            raise ValueError(
                f"Body of a frame must have at most {MAX_BODY} bytes, not {len(self.body)}"
            )
        length = OVERHEAD - 1 + len(self.body)
        packed = _HEAD.pack(length, self.session, self.sequence, self.kind) + self.body
        return packed + _CRC.pack(zlib.crc32(packed))

    def encode(self) -> bytes:
        """The frame as it is on the wire, with the 0x00 that ends it."""
        return cobs_encode(self.pack()) + b"\0"


def unpack(packed: bytes) -> Frame:
    """The frame of decoded bytes; FrameError where length or CRC don't fit."""
    if not OVERHEAD <= len(packed) <= MAX_FRAME:
        raise FrameError(f"{len(packed)} bytes are no frame")
    if zlib.crc32(packed[: -_CRC.size]) != _CRC.unpack_from(packed, len(packed) - _CRC.size)[0]:
        raise FrameError("the CRC does not fit")
    length, session, sequence, kind = _HEAD.unpack_from(packed)
    if length != len(packed) - 1:
        raise FrameError(f"the length is {length}, but {len(packed) - 1} bytes follow")
    return Frame(session, sequence, kind, packed[_HEAD.size : -_CRC.size])


def cobs_encode(data: bytes) -> bytes:
    """Consistent Overhead Byte Stuffing (Cheshire and Baker 1999) of at most 254 bytes.

    Every zero is replaced by the distance to the next one, and a first byte has the distance to the
    first: the result has one byte more, and no zero. ValueError for more bytes.
    """
    if len(data) > MAX_FRAME:
        raise ValueError(f"COBS block must have at most {MAX_FRAME} bytes, not {len(data)}")
    return b"".join(bytes((len(run) + 1,)) + run for run in data.split(b"\0"))


def cobs_decode(encoded: bytes) -> bytes:
    """The bytes of one COBS block; FrameError where a distance leads beyond the end."""
    runs = []
    place = 0
    while place < len(encoded):
        end = place + encoded[place]
        if encoded[place] == 0 or end > len(encoded):
            raise FrameError("a distance of COBS leads beyond the frame")
        runs.append(encoded[place + 1 : end])
        place = end
    return b"\0".join(runs)


class FrameReader:
    """Frames out of a stream of bytes that comes in pieces.

    Members
    -------
    bytes_read : bytes so far.
    broken : pieces between two zeros so far that were no frames.
    """

    # An endless stream without a zero is not kept; one encoded frame has 255 bytes.
    LIMIT = 4 * MAX_FRAME

    def __init__(self) -> None:
        self.bytes_read = 0
        self.broken = 0
        self._rest = b""

    def clear(self) -> None:
        """Forget an unfinished frame."""
        self._rest = b""

    def frames(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete with these bytes."""
        self.bytes_read += len(data)
        *pieces, self._rest = (self._rest + data).split(b"\0")
        self._rest = self._rest[-self.LIMIT :]
        for piece in pieces:
            if not piece:
                continue
            try:
                frame = unpack(cobs_decode(piece))
            except FrameError:
                self.broken += 1
            else:
                yield frame


# --- greeting -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Welcome:
    """A board's answer to HELLO.

    Members
    -------
    protocol : version of the protocol that the board speaks.
    magic : `MAGIC`.
    window : answers that the board keeps: frames that may be in flight.
    max_body : bytes of the longest body that it takes.
    next_sequence : of the frame that it expects; 0 in a new session.
    """

    protocol: int
    magic: int
    window: int
    max_body: int
    next_sequence: int

    def pack(self) -> bytes:
        """The body's bytes."""
        return _WELCOME.pack(
            self.protocol, self.magic, self.window, self.max_body, self.next_sequence
        )

    @classmethod
    def unpack(cls, body: bytes) -> Welcome:
        """The answer of a body; FrameError for another length (a later version may add bytes)."""
        if len(body) < _WELCOME.size:
            raise FrameError(f"a welcome has {_WELCOME.size} bytes, not {len(body)}")
        return cls(*_WELCOME.unpack_from(body))


def hello(session: int, sequence: int = 0) -> Frame:
    """The frame that begins a session of that number."""
    return Frame(session, sequence, HELLO, _GREETING.pack(PROTOCOL))


# --- requests -------------------------------------------------------------------------------------


def read_request(address: int, count: int, step: int) -> bytes:
    """A request to read some words, from one address (step 0) or from ascending ones (step 1)."""
    return _REQUEST.pack(COUNT_UP * step, count, address)


def write_request(address: int, words: bytes, step: int) -> bytes:
    """A request to write words, given as their bytes."""
    head = _REQUEST.pack(WRITE | COUNT_UP * step, len(words) // WORD_BYTES, address)
    return head + words
