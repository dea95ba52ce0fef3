"""The compact forms of what lies between two populations: a kernel, or a list of synapses.

A web of linear nodes is one sparse matrix (`sc_model.interchange.taps`). Where the nodes are a pool
and a convolution in a row, a kernel of that shape is read off the matrix, whatever factors are on
the way, and the matrix must then be that of the kernel. A matrix that is no kernel becomes a list
where enough of it is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import nir
import numpy as np
from scipy.sparse import coo_array

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.flat import FlatGraph
from sc_model.interchange.graph import FloatPopulation
from sc_model.interchange.taps import Floats, Sparse, Taps
from sc_model.interchange.unroll import Shape, integers
from sc_model.quantisation.connections import NEVER, Kernel, Lists
from sc_model.spec import ConfigError, ConvSpec

# Share of zeros from which a matrix is a list: an entry holds a neuron's number beside its weight,
# so with 8 bits of weight and 10 of number a list is smaller from 56 % on.
ZEROS = 0.6
MOST_PLACES = 1 << 24  # of rows that are filled up with zeros
SAME = 1e-12  # relative difference of two numbers of a matrix that are one number of a kernel
POOLS = (nir.SumPool2d, nir.AvgPool2d)
CONVOLUTIONS = (nir.Conv1d, nir.Conv2d)
FULL = (nir.Linear, nir.Affine)


class Rows(NamedTuple):
    """Numbers of a layer with connections.

    Members
    -------
    connections : which synapses they are of.
    weight : (rows, numbers).
    delay : the same shape, steps; None without delays.
    """

    connections: Kernel | Lists
    weight: Floats
    delay: Floats | None


# --- kernels --------------------------------------------------------------------------------------


def kernel_shape(
    flat: FlatGraph,
    shapes: Mapping[str, Shape],
    populations: Mapping[str, FloatPopulation],
    target: str,
) -> tuple[str, ConvSpec] | None:
    """The population behind which a pool and a convolution lead to another one, and their sizes.

    None where other nodes do, and for what a layer of kind `conv` does not have: dilation, unequal
    margins, windows of a pool that overlap.
    """
    here, path = target, list[str]()
    while not path or here not in populations:
        before = flat.into(here)
        if len(before) != 1:
            return None
        (here,) = before
        if here not in populations:
            path.append(here)
        elif not path:
            return None
    inputs = dict(zip(path, [*path[1:], here], strict=True))
    nodes = [name for name in reversed(path) if not isinstance(flat.nodes[name], _PLAIN)]
    fields: dict[str, Any] = {}
    for name in nodes:
        more = _fields(flat.nodes[name], shapes[inputs[name]], fields)
        if more is None:
            return None
        fields |= more
    if not fields:
        return None
    if "kernel" not in fields:  # a pool alone
        channels = fields["image"][0]
        fields |= {"kernel": (1, 1), "channels": channels, "channel_groups": channels}
    try:
        return here, ConvSpec(name="kernel", **fields)
    except ConfigError:  # an image of more values than a layer may have
        return None


_PLAIN = (nir.Flatten, nir.Scale)  # what changes numbers, or only the shape of values


def _fields(node: Any, shape: Shape, before: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a `ConvSpec` that a node adds to those before it; None where it has none."""
    if isinstance(node, POOLS):
        kernel, stride, padding = (
            integers(each, 2) for each in (node.kernel_size, node.stride, node.padding)
        )
        if before or kernel != stride or any(padding) or len(_image(shape)) != 3:
            return None
        return {"image": _image(shape), "pool": kernel}
    if isinstance(node, CONVOLUTIONS) and "kernel" not in before:
        return _convolution(node, shape, before)
    if isinstance(node, FULL) and "pool" in before and "kernel" not in before:
        # a kernel as large as the pooled image, at one place
        channels, *sizes = before["image"]
        kernel = tuple(size // pool for size, pool in zip(sizes, before["pool"], strict=True))
        weight = np.shape(node.weight)
        fits = len(weight) == 2 and weight[1] == channels * int(np.prod(kernel))
        return {"kernel": kernel, "channels": int(weight[0])} if fits else None
    return None


def _convolution(node: Any, shape: Shape, before: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a convolution; one of one dimension is an image of height 1."""
    flat = isinstance(node, nir.Conv1d)
    count = 1 if flat else 2
    outputs, _, *kernel = np.shape(node.weight)
    stride, dilation = integers(node.stride, count), integers(node.dilation, count)
    if any(each != 1 for each in dilation):
        return None
    padding = node.padding.decode() if isinstance(node.padding, bytes) else node.padding
    if isinstance(padding, str):
        if padding == "same" and any(size % 2 == 0 for size in kernel):
            return None  # one zero more on one side
        same = padding == "same"
        margins = tuple((size - 1) // 2 * same for size in kernel)
    else:
        margins = integers(padding, count)
    if flat:
        kernel, stride, margins = [1, *kernel], (1, *stride), (0, *margins)
    image = _image(shape)
    image = (image[0], 1, *image[1:]) if flat and len(image) == 2 else image
    if len(image) != 3:
        return None
    return {
        **({} if before else {"image": image}),
        "channels": int(outputs),
        "kernel": tuple(int(size) for size in kernel),
        "stride": stride,
        "padding": margins,
        "channel_groups": int(np.ravel(node.groups)[0]),
    }


def _image(shape: Shape) -> Shape:
    """A shape without a batch of one in front."""
    plain = tuple(int(each) for each in shape)
    return plain[1:] if len(plain) == 4 and plain[0] == 1 else plain


def kernel_rows(matrix: Sparse, spec: ConvSpec) -> Rows | None:
    """The kernel of a matrix (neurons, inputs); None where the matrix is not that of a kernel."""
    if matrix.shape != (spec.neurons, spec.inputs):
        return None
    kernel = Kernel(spec)
    synapses = kernel.synapses()
    values = np.asarray(matrix[synapses.neuron, synapses.column]).reshape(-1)
    flat = np.zeros(int(np.prod(spec.kernel_shape)))
    flat[synapses.place] = values
    alike = np.abs(values - flat[synapses.place]) <= SAME * np.abs(values)
    if not alike.all() or np.count_nonzero(values) != matrix.nnz:
        return None
    return Rows(kernel, flat.reshape(spec.channels, -1), None)


def of_channels(values: Floats, kernel: Kernel) -> Floats | None:
    """Numbers of neurons as one for each channel; None where neurons of a channel differ."""
    places = values.reshape(-1, kernel.repeated)
    return places[:, 0].copy() if (places == places[:, :1]).all() else None


# --- lists ----------------------------------------------------------------------------------------


def zeros(taps: Taps) -> float:
    """Share of a map's synapses that are not there."""
    there = sum(int(matrix.nnz) for _, matrix in taps)
    return 1.0 - there / (taps.shape[0] * taps.shape[1])


def list_rows(name: str, direct: Taps, own: Taps | None) -> Rows:
    """The synapses of a population: those from its inputs, and from itself.

    InterchangeError, which names the population, where rows of a neuron each would be too large.
    """
    neurons, inputs = direct.shape
    parts = [np.zeros((4, 0))]
    for taps, first in ((direct, 0), (own, inputs)):
        for steps, matrix in taps or ():
            each = coo_array(matrix)
            late = np.full(each.nnz, steps)
            parts.append(np.stack([each.row, each.col + first, late, each.data]))
    row, column, delay = (np.concatenate(parts, axis=1)[:3]).astype(np.int64)
    value = np.concatenate(parts, axis=1)[3]
    order = np.lexsort((delay, column, row))
    row, column, value, delay = row[order], column[order], value[order], delay[order]
    count = np.bincount(row, minlength=neurons)
    most = max(1, int(count.max()))
    if neurons * most > MOST_PLACES:
        raise InterchangeError(
            f"node '{name}' must have at most {MOST_PLACES:,} synapses if each of its"
            f" {neurons:,} neurons had as many as that with most ({most:,}); split the layer, or"
            " prune it evenly."
        )
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    columns = np.full((neurons, most), NEVER, np.int64)
    weight, late = np.zeros((2, neurons, most))
    columns[row, place], weight[row, place], late[row, place] = column, value, delay
    return Rows(Lists(columns, inputs), weight, late if late.any() else None)
