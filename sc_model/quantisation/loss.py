"""Errors of an array of numbers that rounding replaced by others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Loss:
    """Errors of an array after rounding.

    Members
    -------
    count : size of the array.
    clipped : how many of its numbers lay outside the format's range and became its nearest end.
    largest, rms : largest and root mean square error, in the unit of the numbers.
    relative_largest : the largest error, divided by the largest magnitude of the numbers.
    relative_rms : the root mean square error, divided by the root mean square of the numbers.

    Both relative errors are 0 for an array of zeros.
    """

    count: int
    clipped: int
    largest: float
    rms: float
    relative_largest: float
    relative_rms: float


def loss(before: NDArray[Any], after: NDArray[Any], clipped: int = 0) -> Loss:
    """Errors of the array `after`, with the same unit and shape as `before`."""
    if not before.size:
        return Loss(0, clipped, 0.0, 0.0, 0.0, 0.0)
    error = np.abs(after - before)
    largest, rms = float(error.max()), _root_mean_square(error)
    top, mean = float(np.abs(before).max()), _root_mean_square(before)
    return Loss(
        before.size,
        clipped,
        largest,
        rms,
        largest / top if top else 0.0,
        rms / mean if mean else 0.0,
    )


def _root_mean_square(values: NDArray[Any]) -> float:
    """Scaled by the largest of them: squares of numbers above 10^154 are too large for float64."""
    top = float(np.abs(values).max())
    return top * float(np.sqrt(np.mean((values / top) ** 2))) if top else 0.0
