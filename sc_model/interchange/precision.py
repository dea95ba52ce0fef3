"""Comparisons of numbers that were stored in float16, float32 or float64.

0.032 s is 32 steps of 1 ms; as float32 it is 0.03200000151 s. A number in a file is meant to be
another one, such as a whole number of steps, where it is the nearest that its precision has, or
was computed from such numbers. So each comparison allows for two roundings in the precision of the
array, whatever the precision in which this project computes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ROUNDINGS = 2  # of the number, and of one product or quotient that it was computed by
DOUBLE = float(np.finfo(np.float64).eps)
SINGLE = float(np.finfo(np.float32).eps)


def resolution(value: Any) -> float:
    """The distance between neighbouring numbers of an array's precision, as a share of them.

    An array of float64 whose numbers are all ones of float32 was float32 before: exporters convert
    what a tensor held.
    """
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return DOUBLE
    if array.dtype.itemsize >= 8:
        with np.errstate(over="ignore"):
            single = array.astype(np.float32)
        if not np.array_equal(single.astype(np.float64), array, equal_nan=True):
            return DOUBLE
        return SINGLE
    return float(np.finfo(array.dtype).eps)


def near(one: Any, other: Any, share: float) -> NDArray[np.bool_]:
    """Where two arrays are the same number, up to roundings of that share of it."""
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.maximum(np.abs(first), np.abs(second))
        equal: NDArray[np.bool_] = (first == second) | (
            np.abs(first - second) <= ROUNDINGS * share * size
        )
    return equal


def snapped(value: Floats, target: Any, share: float) -> Floats:
    """The array with those of its numbers that are near a target set to the target."""
    return np.where(near(value, target, share), target, value)


def whole_steps(steps: Floats, share: float, least: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Numbers of steps rounded to whole ones, and where that changes more than roundings did.

    Parameters
    ----------
    steps : numbers of steps.
    share : resolution of the array that they were computed from.
    least : change in steps that is always allowed.

    A precision that can't tell a step from the next is no reason to accept any number: the change
    is at most a quarter of a step.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        whole = np.rint(steps)
        allowed = np.clip(ROUNDINGS * share * np.abs(steps), least, 0.25)
        off = ~(np.abs(steps - whole) <= allowed)
    return whole, off
