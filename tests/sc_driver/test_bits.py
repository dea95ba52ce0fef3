"""Numbers as bits and back, of any width."""

from __future__ import annotations

import numpy as np
import pytest

from sc_driver.bits import bits_of, bits_of_words, integers_of, words_of


@pytest.mark.parametrize("width", [1, 5, 31, 32, 33, 63, 64, 70])
@pytest.mark.parametrize("signed", [False, True])
def test_there_and_back(width: int, signed: bool) -> None:
    low, high = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
    values = [low, high, 0, high // 3, low // 3]
    bits = bits_of(np.array(values, dtype=object), width)
    assert [sum(int(b) << k for k, b in enumerate(row)) for row in bits] == [
        value % (1 << width) for value in values
    ]
    words = words_of(bits)
    assert words.shape == (5, -(-width // 32))
    assert [int(v) for v in integers_of(bits_of_words(words, width), signed)] == values
    if width < 64:
        assert (bits_of(np.array(values, np.int64), width) == bits).all()
