"""Numbers of the link's frames that gateware needs; `docs/link.md` has the frames as a table."""

from __future__ import annotations

MAGIC = 0x53434857  # "SCHW"
PROTOCOL = 1
# A decoded frame fits into one block of COBS: length, session (2), sequence, kind, body, CRC (4).
MOST_BYTES = 254
HEADER_BYTES = 4  # behind the length
CRC_BYTES = 4
MOST_BODY = MOST_BYTES - 1 - HEADER_BYTES - CRC_BYTES
LEAST_LENGTH = HEADER_BYTES + CRC_BYTES
MOST_LENGTH = MOST_BYTES - 1

# kinds
HELLO, REQUESTS = 0x00, 0x01
WELCOME, ANSWERS = 0x80, 0x81
NO_SESSION, BAD_REQUEST = 0xFE, 0xFF

# What the board answers to HELLO, in front of the next sequence.
WELCOME_CONSTANTS = (
    *PROTOCOL.to_bytes(2, "little"),
    *MAGIC.to_bytes(4, "little"),
)
DEFAULT_WINDOW = 4
WINDOWS = (1, 2, 4, 8, 16)  # powers of two: a sequence's low bits choose where its answer is kept
