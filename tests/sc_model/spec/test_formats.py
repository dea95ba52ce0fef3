"""Integer formats at their ends; a design's widths are in the tests of its errors."""

from __future__ import annotations

import re

import pytest

from sc_model.spec.formats import IntFormat


@pytest.mark.parametrize(
    ("form", "lo", "hi", "text"),
    [
        (IntFormat(1), 0, 1, "unsigned 1 bits"),
        (IntFormat(1, signed=True), -1, 0, "signed 1 bits"),
        (IntFormat(8), 0, 255, "unsigned 8 bits"),
        (IntFormat(64, signed=True), -(2**63), 2**63 - 1, "signed 64 bits"),
    ],
    ids=str,
)
def test_ends_of_a_format(form: IntFormat, lo: int, hi: int, text: str) -> None:
    assert (form.lo, form.hi, str(form)) == (lo, hi, text)
    assert [form.saturate(value) for value in (lo - 1, lo, hi, hi + 1)] == [lo, lo, hi, hi]
    for value in (lo - 1, hi + 1):
        message = f"value must be in [{lo}, {hi}] to fit {text}, not {value}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            form.encode(value)


def test_bits_of_a_value() -> None:
    signed = IntFormat(4, signed=True)
    assert [signed.encode(value) for value in (-8, -1, 0, 7)] == [8, 15, 0, 7]
    assert [signed.decode(bits) for bits in (8, 15, 0, 7)] == [-8, -1, 0, 7]
    # bits above the format are not of the value
    assert (signed.decode(0x3F), IntFormat(4).decode(0x3F)) == (-1, 15)
