"""Arrays for kernels, and the choice of an element's width; kernels themselves are elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import RULE

from sc_model.native.build import narrowest_fit, packed, pointers, runtime
from sc_model.native.compiler import NativeError
from sc_model.native.vectors import TooNarrow
from sc_model.spec import IntFormat


def test_narrowest_element_that_fits() -> None:
    tried: list[int] = []

    def make(bits: int) -> str:
        tried.append(bits)
        if bits < 64:
            raise TooNarrow(f"a value does not fit {bits} bits")
        return f"kernel of {bits}"

    assert narrowest_fit(RULE, 1, make) == "kernel of 64"
    assert tried == [16, 32, 64]
    tried.clear()
    assert narrowest_fit(RULE, 33, make) == "kernel of 64"
    assert tried == [64]

    def never(bits: int) -> str:
        raise TooNarrow(f"a value does not fit {bits} bits")

    with pytest.raises(NativeError) as caught:
        narrowest_fit(RULE, 1, never)
    assert str(caught.value) == (
        "no vector kernel for the rule 'reward_modulated_stdp' with these parameters: a value does"
        " not fit 64 bits."
    )
    with pytest.raises(NativeError, match="no element is so wide"):
        narrowest_fit(RULE, 65, make)


@pytest.mark.parametrize(
    ("values", "form", "bias", "expected"),
    [
        # an unsigned weight in a signed element: 0 is the least, 65535 the greatest
        (np.array([0, 32_768, 65_535]), IntFormat(16), 32_768, [-32_768, 0, 32_767]),
        # narrow integers that may lie outside are clipped in their own kind
        (np.array([-128, 3, 127], np.int8), IntFormat(4, signed=True), 0, [-8, 3, 7]),
        (np.array([-128, 3, 127], np.int8), IntFormat(12), 0, [0, 3, 127]),
        (np.array([0, 3, 255], np.uint8), IntFormat(12), 0, [0, 3, 255]),
        (np.array([0, 3, 2**64 - 1], np.uint64), IntFormat(12), 0, [0, 3, 4095]),
        ([-(1 << 80), 3, 1 << 80], IntFormat(12, signed=True), 0, [-2048, 3, 2047]),
        (9, IntFormat(3), 1, [6, 6, 6]),
        (np.array([True, False, True]), IntFormat(1), 0, [1, 0, 1]),
    ],
    ids=str,
)
def test_values_as_elements(values: Any, form: IntFormat, bias: int, expected: list[int]) -> None:
    found = packed("x", values, (3,), form, np.dtype(np.int16), bias)
    assert (found.tolist(), found.dtype) == (expected, np.int16)
    assert found.flags.c_contiguous


def test_elements_are_side_by_side_and_their_addresses_in_order() -> None:
    turned = np.arange(6, dtype=np.int16).reshape(2, 3).T
    found = packed("x", turned, (3, 2), IntFormat(16, signed=True), np.dtype(np.int16), 0)
    assert found.ravel("K").tolist() == [0, 3, 1, 4, 2, 5]
    other = np.zeros(2, np.int32)
    assert list(pointers([found, other])) == [found.ctypes.data, other.ctypes.data]
    assert list(pointers([])) == [None]  # C has no array without elements


def test_text_begins_with_the_width() -> None:
    assert runtime(32).startswith("#define ELEMENT_BITS 32\n")
    assert runtime(32).split("\n", 1)[1] == runtime(16).split("\n", 1)[1]
