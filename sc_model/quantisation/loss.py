"""What rounding has cost: the error of numbers that were replaced by others."""

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
    count : numbers.
    clipped : of them, how many lay outside what the format holds and were put to its end.
    largest, rms : largest and root mean square error, in the unit of the numbers.
    relative_largest, relative_rms : the same, over the largest magnitude and over the root mean
        square of the numbers; 0 where all of them are 0.
    """

    count: int
    clipped: int
    largest: float
    rms: float
    relative_largest: float
    relative_rms: float


def loss(before: NDArray[Any], after: NDArray[Any], clipped: int = 0) -> Loss:
    """Errors of `after`, in the same unit and of the same shape as `before`."""
    if not before.size:
        return Loss(0, clipped, 0.0, 0.0, 0.0, 0.0)
    error = np.abs(after - before)
    largest, rms = float(error.max()), float(np.sqrt(np.mean(error**2)))
    top, mean = float(np.abs(before).max()), float(np.sqrt(np.mean(before**2)))
    return Loss(
        before.size,
        clipped,
        largest,
        rms,
        largest / top if top else 0.0,
        rms / mean if mean else 0.0,
    )
