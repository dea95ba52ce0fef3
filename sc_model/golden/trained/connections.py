"""Golden models of layers whose synapses are listed one by one, or by a kernel.

Both are computed from their definition, synapse by synapse in every tick: their values do not
depend on events, which compiled kernels and hardware work by.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.trained.columns import Columns
from sc_model.golden.trained.layer import TrainedLayer
from sc_model.spec import ConvSpec, CrossingSpec, SparseSpec, TrainedLayerSpec


def check_lists(spec: SparseSpec, count: NDArray[Any], target: NDArray[Any]) -> None:
    """ValueError for fan-out lists that are not those of the layer.

    Parameters
    ----------
    count : synapses of each column.
    target : neuron of each synapse, column by column.
    """
    subject = f"layer '{spec.name}'"
    if count.sum() != spec.synapses:
        raise ValueError(
            f"{subject}: count must add up to the layer's {spec.synapses:,} synapses, not to"
            f" {int(count.sum()):,}."
        )
    each = np.bincount(target.astype(np.int64), minlength=spec.neurons)
    if each.max() > spec.summands:
        raise ValueError(
            f"{subject}: target must name no neuron more than {spec.summands:,} times, not neuron"
            f" {int(each.argmax())} {int(each.max()):,} times; sums would be too wide, so give the"
            " layer a larger fan_in."
        )


def drawn_lists(spec: SparseSpec, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Random fan-out lists of a layer, ``count`` and ``target``, which `check_lists` accepts."""
    share = np.full(spec.columns, 1 / spec.columns)
    count = rng.multinomial(spec.synapses, share).astype(np.int64)
    # each neuron as often as it may be, in a random order: no neuron comes too often
    copies = min(spec.summands, -(-2 * spec.synapses // spec.neurons))
    target = rng.permutation(np.repeat(np.arange(spec.neurons), copies))[: spec.synapses]
    return {"count": count, "target": target}


class SparseLayer(TrainedLayer):
    """A layer with fan-out lists; see `TrainedLayer` and `SparseSpec`.

    Without any parameters all synapses come from the first column, with weights of 0.

    Members
    -------
    columns : the last values of the layer's columns, with the column and the delay of each synapse.
    """

    spec: SparseSpec

    def _connect(self, *, by_user: bool) -> None:
        count = self.parameters["count"].astype(np.int64)
        if not by_user:
            count[0] = self.spec.synapses
            self.parameters["count"] = count.astype(self._dtype)
        self._target = self.parameters["target"].astype(np.int64)
        if by_user:
            check_lists(self.spec, count, self._target)
        column = np.repeat(np.arange(self.spec.columns), count)
        delay = self.parameters["delay"].astype(np.int64) if self.spec.max_delay else 0
        self.columns = Columns(self.spec, self.crossing.value, delay, column)

    def _summed(self, values: NDArray[Any]) -> NDArray[Any]:
        current = np.zeros(self.spec.neurons, self._dtype)
        products = self._products(self.synapse_constants, values.astype(self._dtype))
        np.add.at(current, self._target, products)
        return current


class ConvLayer(TrainedLayer):
    """A layer with a kernel; see `TrainedLayer` and `ConvSpec`.

    One product of arrays is taken for each place of the kernel and of a window of the pool, so the
    synapses are never there all at once.
    """

    spec: ConvSpec

    def _connect(self, *, by_user: bool) -> None:
        # one column, for the checks and the last values: no synapse is listed
        none = np.zeros(0, np.int64)
        self.columns = Columns(self.spec, self.crossing.value, 0, none)

    def _of_neurons(self, values: NDArray[Any]) -> NDArray[Any]:
        return np.repeat(values, self.spec.places)

    def _current(self, x: ArrayLike) -> NDArray[Any]:
        spec = self.spec
        self.columns.take(x, self.fired)
        image = self.columns.history[0, : spec.inputs].reshape(spec.image).astype(self._dtype)
        channels, height, width = spec.output
        total = np.zeros(
            (spec.channel_groups, channels // spec.channel_groups, height, width), self._dtype
        )
        for top, left in np.ndindex(*spec.pool):
            window = self._padded(image, top, left)
            for row, column in np.ndindex(*spec.kernel):
                total += self._place(window, row, column)
        current = total.reshape(channels, -1)
        if spec.bias:
            current = current + self.parameters["bias"][:, None]
        return current.reshape(-1)

    def _padded(self, image: NDArray[Any], top: int, left: int) -> NDArray[Any]:
        """The values at one place of each window of the pool, with zeros around them."""
        spec = self.spec
        channels, height, width = spec.pooled
        (down, right), (rows, columns) = spec.pool, spec.padding
        result = np.zeros((channels, height + 2 * rows, width + 2 * columns), self._dtype)
        values = image[:, top::down, left::right][:, :height, :width]
        result[:, rows : rows + height, columns : columns + width] = values
        return result

    def _place(self, window: NDArray[Any], row: int, column: int) -> NDArray[Any]:
        """What one place of the kernel adds: (groups, channels / groups, height, width)."""
        spec = self.spec
        _, height, width = spec.output
        down, right = spec.stride
        values = window[:, row::down, column::right][:, :height, :width]
        values = values.reshape(spec.channel_groups, 1, -1, height, width)
        weight = self.parameters["weight"][:, :, row, column]
        weight = weight.reshape(spec.channel_groups, -1, weight.shape[1], 1, 1)
        total: NDArray[Any] = self._products({"weight": weight}, values).sum(axis=2)
        return total


def trained_layer(
    spec: TrainedLayerSpec,
    crossing: CrossingSpec,
    tick_ms: float,
    parameters: Mapping[str, ArrayLike] | None = None,
) -> TrainedLayer:
    """The golden layer of a configuration; parameters and errors are those of `TrainedLayer`."""
    kinds: dict[str, type[TrainedLayer]] = {
        "full": TrainedLayer,
        "sparse": SparseLayer,
        "kernel": ConvLayer,
    }
    return kinds[spec.CONNECTIVITY](spec, crossing, tick_ms, parameters)
