"""Fields in 64-bit words: what is put in comes out, also across a word's end."""

from __future__ import annotations

import numpy as np
import pytest

from sc_model.spec import IntFormat
from sc_sim.bits import element_bits, get_bits, packed, put_bits, words_of


def test_bits_of_words() -> None:
    rng = np.random.default_rng(4)
    words = np.zeros((50, 3), np.uint64)
    forms = [
        (0, IntFormat(1)),
        (1, IntFormat(62)),
        (63, IntFormat(9, signed=True)),
        (72, IntFormat(56)),
        (128, IntFormat(63)),
    ]
    values = [
        np.array([int(rng.integers(f.lo, f.hi, endpoint=True)) for _ in range(50)])
        for _, f in forms
    ]
    for (offset, form), value in zip(forms, values, strict=True):
        put_bits(words, offset, form.width, value)
    for (offset, form), value in zip(forms, values, strict=True):
        assert get_bits(words, offset, form).tolist() == value.tolist()


def test_a_64_bit_field_keeps_its_sign() -> None:
    words = np.zeros((2, 1), np.uint64)
    put_bits(words, 0, 64 - 1, np.array([1, 2]))
    assert get_bits(words, 0, IntFormat(64, signed=True)).tolist() == [1, 2]


@pytest.mark.parametrize(("bits", "words"), [(0, 1), (1, 1), (64, 1), (65, 2), (128, 2), (129, 3)])
def test_words_of(bits: int, words: int) -> None:
    assert words_of(bits) == words


@pytest.mark.parametrize(("bits", "element"), [(1, 8), (8, 8), (9, 16), (17, 32), (33, 64)])
def test_element_bits(bits: int, element: int) -> None:
    assert element_bits(bits) == element


def test_channel_0_is_the_lowest_bit() -> None:
    bits = np.zeros((2, 70), np.uint8)
    bits[0, 0] = bits[0, 65] = bits[1, 63] = 1
    assert packed(bits).tolist() == [[1, 2], [1 << 63, 0]]
