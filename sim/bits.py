"""Fields in arrays of 64-bit words, as the driver's streams carry them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.spec import IntFormat

Words = NDArray[np.uint64]  # shape (n, words of a payload), lowest bits first


def words_of(bits: int) -> int:
    """64-bit words that so many bits take, at least one."""
    return max(1, -(-bits // 64))


def element_bits(width: int) -> int:
    """Bits of the narrowest integer of C that holds so many."""
    return next(bits for bits in (8, 16, 32, 64) if bits >= width)


def put_bits(words: Words, offset: int, width: int, values: ArrayLike) -> None:
    """Or the low bits of values into words, shape (n, words), at a bit offset."""
    bits = np.asarray(values).astype(np.int64).astype(np.uint64) & np.uint64((1 << width) - 1)
    first, shift = divmod(offset, 64)
    words[:, first] |= bits << np.uint64(shift)
    if shift + width > 64:
        words[:, first + 1] |= bits >> np.uint64(64 - shift)


def get_bits(words: Words, offset: int, form: IntFormat) -> NDArray[np.int64]:
    """The field of a format at a bit offset of each row of words, shape (n,)."""
    first, shift = divmod(offset, 64)
    bits = words[:, first] >> np.uint64(shift)
    if shift + form.width > 64:
        bits = bits | words[:, first + 1] << np.uint64(64 - shift)
    if form.width == 64:
        return bits.astype(np.int64)
    values = (bits & np.uint64((1 << form.width) - 1)).astype(np.int64)
    # two's complement: the sign bit counts negative
    return values - ((values >> (form.width - 1)) << form.width) if form.signed else values


def packed(bits: ArrayLike) -> Words:
    """0s and 1s (n, channels) as words, channel 0 in the lowest bit."""
    array = np.asarray(bits, np.uint8)
    bytes_ = np.packbits(array, axis=1, bitorder="little")
    padded = np.zeros((len(array), 8 * words_of(array.shape[1])), np.uint8)
    padded[:, : bytes_.shape[1]] = bytes_
    return padded.view("<u8")
