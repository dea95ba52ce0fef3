"""Layers whose neurons have synapses from some columns only, as rows of numbers.

Rounding works on rows: a scale, a threshold and a leak for each, and their weights. A row of
`Lists` is a neuron with its synapses, filled up with zeros; a row of a `Kernel` is a channel, whose
neurons share all numbers. Memory is in proportion to what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.spec import ConvSpec, SparseSpec

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NEVER = -1  # stands for a place of a row without a synapse


@dataclass(frozen=True, eq=False)
class Synapses:
    """Synapses one by one.

    Members
    -------
    neuron, column : of each; columns are the inputs, then the layer's own neurons.
    place : of its numbers in the flattened rows.
    """

    neuron: Ints
    column: Ints
    place: Ints


@dataclass(frozen=True, eq=False)
class Kernel:
    """The connections of a convolution; a row is (input channels, height, width) of the kernel.

    Members
    -------
    shape : sizes and steps; nothing else of it is used.
    """

    shape: ConvSpec

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return self.shape.inputs

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return self.shape.neurons

    @property
    def repeated(self) -> int:
        """Neurons that share the numbers of a row."""
        return self.shape.places

    def spec(self, common: Mapping[str, Any]) -> ConvSpec:
        """The layer's configuration, with the fields that all kinds have."""
        names = ("image", "channels", "kernel", "stride", "padding", "pool", "channel_groups")
        own = {name: getattr(self.shape, name) for name in names}
        fields = {name: value for name, value in common.items() if name != "recurrent"}
        return ConvSpec(**{**fields, **own})

    def parameters(self, rows: Mapping[str, Ints]) -> dict[str, Ints]:
        """Parameters of the configuration, from those of the rows."""
        size = int(np.prod(self.shape.kernel_shape[1:]))
        weight = rows["weight"]
        bias = {"bias": weight[:, size]} if weight.shape[1] > size else {}
        return {**rows, "weight": weight[:, :size].reshape(self.shape.kernel_shape), **bias}

    def synapses(self) -> Synapses:
        """All synapses: for each neuron and place of its kernel the inputs of the pool's window."""
        spec = self.shape
        channels, rows, columns = spec.output
        neuron = np.arange(spec.neurons).reshape(spec.output)
        groups, inputs = spec.channel_groups, spec.kernel_shape[1]
        first = np.arange(channels) // (channels // groups) * inputs
        pieces = []
        for place in np.ndindex(inputs, *spec.kernel, *spec.pool):
            channel, p, q, top, left = place
            y = np.arange(rows) * spec.stride[0] + p - spec.padding[0]
            x = np.arange(columns) * spec.stride[1] + q - spec.padding[1]
            there_y = (y >= 0) & (y < spec.pooled[1])
            there_x = (x >= 0) & (x < spec.pooled[2])
            of_y = y[there_y] * spec.pool[0] + top
            of_x = x[there_x] * spec.pool[1] + left
            _, height, width = spec.image
            column = (((first + channel) * height)[:, None, None] + of_y[:, None]) * width + of_x
            number = (np.arange(channels) * inputs + channel) * spec.kernel[0] + p
            weight = (number * spec.kernel[1] + q)[:, None, None]
            targets = neuron[:, there_y][:, :, there_x]
            pieces.append(
                (targets.ravel(), column.ravel(), np.broadcast_to(weight, targets.shape).ravel())
            )
        return Synapses(*(np.concatenate(each) for each in zip(*pieces, strict=True)))


@dataclass(frozen=True, eq=False)
class Lists:
    """Connections one by one; a row is a neuron's synapses, in the order of their columns.

    Members
    -------
    column : (neurons, most synapses of one), column of each; `NEVER` behind the last one.
    inputs : number of inputs; columns from there on are the layer's own neurons.
    """

    column: Ints
    inputs: int

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return len(self.column)

    @property
    def repeated(self) -> int:
        """Neurons that share the numbers of a row."""
        return 1

    def spec(self, common: Mapping[str, Any]) -> SparseSpec:
        """The layer's configuration, with the fields that all kinds have."""
        bias = bool(common["bias"])
        return SparseSpec(
            **{
                **common,
                "recurrent": bool((self.column >= self.inputs).any()),
                "synapses": int((self.column != NEVER).sum()) + bias * self.neurons,
                "fan_in": int((self.column != NEVER).sum(axis=1).max()) + bias,
            }
        )

    def parameters(self, rows: Mapping[str, Ints]) -> dict[str, Ints]:
        """Parameters of the configuration, from those of the rows."""
        column, last = self.column, self.inputs
        if (column >= self.inputs).any():
            last += self.neurons
        if rows["weight"].shape[1] > column.shape[1]:  # the bias
            column = np.append(column, np.full((self.neurons, 1), last), axis=1)
            last += 1
        neuron, place = np.nonzero(column != NEVER)
        order = np.lexsort((neuron, column[neuron, place]))
        neuron, place = neuron[order], place[order]
        lists = {name: rows[name][neuron, place] for name in ("weight", "delay") if name in rows}
        count = np.bincount(column[neuron, place], minlength=last)
        return {**rows, **lists, "count": count, "target": neuron}

    def synapses(self) -> Synapses:
        """All synapses but those of a bias."""
        neuron, place = np.nonzero(self.column != NEVER)
        return Synapses(neuron, self.column[neuron, place], neuron * self.column.shape[1] + place)
