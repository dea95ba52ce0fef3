"""Checks of integers that a user passes, as arrays of a shape and format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.arithmetic import Unit
from sc_model.graph import NumpyOps
from sc_model.spec import IntFormat

OPS = NumpyOps()
State = dict[str, dict[str, NDArray[Any]]]  # by space and name
Layout = dict[str, dict[str, tuple[int, int, tuple[int, ...]]]]  # least, greatest value, shape


def integers(name: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """The values as an array of a shape; a scalar is broadcast to it.

    Raises
    ------
    TypeError
        the values are no integers (bool counts as integer).
    ValueError
        the array has another shape.
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
    """The values saturated into a format, as an array of `dtype`.

    Raises what :func:`integers` raises.
    """
    array = integers(name, values, shape)
    # Python integers and uint64 may exceed 64 signed bits: saturate them before the conversion
    exact = array.dtype.kind == "O" or array.dtype == np.uint64
    # NumPy turns an array without dimensions into a scalar: work on one dimension
    row = array.astype(object if exact else dtype).ravel()
    clipped: NDArray[Any] = np.minimum(np.maximum(row, form.lo), form.hi)
    return clipped.astype(dtype, copy=False).reshape(shape)


def checked(
    name: str, values: ArrayLike, shape: tuple[int, ...], low: int, high: int
) -> NDArray[Any]:
    """Integers of a shape in [low, high]; ValueError names the first one that is outside.

    Raises what :func:`integers` raises, too.
    """
    array = integers(name, values, shape)
    outside = (array < low) | (array > high)
    if outside.any():
        where = tuple(int(index) for index in np.argwhere(outside)[0])
        raise ValueError(f"{name} must be in [{low}, {high}], not {array[where]} at {where}.")
    return array


def within(name: str, values: Any, form: IntFormat) -> Any:
    """The values, which a model must keep within a format; OverflowError where it has not."""
    low, high = int(np.min(values)), int(np.max(values))
    if low < form.lo or high > form.hi:
        raise OverflowError(f"{name} must fit {form}, but is in [{low}, {high}]")
    return values


def unit_outputs(unit: Unit, **values: Any) -> dict[str, Any]:
    """The outputs of a unit on NumPy arrays; all values are within their formats."""
    for name, form in unit.inputs.items():
        within(f"{unit.name}: {name}", values[name], form)
    result = unit.apply(OPS, values)
    return {
        name: within(f"{unit.name}: {name}", result[name], unit.outputs[name]) for name in result
    }


def copied(state: State) -> State:
    """A copy of a state, arrays included."""
    return {
        space: {name: array.copy() for name, array in fields.items()}
        for space, fields in state.items()
    }


def state_of_layout(layout: Layout, state: Mapping[str, Mapping[str, ArrayLike]]) -> State:
    """The values of a checkpoint as arrays of int64 of the layout's shapes.

    Raises
    ------
    TypeError
        the spaces or names are not those of the layout, or values are no integers.
    ValueError
        a shape or a value does not fit.
    """
    expected = {f"{space}.{name}" for space, fields in layout.items() for name in fields}
    present = {f"{space}.{name}" for space, fields in state.items() for name in fields}
    if expected != present:
        raise TypeError(
            f"a checkpoint of this network holds {sorted(expected)}, not {sorted(present)}"
        )
    return {
        space: {
            name: checked(f"{space}.{name}", state[space][name], shape, low, high).astype(np.int64)
            for name, (low, high, shape) in fields.items()
        }
        for space, fields in layout.items()
    }
