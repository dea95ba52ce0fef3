"""Reads and writes of a board's bus, and how they are packed into frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_driver import frames

Words = NDArray[np.uint32]


@dataclass(frozen=True)
class Read:
    """Words to be read.

    Members
    -------
    address : word address of the first.
    count : words.
    step : 1 for ascending addresses, 0 to read one address again and again.
    """

    address: int
    count: int = 1
    step: int = 0

    def __post_init__(self) -> None:
        _check_range(self.address, self.count, self.step)


@dataclass(frozen=True)
class Write:
    """Words to be written.

    Members
    -------
    address : word address of the first.
    words : integers of 32 bits, or one.
    step : 1 for ascending addresses, 0 to write one address again and again.
    """

    address: int
    words: ArrayLike
    step: int = 0

    def __post_init__(self) -> None:
        words = np.atleast_1d(np.asarray(self.words))
        if words.ndim != 1 or not (np.issubdtype(words.dtype, np.integer) or words.size == 0):
            raise TypeError(f"Words must be a list of integers, not {words.dtype} {words.shape}")
        if words.size and (int(words.min()) < 0 or int(words.max()) >= 1 << 32):
            raise ValueError(
                f"Words must be from 0 to 2^32 - 1, not from {words.min()} to {words.max()}"
            )
        object.__setattr__(self, "words", words.astype("<u4"))
        _check_range(self.address, len(words), self.step)

    @property
    def count(self) -> int:
        """Number of words."""
        return len(np.asarray(self.words))


Request = Read | Write


def _check_range(address: int, count: int, step: int) -> None:
    if step not in (0, 1):
        raise ValueError(f"Step must be 0 or 1, not {step}")
    if count < 0:
        raise ValueError(f"Count must be 0 or more, not {count}")
    last = address + step * max(0, count - 1)
    if not 0 <= address <= last < frames.ADDRESSES:
        raise ValueError(
            f"Word addresses must be from 0 to {frames.ADDRESSES - 1}, not {address} to {last}"
        )


@dataclass
class Plan:
    """A frame that is being filled.

    Members
    -------
    body : its requests.
    answer_bytes : of the words that they read.
    reads : of each piece of a read, the read's number and the piece's words.
    addresses : of each request, its first address.
    """

    body: bytearray = field(default_factory=bytearray)
    answer_bytes: int = 0
    reads: list[tuple[int, int]] = field(default_factory=list)
    addresses: list[int] = field(default_factory=list)


def packed(requests: Sequence[Request], max_body: int) -> list[Plan]:
    """The requests in as few frames as they fit in, in order; large ones are divided."""
    plans = [Plan()]
    reads = 0
    for request in requests:
        position = 0
        data = b"" if isinstance(request, Read) else np.asarray(request.words).tobytes()
        while position < request.count:
            plan = plans[-1]
            room = max_body - len(plan.body) - frames.REQUEST_BYTES
            if isinstance(request, Read):
                answer_room = max_body - frames.STATUS_BYTES - plan.answer_bytes
                words = answer_room // frames.WORD_BYTES if room >= 0 else 0
            else:
                words = room // frames.WORD_BYTES
            words = min(words, request.count - position)
            if words <= 0:
                plans.append(Plan())
                continue
            address = request.address + request.step * position
            plan.addresses.append(address)
            if isinstance(request, Read):
                plan.body += frames.read_request(address, words, request.step)
                plan.answer_bytes += words * frames.WORD_BYTES
                plan.reads.append((reads, words))
            else:
                piece = data[position * frames.WORD_BYTES : (position + words) * frames.WORD_BYTES]
                plan.body += frames.write_request(address, piece, request.step)
            position += words
        reads += isinstance(request, Read)
    return [plan for plan in plans if plan.body]
