"""Integers that a user passes: kinds, shapes, and values beyond 64 bits."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from sc_model.golden.arrays import checked, integers, saturated_array
from sc_model.spec import IntFormat

INT16 = np.dtype(np.int16)


def test_scalar_is_broadcast() -> None:
    assert integers("x", 7, (2, 2)).tolist() == [[7, 7], [7, 7]]
    assert integers("x", True, ()).tolist() is True
    assert integers("x", [1 << 80], (1,)).tolist() == [1 << 80]


@pytest.mark.parametrize(
    ("values", "error", "text"),
    [
        (0.0, TypeError, "x must be integers, not float64"),
        ("1", TypeError, "x must be integers, not <U1"),
        ([1 << 80, 0.5], TypeError, "x must be integers, not object"),
        ([1, 2, 3], ValueError, "x must have shape (2,) or be a scalar, not (3,)"),
        # one value is no scalar: the shape is asked for, not what NumPy could broadcast
        ([1], ValueError, "x must have shape (2,) or be a scalar, not (1,)"),
    ],
    ids=str,
)
def test_other_values(values: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        integers("x", values, (2,))


@pytest.mark.parametrize(
    "values",
    [
        [-(1 << 80), -9, 1 << 80],
        np.array([-(2**63), -9, 2**63 - 1]),
        np.array([-(2**63), -9, 2**63], dtype=object),
    ],
    ids=["wider than a machine word", "int64", "object"],
)
def test_saturation(values: Any) -> None:
    found = saturated_array("x", values, (3,), IntFormat(4, signed=True), np.dtype(np.int64))
    assert (found.tolist(), found.dtype) == ([-8, -8, 7], np.int64)


def test_saturation_of_a_scalar_and_of_the_greatest_machine_word() -> None:
    largest = np.uint64(2**64 - 1)
    assert saturated_array("x", largest, (), IntFormat(12), INT16).tolist() == 4095
    pair = np.array([largest, 5], np.uint64)
    assert saturated_array("x", pair, (2,), IntFormat(12), INT16).tolist() == [4095, 5]


def test_first_value_outside_is_named() -> None:
    assert checked("x", [[0, 5], [9, 3]], (2, 2), 0, 9).tolist() == [[0, 5], [9, 3]]
    with pytest.raises(ValueError, match=r"^x must be in \[0, 4\], not 5 at \(0, 1\)\.$"):
        checked("x", [[0, 5], [9, 3]], (2, 2), 0, 4)
    with pytest.raises(ValueError, match=r"^x must be in \[0, 4\], not -1 at \(0,\)\.$"):
        checked("x", -1, (3,), 0, 4)
