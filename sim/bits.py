"""Fields in arrays of 64-bit words, as the driver's streams carry them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.spec import IntFormat

Words = NDArray[np.uint64]  # shape (n, words of a payload), lowest bits first


def words_of(bits: int) -> int:
    """Number of 64-bit words that hold `bits` bits; one word also for a zero-width payload."""
    return max(1, -(-bits // 64))


def element_bits(width: int) -> int:
    """Bits of the narrowest integer type of C that holds `width` bits, `width` <= 64."""
    return next(bits for bits in (8, 16, 32, 64) if bits >= width)


def put_bits(words: Words, offset: int, width: int, values: ArrayLike) -> None:
    """Write one field of each row of words by a bitwise OR; the field's bits must be 0 before.

    Parameters
    ----------
    words : shape (n, words of a payload), changed in place.
    offset : bits below the field in the row.
    width : bits of the field, 1 to 64.
    values : shape (n,) or a scalar; their `width` low bits are written.
    """
    bits = np.asarray(values).astype(np.int64).astype(np.uint64) & np.uint64((1 << width) - 1)
    first, shift = divmod(offset, 64)
    words[:, first] |= bits << np.uint64(shift)
    if shift + width > 64:  # the field goes on in the next word
        words[:, first + 1] |= bits >> np.uint64(64 - shift)


def get_bits(words: Words, offset: int, form: IntFormat) -> NDArray[np.int64]:
    """The field of format `form` that begins at bit `offset` of each row of words, shape (n,).

    An unsigned field of 64 bits comes out negative from 2^63 on.
    """
    first, shift = divmod(offset, 64)
    bits = words[:, first] >> np.uint64(shift)
    if shift + form.width > 64:
        bits = bits | words[:, first + 1] << np.uint64(64 - shift)
    # A field of a whole word needs no mask, and as an int64 it has its sign already.
    if form.width == 64:
        return bits.astype(np.int64)
    values = (bits & np.uint64((1 << form.width) - 1)).astype(np.int64)
    # In two's complement the sign bit counts negative: where it is set, take off 2^width.
    return values - ((values >> (form.width - 1)) << form.width) if form.signed else values


def packed(bits: ArrayLike) -> Words:
    """Pack 0s and 1s, shape (n, channels), into words, channel 0 in the lowest bit."""
    array = np.asarray(bits, np.uint8)
    bytes_ = np.packbits(array, axis=1, bitorder="little")
    padded = np.zeros((len(array), 8 * words_of(array.shape[1])), np.uint8)
    padded[:, : bytes_.shape[1]] = bytes_
    return padded.view("<u8")
