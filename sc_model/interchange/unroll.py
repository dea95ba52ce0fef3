"""Linear NIR nodes as sparse matrices on flattened values (C order)."""

from __future__ import annotations

from typing import Any

import nir
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, eye_array

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.taps import Floats, Sparse, block_diagonal, sparse

Shape = tuple[int, ...]


def linear_node(name: str, node: Any, shape: Shape) -> tuple[Sparse, Floats | None, Shape]:
    """Matrix, bias or None, and output shape of a linear node for inputs of a shape.

    Nodes: Linear, Affine, Scale, Flatten, Conv1d, Conv2d, SumPool2d, AvgPool2d.

    Raises InterchangeError for a shape that does not fit.
    """
    size = int(np.prod(shape, dtype=np.int64))
    if isinstance(node, nir.Linear | nir.Affine):
        weight = array(node.weight)
        out = (*weight.shape[:-2], weight.shape[-2])
        _fits(name, size, int(np.prod(weight.shape)) // weight.shape[-2], shape)
        bias = (
            np.broadcast_to(array(node.bias), out).reshape(-1).copy()
            if isinstance(node, nir.Affine)
            else None
        )
        return block_diagonal(weight), bias, out
    if isinstance(node, nir.Scale):
        factors = array(node.scale)
        if factors.size != 1:
            _fits(name, size, factors.size, shape)
        values = np.broadcast_to(factors.reshape(-1), (size,))
        return sparse(eye_array(size, format="csr").multiply(values[:, None])), None, shape
    if isinstance(node, nir.Flatten):
        return sparse(eye_array(size, format="csr")), None, flattened(name, node, shape)
    if isinstance(node, nir.Conv1d):
        return _convolution(name, node, shape, 1)
    if isinstance(node, nir.Conv2d):
        return _convolution(name, node, shape, 2)
    return _pool(name, node, shape)


def array(value: Any) -> Floats:
    """A node's field as float64: NumPy's, or a tensor that a package left in a graph."""
    return np.asarray(value, np.float64)


def integers(value: Any, count: int) -> tuple[int, ...]:
    """A field that is one integer or `count` of them."""
    found = [int(each) for each in np.asarray(value).reshape(-1)]
    return tuple(found * count) if len(found) == 1 else tuple(found)


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


def _fits(name: str, size: int, wanted: int, shape: Shape) -> None:
    if size != wanted:
        raise InterchangeError(
            f"node '{name}' must get {wanted} values, not {size} (shape {shape})."
        )


def _windows(
    size: int, kernel: int, stride: int, low: int, high: int, dilation: int
) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """For each place of the kernel on an axis: outputs that see an input there, and the input."""
    count = (size + low + high - dilation * (kernel - 1) - 1) // stride + 1
    places = np.arange(max(count, 0))
    found = []
    for number in range(kernel):
        inputs = places * stride - low + number * dilation
        inside = (inputs >= 0) & (inputs < size)
        found.append((places[inside], inputs[inside]))
    return found


def _padding(name: str, node: Any, kernel: Shape, dilation: Shape) -> list[tuple[int, int]]:
    if isinstance(node.padding, str | bytes):
        word = node.padding.decode("utf-8") if isinstance(node.padding, bytes) else node.padding
        if word == "valid":
            return [(0, 0)] * len(kernel)
        if any(step != 1 for step in integers(node.stride, len(kernel))):
            raise InterchangeError(
                f"node '{name}' must have stride 1 with padding 'same', not {node.stride}."
            )
        total = [each * (size - 1) for each, size in zip(dilation, kernel, strict=True)]
        return [(each // 2, each - each // 2) for each in total]
    return [(each, each) for each in integers(node.padding, len(kernel))]


def _convolution(
    name: str, node: Any, shape: Shape, dimensions: int
) -> tuple[Sparse, Floats, Shape]:
    """A convolution, as PyTorch defines it."""
    weight, groups = array(node.weight), int(node.groups)
    outputs, each_in, kernel = weight.shape[0], weight.shape[1], weight.shape[2:]
    channels = each_in * groups
    if len(shape) != dimensions + 1 or shape[0] != channels:
        raise InterchangeError(
            f"node '{name}' ({type(node).__name__}) must get {channels} channels of {dimensions}"
            f" dimensions, not shape {shape}."
        )
    stride, dilation = integers(node.stride, dimensions), integers(node.dilation, dimensions)
    padding = _padding(name, node, kernel, dilation)
    sizes = shape[1:]
    axes = [
        _windows(size, k, s, low, high, d)
        for size, k, s, (low, high), d in zip(sizes, kernel, stride, padding, dilation, strict=True)
    ]
    out = tuple(
        (size + low + high - d * (k - 1) - 1) // s + 1
        for size, k, s, (low, high), d in zip(sizes, kernel, stride, padding, dilation, strict=True)
    )
    _room(name, node, out, shape)
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
        else np.broadcast_to(array(node.bias).reshape(-1), (outputs,))
    )
    return sparse(matrix), np.repeat(bias, int(np.prod(out))), (outputs, *out)


def _room(name: str, node: Any, out: Shape, shape: Shape) -> None:
    if min(out) < 1:
        raise InterchangeError(
            f"node '{name}' ({type(node).__name__}) must fit into its input, not be larger than"
            f" shape {shape}."
        )


def _pool(name: str, node: Any, shape: Shape) -> tuple[Sparse, None, Shape]:
    """A pool, as a convolution; the mean of AvgPool2d counts the zeros around the input."""
    if len(shape) != 3:
        raise InterchangeError(
            f"node '{name}' ({type(node).__name__}) must get (channels, height, width), not shape"
            f" {shape}."
        )
    kernel, stride, padding = (
        integers(each, 2) for each in (node.kernel_size, node.stride, node.padding)
    )
    channels = shape[0]
    weight = np.zeros((channels, 1, *kernel))
    weight[:] = 1.0 / np.prod(kernel) if isinstance(node, nir.AvgPool2d) else 1.0
    as_convolution = nir.Conv2d(None, weight, stride, padding, 1, channels, np.zeros(channels))
    matrix, _, out = _convolution(name, as_convolution, shape, 2)
    return matrix, None, out
