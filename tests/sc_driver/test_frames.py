"""Frames of the link: worked examples, the published vectors of COBS, and what is no frame."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from link_responder import encoded_frame
from support import ROOT

from sc_driver import frames
from sc_driver.frames import Frame, FrameError, FrameReader, cobs_decode, cobs_encode

# from the table of Cheshire and Baker's article, as Wikipedia has it
VECTORS = [
    ("00", "0101"),
    ("0000", "010101"),
    ("00110000", "0102110101"),
    ("11220033", "0311220233"),
    ("11223344", "0511223344"),
    ("11000000", "0211010101"),
    (bytes(range(1, 255)).hex(), "ff" + bytes(range(1, 255)).hex()),
    (bytes(range(254)).hex(), "01fe" + bytes(range(1, 254)).hex()),
]


@pytest.mark.parametrize(("data", "encoded"), VECTORS)
def test_cobs(data: str, encoded: str) -> None:
    assert cobs_encode(bytes.fromhex(data)).hex() == encoded
    assert cobs_decode(bytes.fromhex(encoded)).hex() == data


@given(st.binary(max_size=254))
def test_cobs_adds_one_byte_and_leaves_no_zero(data: bytes) -> None:
    encoded = cobs_encode(data)
    assert len(encoded) == len(data) + 1
    assert 0 not in encoded
    assert cobs_decode(encoded) == data


def test_a_frame_byte_by_byte() -> None:
    frame = Frame(0x1234, 7, 1, bytes.fromhex("0201 3000".replace(" ", "")))
    packed = bytes.fromhex("0c 34 12 07 01 02 01 30 00")
    packed += zlib.crc32(packed).to_bytes(4, "little")
    assert frame.pack() == packed
    assert frames.unpack(packed) == frame
    assert frame.encode() == encoded_frame(0x1234, 7, 1, bytes.fromhex("02013000"))
    assert frames.OVERHEAD == 9
    assert (frames.MAX_BODY, frames.MOST_READ, frames.MOST_WRITTEN) == (245, 61, 60)


@given(st.integers(0, 65535), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=245))
def test_frames_come_back_in_pieces_of_any_size(
    session: int, sequence: int, kind: int, body: bytes
) -> None:
    frame = Frame(session, sequence, kind, body)
    reader = FrameReader()
    stream = b"\0\0noise\0" + frame.encode() + frame.encode()
    cut = len(body) % len(stream)
    assert [*reader.frames(stream[:cut]), *reader.frames(stream[cut:])] == [frame, frame]
    assert reader.broken == 1
    assert reader.bytes_read == len(stream)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\x08\0\0\0\0\0\0\0",
        Frame(1, 2, 3).pack()[:-1] + b"\0",
        b"\x04" + zlib.crc32(b"\x04").to_bytes(4, "little"),
        # a CRC that fits, and a length that does not
        (b"\x09\0\0\0\0") + zlib.crc32(b"\x09\0\0\0\0").to_bytes(4, "little"),
    ],
)
def test_what_is_no_frame(packed: bytes) -> None:
    with pytest.raises(FrameError):
        frames.unpack(packed)


def test_every_single_flipped_bit_is_found() -> None:
    packed = Frame(0xBEEF, 1, 1, bytes(range(40))).pack()
    for bit in range(8 * len(packed)):
        damaged = bytearray(packed)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FrameError):
            frames.unpack(bytes(damaged))


def test_limits() -> None:
    with pytest.raises(ValueError, match=r"^Body of a frame must have at most 245 bytes, not 246$"):
        Frame(0, 0, 0, bytes(246)).pack()
    with pytest.raises(ValueError, match=r"^COBS block must have at most 254 bytes, not 255$"):
        cobs_encode(bytes(255))
    for bad in (b"\x05\x01", b"\x02\x01\x00"):
        with pytest.raises(FrameError):
            cobs_decode(bad)
    with pytest.raises(FrameError):
        frames.Welcome.unpack(b"\1\0")
    reader = FrameReader()
    assert list(reader.frames(b"\1" * 10_000)) == []
    assert len(reader._rest) == FrameReader.LIMIT


def test_the_example_of_the_documentation() -> None:
    text = (ROOT / "docs" / "link.md").read_text(encoding="utf-8")
    frame = Frame(0x1234, 0, frames.REQUESTS, frames.read_request(0x0002, 3, 0))
    packed = frame.pack().hex(" ").upper()
    assert f"| frame | `{packed[:-12]}` and the CRC `{packed[-11:]}` |" in text
    assert f"| on the wire | `{frame.encode().hex(' ').upper()}` |" in text
