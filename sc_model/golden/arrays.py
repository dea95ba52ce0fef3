"""Integers that a user gives, as arrays of a format."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.spec import IntFormat


def integers(name: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """The values as an array of that shape; TypeError where they are no integers, ValueError for
    another shape.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biu" and not (
        array.dtype.kind == "O" and all(isinstance(v, int) for v in array.flat)
    ):
        raise TypeError(f"{name} must be integers, not {array.dtype}")
    if array.shape not in ((), shape):
        raise ValueError(f"{name} must have shape {shape} or be a scalar, not {array.shape}")
    return np.broadcast_to(array, shape)


def saturated_array(
    name: str, values: ArrayLike, shape: tuple[int, ...], form: IntFormat, dtype: np.dtype[Any]
) -> NDArray[Any]:
    """The values saturated into a format; raises what :func:`integers` raises."""
    array = integers(name, values, shape)
    # these may not fit 64 signed bits before they are saturated
    exact = array.dtype.kind == "O" or array.dtype == np.uint64
    row = array.astype(
        object if exact else dtype
    ).ravel()  # of an array without dimensions NumPy makes a scalar
    clipped: NDArray[Any] = np.minimum(np.maximum(row, form.lo), form.hi)
    return clipped.astype(dtype, copy=False).reshape(shape)


def checked(
    name: str, values: ArrayLike, shape: tuple[int, ...], low: int, high: int
) -> NDArray[Any]:
    """Integers of that shape in [low, high]; TypeError or ValueError says which is not."""
    array = integers(name, values, shape)
    outside = (array < low) | (array > high)
    if outside.any():
        where = tuple(int(index) for index in np.argwhere(outside)[0])
        raise ValueError(f"{name} must be in [{low}, {high}], not {array[where]} at {where}.")
    return array
