"""Checks of arguments, with errors of one form: `SUBJECT must be KIND, not VALUE`.

Each check returns the value in the type that it names. It raises TypeError where the value is of
another kind, and ValueError where it is of the kind but out of range. The first parameter of a
check is the subject of the error: the argument's name, or words such as `policy of layer 'a'`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.spec.errors import did_you_mean

Kind = TypeVar("Kind")


def wrong_kind(name: str, kind: str, value: Any) -> TypeError:
    """The TypeError for a value that is not of a kind.

    Parameters
    ----------
    name : subject of the sentence.
    kind : what it must be, with its article, such as `a number`.
    value : what it is; the text has its `repr` and its type.
    """
    return TypeError(f"{name} must be {kind}, not {value!r} ({type(value).__name__})")


def instance(name: str, value: Any, kind: type[Kind], article: str = "a") -> Kind:
    """The value itself. TypeError unless it is an instance of the class `kind`."""
    if not isinstance(value, kind):
        raise wrong_kind(name, f"{article} {kind.__name__}", value)
    return value


def choice(name: str, value: Any, words: Sequence[str]) -> None:
    """ValueError unless the value is one of two or more words; it names them and the nearest."""
    if value not in words:
        listed = ", ".join(map(repr, words[:-1])) + f" or {words[-1]!r}"
        hint = did_you_mean(str(value), words)
        raise ValueError(f"{name} must be {listed}, not {value!r}{hint}")


def integer(name: str, value: Any, lowest: int = 1) -> int:
    """The value as an int. TypeError for what is no integer, ValueError below `lowest`.

    NumPy's integers are integers; booleans and floats without a fraction are not.
    """
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise wrong_kind(name, "an integer", value)
    number: int = value.__index__()
    if number < lowest:
        raise ValueError(f"{name} must be >= {lowest}, not {number}")
    return number


def positive_number(name: str, value: Any, *, zero: bool = False) -> float:
    """The value as a float. TypeError for what is no number; ValueError unless finite and > 0.

    With `zero` it may be 0, too. A boolean is no number.
    """
    number = _number(name, value)
    if not math.isfinite(number) or number < 0 or (number == 0 and not zero):
        raise ValueError(f"{name} must be {'>=' if zero else '>'} 0 and finite, not {number!r}")
    return number


def finite_number(name: str, value: Any) -> float:
    """The value as a float of any sign. TypeError for no number, ValueError unless finite."""
    number = _number(name, value)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, not {number!r}")
    return number


def _number(name: str, value: Any) -> float:
    """The value as a float, which may be infinite or not a number."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise wrong_kind(name, "a number", value)
    return float(value)


def real_array(name: str, values: ArrayLike, shape: tuple[int | str, ...]) -> NDArray[np.float64]:
    """The values as a float64 array of that shape; the array itself where it is one already.

    Parameters
    ----------
    name : subject of the error.
    values : numbers or booleans.
    shape : length of each dimension; a string in it names a dimension of any length.

    Raises TypeError for values that are not real numbers, ValueError for another shape and for a
    value that is not finite, with its index.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be real numbers, not {array.dtype}")
    if array.ndim != len(shape) or any(
        isinstance(length, int) and length != size
        for length, size in zip(shape, array.shape, strict=True)
    ):
        # as Python writes a tuple, with a comma behind a single length
        lengths = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise ValueError(f"{name} must have shape ({lengths}), not {array.shape}")
    if not np.isfinite(array).all():
        place = tuple(int(index) for index in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite, not {float(array[place])} at {place}")
    return array.astype(np.float64, copy=False)
