"""Linear NIR nodes as sparse matrices on flattened values (C order)."""

from __future__ import annotations

import math
from typing import Any

import nir
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, eye_array

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.nodes import bare
from sc_model.interchange.taps import Floats, Sparse, block_diagonal, sparse

Shape = tuple[int, ...]
MAX_WEIGHTS = 1 << 23  # of one convolution, unrolled; a matrix takes 12 bytes for each, and copies
MAX_PLACES = 1 << 16  # of a kernel, times input channels: each is a step of a Python loop


def linear_shape(name: str, node: Any, shape: Shape) -> Shape:
    """The output shape of a linear node for inputs of a shape.

    Raises InterchangeError for a shape that does not fit.
    """
    if isinstance(node, nir.Linear | nir.Affine):
        weight = np.shape(node.weight)
        return (*weight[:-2], weight[-2])
    if isinstance(node, nir.Scale):
        _scale(name, node, shape)
        return shape
    if isinstance(node, nir.Flatten):
        return flattened(name, node, shape)
    if isinstance(node, nir.Conv1d):
        return _geometry(_where(name, node), node, shape, 1)[0]
    if isinstance(node, nir.Conv2d):
        return _geometry(_where(name, node), node, shape, 2)[0]
    where = _where(name, node)
    return _geometry(where, _pool(where, node, shape), shape, 2)[0]


def linear_node(name: str, node: Any, shape: Shape) -> tuple[Sparse, Floats | None, Shape]:
    """Matrix, bias or None, and output shape of a linear node for inputs of a shape.

    Nodes: Linear, Affine, Scale, Flatten, Conv1d, Conv2d, SumPool2d, AvgPool2d.

    Raises InterchangeError for a shape that does not fit.
    """
    size = int(np.prod(shape, dtype=np.int64))
    if isinstance(node, nir.Linear | nir.Affine):
        weight = array(node.weight)
        out = (*weight.shape[:-2], weight.shape[-2])
        _fits(name, node, size, weight.size // weight.shape[-2], shape)
        bias = _bias(name, node, out) if isinstance(node, nir.Affine) else None
        return block_diagonal(weight), bias, out
    if isinstance(node, nir.Scale):
        values = _scale(name, node, shape)
        return sparse(eye_array(size, format="csr").multiply(values[:, None])), None, shape
    if isinstance(node, nir.Flatten):
        return sparse(eye_array(size, format="csr")), None, flattened(name, node, shape)
    if isinstance(node, nir.Conv1d):
        return _convolution(_where(name, node), node, shape, 1)
    if isinstance(node, nir.Conv2d):
        return _convolution(_where(name, node), node, shape, 2)
    where = _where(name, node)
    matrix, _, out = _convolution(where, _pool(where, node, shape), shape, 2)
    return matrix, None, out


def _bias(name: str, node: Any, out: Shape) -> Floats:
    """The bias of an Affine, one for each output."""
    bias, size = array(node.bias), int(np.prod(out, dtype=np.int64))
    if bias.size not in (1, size):
        raise InterchangeError(
            f"{_where(name, node)} must have one number in bias or {size}, one for each output, not"
            f" shape {bias.shape}."
        )
    return np.broadcast_to(bias.reshape(-1), (size,)).copy()


def _scale(name: str, node: Any, shape: Shape) -> Floats:
    """The factors of a Scale, one for each value."""
    factors, size = array(node.scale), int(np.prod(shape, dtype=np.int64))
    per_channel = (
        factors.ndim == len(shape)
        and bare(factors.shape) != bare(shape)
        and all(one in (1, each) for one, each in zip(factors.shape, shape, strict=True))
    )
    if per_channel and factors.size != 1:
        return np.broadcast_to(factors, shape).reshape(-1).copy()
    if factors.size != 1:
        _fits(name, node, size, factors.size, shape)
    return np.broadcast_to(factors.reshape(-1), (size,))


def _where(name: str, node: Any) -> str:
    return f"node '{name}' ({type(node).__name__})"


def array(value: Any) -> Floats:
    """A node's field as float64: NumPy's, or a tensor that a package left in a graph."""
    return np.asarray(value, np.float64)


def integers(value: Any, count: int) -> tuple[int, ...]:
    """A field that is one integer or `count` of them."""
    numbers = [int(each) for each in np.asarray(value).reshape(-1)]
    return tuple(numbers * count) if len(numbers) == 1 else tuple(numbers)


def flattened(name: str, node: Any, shape: Shape) -> Shape:
    """The output shape of a Flatten."""
    dimensions = len(shape)
    start, end = (
        int(each) + (dimensions if int(each) < 0 else 0) for each in (node.start_dim, node.end_dim)
    )
    if not 0 <= start <= end < dimensions:
        if dimensions == 1:  # there is nothing to flatten
            return shape
        raise InterchangeError(
            f"node '{name}' (Flatten) must flatten dimensions of its input of shape {shape}, not"
            f" {node.start_dim} to {node.end_dim}."
        )
    return (*shape[:start], int(np.prod(shape[start : end + 1])), *shape[end + 1 :])


def _fits(name: str, node: Any, size: int, count: int, shape: Shape) -> None:
    if size != count:
        raise InterchangeError(
            f"{_where(name, node)} must get {count} values, not {size} (shape {shape})."
        )


def _windows(
    size: int, kernel: int, stride: int, low: int, high: int, dilation: int
) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """For each place of the kernel on an axis: outputs that see an input there, and the input."""
    count = (size + low + high - dilation * (kernel - 1) - 1) // stride + 1
    places = np.arange(max(count, 0))
    windows = []
    for number in range(kernel):
        inputs = places * stride - low + number * dilation
        inside = (inputs >= 0) & (inputs < size)
        windows.append((places[inside], inputs[inside]))
    return windows


def _padding(where: str, node: Any, kernel: Shape, dilation: Shape) -> list[tuple[int, int]]:
    if isinstance(node.padding, str | bytes):
        word = node.padding.decode("utf-8") if isinstance(node.padding, bytes) else node.padding
        if word == "valid":
            return [(0, 0)] * len(kernel)
        if any(step != 1 for step in integers(node.stride, len(kernel))):
            raise InterchangeError(
                f"{where} must have stride 1 with padding 'same', not {node.stride}."
            )
        total = [each * (size - 1) for each, size in zip(dilation, kernel, strict=True)]
        return [(each // 2, each - each // 2) for each in total]
    return [(each, each) for each in integers(node.padding, len(kernel))]


def _geometry(
    where: str, node: Any, shape: Shape, dimensions: int
) -> tuple[Shape, tuple[int, ...], tuple[int, ...], list[tuple[int, int]]]:
    """Output shape, stride, dilation and padding of a convolution.

    Raises InterchangeError for another number of channels or dimensions, for a kernel that is
    larger than what it looks at, and for one of more than `MAX_WEIGHTS` when it is unrolled.
    """
    weight, groups = np.shape(node.weight), int(np.ravel(node.groups)[0])
    channels, kernel = weight[1] * groups, weight[2:]
    if len(shape) == dimensions + 2 and shape[0] == 1:
        shape = shape[1:]  # of a batch of one
    if len(shape) != dimensions + 1 or shape[0] != channels:
        raise InterchangeError(
            f"{where} must get {channels} channels of {dimensions} dimensions, not shape {shape}."
        )
    stride, dilation = integers(node.stride, dimensions), integers(node.dilation, dimensions)
    padding = _padding(where, node, kernel, dilation)
    out = tuple(
        (size + low + high - d * (k - 1) - 1) // s + 1
        for size, k, s, (low, high), d in zip(
            shape[1:], kernel, stride, padding, dilation, strict=True
        )
    )
    if min(out) < 1:
        raise InterchangeError(
            f"{where} must fit into its input, not be larger than shape {shape}."
        )
    places = int(weight[1]) * math.prod(int(each) for each in kernel)
    weights = int(weight[0]) * places * math.prod(out)
    if weights > MAX_WEIGHTS or places > MAX_PLACES:
        raise InterchangeError(
            f"{where} must have at most {MAX_WEIGHTS:,} weights when it is unrolled,"
            f" and {MAX_PLACES:,} for each output, not {weights:,} and {places:,}; make the kernel"
            " or its input smaller."
        )
    return (int(weight[0]), *out), stride, dilation, padding


def _convolution(
    where: str, node: Any, shape: Shape, dimensions: int
) -> tuple[Sparse, Floats, Shape]:
    """A convolution, as PyTorch defines it."""
    full, stride, dilation, padding = _geometry(where, node, shape, dimensions)
    weight, groups = array(node.weight), int(np.ravel(node.groups)[0])
    outputs, each_in, kernel = weight.shape[0], weight.shape[1], weight.shape[2:]
    sizes, out = shape[-dimensions:], full[1:]
    axes = [
        _windows(size, k, s, low, high, d)
        for size, k, s, (low, high), d in zip(sizes, kernel, stride, padding, dilation, strict=True)
    ]
    # a matrix entry for each place of the kernel, channel, and output that the place reaches
    rows, columns, values = [], [], []
    channel_out = np.arange(outputs)
    group = channel_out // (outputs // groups)
    for place in np.ndindex(*kernel):
        pairs = [axis[number] for axis, number in zip(axes, place, strict=True)]
        # flat indices, within a channel, of the outputs and of the inputs that they see there
        to, of = (
            np.ravel_multi_index(
                np.meshgrid(*(pair[side] for pair in pairs), indexing="ij"), dims
            ).reshape(-1)
            for side, dims in ((0, out), (1, sizes))
        )
        for number in range(each_in):
            channel_in = group * each_in + number
            rows.append((channel_out[:, None] * int(np.prod(out)) + to).reshape(-1))
            columns.append((channel_in[:, None] * int(np.prod(sizes)) + of).reshape(-1))
            values.append(np.repeat(weight[(slice(None), number, *place)], to.size))
    size = (outputs * int(np.prod(out)), int(np.prod(shape)))
    matrix = coo_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=size
    )
    bias = (
        np.zeros(outputs)
        if node.bias is None
        else np.broadcast_to(array(node.bias).reshape(-1), (outputs,))  # one, or one for each
    )
    return sparse(matrix), np.repeat(bias, int(np.prod(out))), (outputs, *out)


def _pool(where: str, node: Any, shape: Shape) -> Any:
    """A pool, as a convolution; the mean of AvgPool2d counts the zeros around the input."""
    spatial = shape[1:] if len(shape) == 4 and shape[0] == 1 else shape
    if len(spatial) != 3:
        raise InterchangeError(f"{where} must get (channels, height, width), not shape {shape}.")
    kernel, stride, padding = (
        integers(each, 2) for each in (node.kernel_size, node.stride, node.padding)
    )
    channels = spatial[0]
    if channels * math.prod(kernel) > MAX_WEIGHTS:
        raise InterchangeError(
            f"{where} must fit into its input, not be larger than shape {shape}."
        )
    weight = np.zeros((channels, 1, *kernel))
    weight[:] = 1.0 / np.prod(kernel) if isinstance(node, nir.AvgPool2d) else 1.0
    return nir.Conv2d(None, weight, stride, padding, 1, channels, np.zeros(channels))
