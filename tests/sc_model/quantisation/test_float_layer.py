"""Errors of a layer in floating point."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from sc_model.quantisation import FloatLayer

WEIGHT = np.array([[0.5, -1.27, 0.01], [0.254, 0.0, -0.127]])


def whole(message: str) -> str:
    return "^" + re.escape(f"layer 'hidden': {message}") + "$"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"weight": np.zeros(3)},
            "weight must have shape (neurons, inputs), none of them 0, not (3,)",
        ),
        ({"weight": np.array([[1.0, np.nan]])}, "weight must be finite, not nan at (0, 1)"),
        ({"recurrent": np.zeros((2, 3))}, "recurrent must have shape (2, 2), not (2, 3)"),
        (
            {"recurrent_delay": np.zeros((2, 2))},
            "recurrent_delay must go with recurrent weights; there are none",
        ),
        ({"delay": np.full((2, 3), -1.0)}, "delay must be >= 0, not -1.0 at (0, 0)"),
        ({"threshold": 0.0}, "threshold must be > 0, not 0.0 at (0,)"),
        ({"leak": np.array([0.5, 1.5])}, "leak must be in [0, 1], not 1.5 at (1,)"),
        ({"tau": np.zeros((2, 3))}, "tau must be > 0, not 0.0 at (0, 0)"),
    ],
)
def test_float_layer_errors(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=whole(message)):
        FloatLayer("hidden", **({"weight": WEIGHT} | fields))
