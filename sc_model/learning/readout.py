"""Scoring a layer of weights as a linear classifier: exact integers, no reference to the hardware or the model behind."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def _integers(name: str, values: ArrayLike, dimensions: int) -> NDArray[Any]:
    array = np.asarray(values)
    if array.dtype.kind not in "biu":
        raise TypeError(f"{name} must be integers, not {array.dtype}")
    if array.ndim != dimensions:
        raise ValueError(f"{name} must have {dimensions} dimension{'s'[: dimensions - 1]}, not shape {array.shape}")
    return array.astype(np.int64)


def linear_readout(weights: ArrayLike, lines: ArrayLike) -> NDArray[np.int64]:
    """Neuron with the largest score for each sample.

    Each neuron's weights are corrected by their mean, so that a neuron is not preferred because all of its unsigned
    weights drifted up together::

        score[s, n] = sum over l of lines[s, l] * (L * weights[n, l] - sum over m of weights[n, m]),   L lines

    L times the mean-corrected product, in integers: no rounding, so the same weights give the same classes on every
    machine. Ties go to the lowest neuron.

    Parameters
    ----------
    weights : integers of up to 32 bits, shape (neurons, L). lines : bits, shape (samples, L).

    Returns
    -------
    shape (samples,), in [0, neurons).

    Raises
    ------
    TypeError for values that are no integers, ValueError for shapes that do not fit.
    """
    table, active = _integers("weights", weights, 2), _integers("lines", lines, 2)
    if table.shape[1] != active.shape[1] or not table.size:
        raise ValueError(f"weights of shape {table.shape} and lines of shape {active.shape} must share a last dimension >= 1")
    corrected = table.shape[1] * table - table.sum(axis=1, keepdims=True)
    classes: NDArray[np.int64] = np.argmax(active @ corrected.T, axis=1).astype(np.int64)
    return classes


def accuracy(predicted: ArrayLike, labels: ArrayLike) -> float:
    """Fraction of samples, 0 to 1, whose predicted class is the label; both of shape (samples,), samples >= 1.

    Raises TypeError for values that are no integers, ValueError for shapes that do not fit.
    """
    left, right = _integers("predicted", predicted, 1), _integers("labels", labels, 1)
    if left.shape != right.shape or not left.size:
        raise ValueError(f"predicted {left.shape} and labels {right.shape} must have the same number of samples, >= 1")
    return float(np.count_nonzero(left == right) / left.size)
