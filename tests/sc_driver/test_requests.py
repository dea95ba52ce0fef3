"""Reads and writes, and the frames that they are packed into."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sc_driver import frames
from sc_driver.requests import Read, Write, packed


def test_small_requests_share_a_frame() -> None:
    plans = packed([Write(3, [1, 2]), Read(5, 2, 1), Write(9, 7), Read(1)], frames.MAX_BODY)
    assert [bytes(plan.body).hex() for plan in plans] == [
        "01020300" + "01000000" + "02000000" + "02020500" + "01010900" + "07000000" + "00010100"
    ]
    assert plans[0].answer_bytes == 12
    assert plans[0].reads == [(0, 2), (1, 1)]
    assert plans[0].addresses == [3, 5, 9, 1]


def test_large_requests_are_divided() -> None:
    plans = packed([Read(0, 123, 1), Read(7, 61), Write(100, range(121), 1)], frames.MAX_BODY)
    assert [plan.reads for plan in plans] == [
        [(0, 61)],
        [(0, 61)],
        [(0, 1), (1, 60)],
        [(1, 1)],
        [],
        [],
    ]
    assert sum(len(plan.body) for plan in plans) == 4 * 5 + 4 * 3 + 4 * 121
    assert all(len(plan.body) <= frames.MAX_BODY for plan in plans)
    assert all(plan.answer_bytes + 1 <= frames.MAX_BODY for plan in plans)
    addresses = [address for plan in plans for address in plan.addresses]
    assert addresses[:5] == [0, 61, 122, 7, 7]


def test_a_board_with_short_frames_gets_short_frames() -> None:
    plans = packed([Write(0, range(10), 1), Read(0, 10, 1)], 17)
    assert all(len(plan.body) <= 17 and plan.answer_bytes <= 16 for plan in plans)
    assert sum(plan.answer_bytes for plan in plans) == 40


def test_nothing_needs_no_frame() -> None:
    assert packed([], frames.MAX_BODY) == []
    assert packed([Read(0, 0), Write(0, np.zeros(0, np.uint32))], frames.MAX_BODY) == []


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (
            lambda: Read(65536),
            ValueError,
            r"^Word addresses must be from 0 to 65535, not 65536 to 65536$",
        ),
        (
            lambda: Write(65535, [1, 2], 1),
            ValueError,
            r"^Word addresses must be from 0 to 65535, not 65535 to 65536$",
        ),
        (lambda: Read(0, -1), ValueError, r"^Count must be 0 or more, not -1$"),
        (lambda: Read(0, 1, 2), ValueError, r"^Step must be 0 or 1, not 2$"),
        (
            lambda: Write(0, [-1]),
            ValueError,
            r"^Words must be from 0 to 2\^32 - 1, not from -1 to -1$",
        ),
        (
            lambda: Write(0, 1.5),
            TypeError,
            r"^Words must be a list of integers, not float64 \(1,\)$",
        ),
        (
            lambda: Write(0, [[1]]),
            TypeError,
            r"^Words must be a list of integers, not int64 \(1, 1\)$",
        ),
    ],
)
def test_bad_requests(make: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        make()
