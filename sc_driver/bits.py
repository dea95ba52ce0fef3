"""Numbers as rows of bits, and rows of bits as 32-bit words: the lowest bit comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Bits = NDArray[np.uint8]
Words = NDArray[np.uint32]
Integers = NDArray[np.int64]

WORD_BITS = 32
MACHINE_BITS = 64  # wider fields are arrays of Python's integers


def words_for(bits: int) -> int:
    """Words that hold so many bits."""
    return -(-bits // WORD_BITS)


def bits_of(values: ArrayLike, width: int) -> Bits:
    """The lowest bits of integers, in two's complement, along a new last axis."""
    array = np.asarray(values)
    if width > MACHINE_BITS or array.dtype == object:
        rows = [[int(value) >> k & 1 for k in range(width)] for value in array.flat]
        return np.array(rows, np.uint8).reshape(*array.shape, width)
    if array.dtype != np.uint64:
        array = array.astype(np.int64)
    shifts = np.arange(width, dtype=array.dtype)
    rows_of_bits: Bits = ((array[..., None] >> shifts) & array.dtype.type(1)).astype(np.uint8)
    return rows_of_bits


def integers_of(bits: Bits, signed: bool) -> NDArray[Any]:
    """The integers along the last axis; int64, or Python's integers where they need more."""
    width = bits.shape[-1]
    if width + (not signed) > MACHINE_BITS:
        weights = np.array([1 << k for k in range(width)], dtype=object)
        wide: NDArray[Any] = (bits.astype(object) * weights).sum(axis=-1)
        return np.asarray(wide - (bits[..., -1].astype(object) << width) * int(signed))
    values = (bits.astype(np.uint64) << np.arange(width, dtype=np.uint64)).sum(
        axis=-1, dtype=np.uint64
    )
    if signed:
        values |= bits[..., -1].astype(np.uint64) * np.uint64((1 << MACHINE_BITS) - (1 << width))
    whole: Integers = values.view(np.int64)
    return whole


def words_of(bits: Bits) -> Words:
    """Rows of bits as words; the last word is filled up with zeros."""
    count = words_for(bits.shape[-1])
    padded = np.zeros((*bits.shape[:-1], count * WORD_BITS), np.uint8)
    padded[..., : bits.shape[-1]] = bits
    packed = np.packbits(padded, axis=-1, bitorder="little")
    return packed.view("<u4").astype(np.uint32)


def bits_of_words(words: ArrayLike, bits: int) -> Bits:
    """The first bits of rows of words."""
    data = np.ascontiguousarray(words, "<u4").view(np.uint8)
    return np.unpackbits(data, axis=-1, bitorder="little")[..., :bits]


def fields_of(bits: Bits, fields: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """The fields of rows of bits by name; a field has offset, width and signed."""
    return {
        field["name"]: integers_of(
            bits[..., field["offset"] : field["offset"] + field["width"]], field["signed"]
        )
        for field in fields
    }


def put_fields(bits: Bits, fields: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> None:
    """Put the fields that have values into rows of bits."""
    for field in fields:
        if field["name"] in values:
            end = field["offset"] + field["width"]
            bits[..., field["offset"] : end] = bits_of(values[field["name"]], field["width"])
