"""What layers, crossings and networks check of what they are given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def count(name: str, value: Any, lowest: int = 1) -> int:
    """The value as an int; TypeError where it is no integer, ValueError below `lowest`."""
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, not {value!r} ({type(value).__name__})")
    number: int = value.__index__()
    if number < lowest:
        raise ValueError(f"{name} must be >= {lowest}, not {number}")
    return number


def number(name: str, value: Any, *, zero: bool = False) -> float:
    """The value as a float; TypeError where it is no number, ValueError unless finite and above 0
    (or 0, if that may be).
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{name} must be a number, not {value!r} ({type(value).__name__})")
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        raise ValueError(
            f"{name} must be {'>=' if zero else '>'} 0 and finite, not {float(value)!r}"
        )
    return float(value)


def reals(name: str, values: ArrayLike, shape: tuple[int | str, ...]) -> NDArray[np.float64]:
    """The values in float64; a name in `shape` stands for any length. TypeError for what is not
    real, ValueError for the rest.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be real numbers, not {array.dtype}")
    if array.ndim != len(shape) or any(
        isinstance(want, int) and want != got for want, got in zip(shape, array.shape, strict=True)
    ):
        wanted = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise ValueError(f"{name} must have shape ({wanted}), not {array.shape}")
    if not np.isfinite(array).all():
        place = tuple(int(index) for index in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite, not {float(array[place])} at {place}")
    return array.astype(np.float64, copy=False)
