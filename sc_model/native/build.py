"""What all kernels share: the rule's graph, the width of an element, and addresses for C."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from importlib.resources import files
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import saturated_array
from sc_model.graph import Graph, trace
from sc_model.native.compiler import NativeError
from sc_model.native.lowering import KernelBuilder
from sc_model.native.vectors import TooNarrow
from sc_model.spec import IntFormat, Rule, RuleParams

ELEMENTS = (16, 32, 64)
Kernel = TypeVar("Kernel")


def traced(rule: Rule, params: RuleParams) -> Graph:
    """The rule's graph, in a shape that its parameters' values alone do not change.

    NativeError where a value of it does not fit 64 bits.
    """
    graph = trace(rule, params, nodes=KernelBuilder)
    if graph.max_width > 64:
        raise NativeError(
            f"native kernels need every value of a rule to fit 64 bits; '{rule.family}' with these"
            f" parameters has one of {graph.max_width}: use sc_model.golden, or narrow its fields."
        )
    return graph


def narrowest_fit(rule: Rule, narrowest: int, make: Callable[[int], Kernel]) -> Kernel:
    """The kernel for the least element width that holds every value.

    Parameters
    ----------
    rule : for the error.
    narrowest : least width to try, in bits.
    make : makes the kernel for a width; it raises TooNarrow where a value does not fit.

    Raises
    ------
    NativeError
        no element is wide enough.
    """
    reason = TooNarrow("no element is so wide")
    for bits in ELEMENTS:
        if bits >= narrowest:
            try:
                return make(bits)
            except TooNarrow as error:
                reason = error
    raise NativeError(
        f"no vector kernel for the rule '{rule.family}' with these parameters: {reason}."
    )


def runtime(bits: int) -> str:
    """The text that every kernel begins with: vectors of elements of that many bits."""
    text = files("sc_model.native").joinpath("vector.h").read_text(encoding="utf-8")
    return f"#define ELEMENT_BITS {bits}\n{text}"


def address(array: NDArray[Any]) -> ctypes.c_void_p:
    """The address of an array."""
    return ctypes.c_void_p(array.ctypes.data)


def pointers(arrays: list[NDArray[Any]]) -> Any:
    """The addresses of arrays, as C takes them."""
    return (ctypes.c_void_p * max(1, len(arrays)))(*(array.ctypes.data for array in arrays))


def packed(
    name: str,
    values: ArrayLike,
    shape: tuple[int, ...],
    form: IntFormat,
    element: np.dtype[Any],
    bias: int,
) -> NDArray[Any]:
    """The values saturated into a format, minus a bias, as a contiguous array of elements.

    Raises what `saturated_array` raises.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "iu" or array.dtype == np.uint64 or array.shape != shape:
        array = saturated_array(name, values, shape, form, np.dtype(np.int64))
    else:  # narrow integers are not widened on the way: these are the large arrays
        least, most = np.iinfo(array.dtype).min, np.iinfo(array.dtype).max
        if least < form.lo or most > form.hi:
            array = np.clip(array, max(form.lo, least), min(form.hi, most))
    if bias:
        array = array.astype(np.int64) - bias
    return np.ascontiguousarray(array.astype(element, copy=False))
