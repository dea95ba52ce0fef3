"""What each check returns, and the whole text of each error."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from sc_model import checks


def test_values_come_back_in_their_type() -> None:
    assert checks.integer("n", np.int8(3)) == 3
    assert type(checks.integer("n", np.int8(3))) is int
    assert checks.integer("n", 0, 0) == 0
    assert checks.positive_number("x", np.float32(0.5)) == 0.5
    assert type(checks.positive_number("x", 2)) is float
    assert checks.positive_number("x", 0, zero=True) == 0.0
    assert checks.finite_number("x", -2) == -2.0
    assert checks.instance("x", "text", str) == "text"
    checks.choice("x", "a", ("a", "b"))


def test_an_array_that_is_right_is_not_copied() -> None:
    right = np.zeros((2, 3))
    assert checks.real_array("x", right, (2, "n")) is right
    assert checks.real_array("x", [True, False], ("n",)).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: checks.integer("n", 2.0),
            TypeError,
            "n must be an integer, not 2.0 (float)",
        ),
        (
            lambda: checks.integer("n", True),
            TypeError,
            "n must be an integer, not True (bool)",
        ),
        (lambda: checks.integer("n", 0), ValueError, "n must be >= 1, not 0"),
        (
            lambda: checks.positive_number("x", "1"),
            TypeError,
            "x must be a number, not '1' (str)",
        ),
        (
            lambda: checks.positive_number("x", Fraction(1, 2)),
            TypeError,
            "x must be a number, not Fraction(1, 2) (Fraction)",
        ),
        (
            lambda: checks.positive_number("x", 0),
            ValueError,
            "x must be > 0 and finite, not 0.0",
        ),
        (
            lambda: checks.positive_number("x", -1.5, zero=True),
            ValueError,
            "x must be >= 0 and finite, not -1.5",
        ),
        (
            lambda: checks.positive_number("x", np.inf),
            ValueError,
            "x must be > 0 and finite, not inf",
        ),
        (
            lambda: checks.finite_number("x", np.nan),
            ValueError,
            "x must be finite, not nan",
        ),
        (
            lambda: checks.finite_number("x", None),
            TypeError,
            "x must be a number, not None (NoneType)",
        ),
        (
            lambda: checks.instance("x", 3, str),
            TypeError,
            "x must be a str, not 3 (int)",
        ),
        (
            lambda: checks.instance("x", 3, IndexError, "an"),
            TypeError,
            "x must be an IndexError, not 3 (int)",
        ),
        (
            lambda: checks.choice("x", "hodl", ("hold", "accumulate", "once")),
            ValueError,
            "x must be 'hold', 'accumulate' or 'once', not 'hodl'; did you mean 'hold'?",
        ),
        (
            lambda: checks.choice("x", 7, ("a", "b")),
            ValueError,
            "x must be 'a' or 'b', not 7",
        ),
        (
            lambda: checks.real_array("x", ["a"], (1,)),
            TypeError,
            "x must be real numbers, not <U1",
        ),
        (
            lambda: checks.real_array("x", [1.0], (2,)),
            ValueError,
            "x must have shape (2,), not (1,)",
        ),
        (
            lambda: checks.real_array("x", [1.0], (2, "n")),
            ValueError,
            "x must have shape (2, n), not (1,)",
        ),
        (
            lambda: checks.real_array("x", [[1.0, np.nan]], (1, 2)),
            ValueError,
            "x must be finite, not nan at (0, 1)",
        ),
    ],
)
def test_message(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        call()
