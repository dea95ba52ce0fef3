"""The memories of a network's trained layers in their windows: parameters and state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_driver.blocks.board_block import Memory
from sc_driver.errors import ManifestError
from sc_driver.windows import Window

FRESH, FIRED, HISTORY, SCORE = "fresh", "fired", "history", "score"
ARRIVING = "arriving"
LISTS, COUNT = "input", "count"  # space and field of a sparse layer's lists


def memory_of(
    window: Window, layer: Mapping[str, Any], described: Mapping[str, Any]
) -> TrainedMemory:
    """The memories of a layer; `layer`: as in a design file, `described`: of the manifest."""
    return (KernelMemory if "kernel" in layer else TrainedMemory)(window, layer, described)


class TrainedMemory:
    """Parameters and state of a trained layer in a window.

    Members
    -------
    parameters : what training gives: least and greatest value by name.
    """

    def __init__(
        self, window: Window, layer: Mapping[str, Any], described: Mapping[str, Any]
    ) -> None:
        """`layer`: as in a design file; `described`: its part of the manifest.

        Raises
        ------
        ManifestError
            The layer's synapses are not one for each column of each neuron.
        """
        self.window, self._layer = window, layer
        self.parameters: Mapping[str, tuple[int, int]] = described["parameters"]
        neurons, columns = layer["neurons"], described["columns"]
        # Of a sparse layer a word each for the synapses that there are, and a list for each column.
        self._lists = LISTS in window.spaces
        if (
            not self._lists
            and window.spaces["synapse"]["words"] != -(-neurons // layer["lanes"]) * columns
        ):
            raise ManifestError(
                "The driver runs layers with a synapse for each input of each neuron, not yet"
                f" '{layer['name']}' of kind '{layer['kind']}'; use model or rtl."
            )
        # Of the event engine a layer with delays has sums to come, and not its columns' past.
        self._sums: tuple[int, ...] | None = None
        if HISTORY in window.spaces and layer["engine"] == "events" and layer["max_delay"]:
            lanes = layer["lanes"]
            banks, sets = layer["max_delay"] + 2, described["partial_sums"]
            self._sums = (banks, sets, -(-neurons // lanes), lanes)
        shapes = {
            "synapse": (layer["synapses"],) if self._lists else (neurons, columns),
            LISTS: (columns,),
            "neuron": (neurons,),
            "control": (),
            HISTORY: self._sums or (columns,),
        }
        self._shapes: dict[str, tuple[int, ...]] = {
            name: shapes[name]
            for name, space in window.spaces.items()
            # sums of a sparse layer without delays are 0 between ticks
            if space["fields"] and (name != HISTORY or layer["max_delay"])
        }

    def _where(self, space: str) -> tuple[dict[str, Any], int]:
        """Addresses of all words of a space in the order of its arrays, and their number.

        Neuron n is in lane n % lanes. There a sweep goes from neuron to neuron, an event from group
        to group of one column.
        """
        shape, lanes = self._shapes[space], self._layer["lanes"]
        count = int(np.prod(shape, dtype=int))
        if space == HISTORY and self._sums is not None:
            bank, number, group, lane = (axis.ravel() for axis in np.indices(self._sums))
            _, sets, groups, _ = self._sums
            of_group = max(1, (groups - 1).bit_length())
            of_set = (sets - 1).bit_length()
            return {
                "lane": lane,
                "word": group | number << of_group | bank << (of_group + of_set),
            }, count
        if space != "synapse" or self._lists:
            return ({"word": np.arange(count)} if shape else {}), count
        neuron, column = np.divmod(np.arange(count), shape[1])
        group, lane = np.divmod(neuron, lanes)
        groups = -(-shape[0] // lanes)
        events = self._layer["engine"] == "events"
        word = column * groups + group if events else group * shape[1] + column
        return {"lane": lane, "word": word}, count

    def memories(self) -> Iterator[Memory]:
        """All spaces."""
        for space in self._shapes:
            fields = self.window.spaces[space]["fields"]
            yield Memory(self.window, space, *self._where(space), fields)

    def initial(self) -> dict[str, NDArray[Any]]:
        """Every field 0, or a parameter's least value where that is more."""
        fields: dict[str, NDArray[Any]] = {}
        for space, shape in self._shapes.items():
            names = [field["name"] for field in self.window.spaces[space]["fields"]]
            if space == HISTORY and self._sums is not None:
                fields[ARRIVING] = np.zeros(self._arriving_shape, np.int64)
            elif space == HISTORY:
                fields[HISTORY] = np.zeros((*shape, len(names)), np.int64)
            elif space == LISTS:  # all synapses from the first column, as in the model
                fields[COUNT] = np.zeros(shape, np.int64)
                fields[COUNT][0] = self._layer["synapses"]
            elif space != "control":
                least = {name: max(0, low) for name, (low, _) in self.parameters.items()}
                fields |= {name: np.full(shape, least.get(name, 0), np.int64) for name in names}
        return fields

    @property
    def _arriving_shape(self) -> tuple[int, int]:
        return self._layer["neurons"], self._layer["max_delay"]

    def _arriving(self, sums: NDArray[Any]) -> NDArray[Any]:
        """The sums of the ticks to come, out of those of all banks, the next tick's first."""
        banks, sets = (self._sums or (1, 1))[:2]
        neurons, ahead = self._arriving_shape
        totals = sums.reshape(banks, sets, -1).sum(axis=1)
        return np.asarray(totals[:ahead, :neurons].T)

    def _words_of(self, arriving: NDArray[Any]) -> NDArray[Any]:
        """The sums of all banks."""
        neurons, ahead = self._arriving_shape
        banks, sets, groups, lanes = self._sums or (1, 1, 1, 1)
        sums = np.zeros((banks, sets, groups * lanes), np.int64)
        sums[:ahead, 0, :neurons] = np.asarray(arriving).T
        return sums.ravel()

    def read(self) -> dict[str, NDArray[Any]]:
        """Every field; before a layer's first tick its state is 0, whatever its memories hold."""
        state: dict[str, NDArray[Any]] = {}
        fresh = False
        for memory in self.memories():
            values = memory.read()
            if memory.space == "control":
                fresh = bool(values[FRESH][0])
            elif memory.space == HISTORY and self._sums is not None:
                state[ARRIVING] = self._arriving(values[ARRIVING])
            elif memory.space == LISTS:
                state[COUNT] = values[COUNT]
            elif memory.space == HISTORY:  # a field for each age
                state[HISTORY] = np.stack(list(values.values()), axis=1)
            else:
                shape = self._shapes[memory.space]
                state |= {name: array.reshape(shape) for name, array in values.items()}
        if fresh:
            state |= {n: np.zeros_like(v) for n, v in state.items() if n not in self.parameters}
        return state

    def scores(self, *, of_fresh: bool = False) -> NDArray[np.int64] | None:
        """Scores of a readout; 0 before the first tick, None where the layer has no readout.

        `of_fresh`: a layer that counts as before its first tick has ended a sample.
        """
        memories = {memory.space: memory for memory in self.memories()}
        if all(field["name"] != SCORE for field in memories["neuron"].fields):
            return None
        fresh = bool(memories["control"].read()[FRESH][0]) and not of_fresh
        return np.asarray(memories["neuron"].read()[SCORE], np.int64) * (not fresh)

    def write(self, state: Mapping[str, NDArray[Any]], fresh: bool) -> None:
        """Write every field; `fresh`: the layer has not ticked since its reset."""
        for memory in self.memories():
            names = [field["name"] for field in memory.fields]
            if memory.space == "control":
                values: dict[str, Any] = {FRESH: np.array([int(fresh)])}
            elif memory.space == HISTORY and self._sums is not None:
                values = {ARRIVING: self._words_of(state[ARRIVING])}
            elif memory.space == LISTS:
                count = np.asarray(state[COUNT], np.int64)
                values = {"start": np.cumsum(count) - count, COUNT: count}
            elif memory.space == HISTORY:
                values = dict(zip(names, np.asarray(state[HISTORY]).T, strict=True))
            else:
                values = {name: np.ravel(state[name]) for name in names}
            memory.load(values)


class KernelMemory(TrainedMemory):
    """Parameters and state of a convolution in a window.

    The kernel is stored turned round, and behind it the biases; all neurons of a channel have its
    parameters. Arrays are those of the model: ``weight`` (channels, input channels of a group,
    height, width), other parameters (channels,), and the rest (neurons,).
    """

    def __init__(
        self, window: Window, layer: Mapping[str, Any], described: Mapping[str, Any]
    ) -> None:
        """`layer`: as in a design file; `described`: its part of the manifest."""
        self.window, self._layer = window, layer
        self.parameters: Mapping[str, tuple[int, int]] = described["parameters"]
        channels, neurons = layer["channels"], layer["neurons"]
        sources = layer["image"][0] // layer["channel_groups"]
        self._kernel = (channels, sources, *layer["kernel"])
        size = int(np.prod(self._kernel)) + channels
        shapes = {"synapse": (size,), "neuron": (neurons,), "control": ()}
        self._shapes = {
            name: shape for name, shape in shapes.items() if window.spaces[name]["fields"]
        }

    def _where(self, space: str) -> tuple[dict[str, Any], int]:
        """Addresses of all words of a space, and their number: the kernel, then the biases."""
        count = int(np.prod(self._shapes[space], dtype=int))
        channels, lanes = self._kernel[0], self._layer["lanes"]
        if space == "neuron":
            channel, place = np.divmod(np.arange(count), count // channels)
            return {"word": place * channels + channel}, count
        if space != "synapse":
            return {}, count
        channel, source, row, column = (axis.ravel() for axis in np.indices(self._kernel))
        sources, height, width = self._kernel[1:]
        of_group = channels // self._layer["channel_groups"]
        words = of_group // lanes
        source = channel // of_group * sources + source
        place = (source * height + height - 1 - row) * width + width - 1 - column
        biases = np.arange(channels)
        first = self._layer["image"][0] * height * width * words
        word = place * words + channel % of_group // lanes
        return {
            "lane": np.concatenate([channel, biases]) % lanes,
            "word": np.concatenate([word, first + biases // lanes]),
        }, count

    def initial(self) -> dict[str, NDArray[Any]]:
        """Every field 0, or a parameter's least value where that is more."""
        fields: dict[str, NDArray[Any]] = {}
        for name, (low, _) in self.parameters.items():
            shape = self._kernel if name == "weight" else self._kernel[:1]
            fields[name] = np.full(shape, max(0, low), np.int64)
        for field in self.window.spaces["neuron"]["fields"]:
            fields.setdefault(field["name"], np.zeros(self._shapes["neuron"], np.int64))
        return fields

    def _by_channel(self, values: NDArray[Any]) -> NDArray[Any]:
        """A parameter of the channels, or of the neurons where those of a channel differ."""
        rows = values.reshape(self._kernel[0], -1)
        return rows[:, 0] if (rows == rows[:, :1]).all() else values

    def read(self) -> dict[str, NDArray[Any]]:
        """Every field; before a layer's first tick its state is 0, whatever its memories hold."""
        values = {memory.space: memory.read() for memory in self.memories()}
        weights = values["synapse"]["weight"]
        size = int(np.prod(self._kernel))
        state = {"weight": weights[:size].reshape(self._kernel)}
        if "bias" in self.parameters:
            state["bias"] = weights[size:]
        fresh = bool(values["control"][FRESH][0])
        for name, array in values["neuron"].items():
            if name in self.parameters:
                state[name] = self._by_channel(array)
            else:
                state[name] = np.zeros_like(array) if fresh else array
        return state

    def write(self, state: Mapping[str, NDArray[Any]], fresh: bool) -> None:
        """Write every field; `fresh`: the layer has not ticked since its reset."""
        for memory in self.memories():
            memory.load(dict(self._values(memory, state, fresh)))

    def _values(
        self, memory: Memory, state: Mapping[str, NDArray[Any]], fresh: bool
    ) -> Iterator[tuple[str, NDArray[Any]]]:
        """Fields of all words of a space."""
        channels = self._kernel[0]
        if memory.space == "synapse":
            bias = state.get("bias", np.zeros(channels, np.int64))
            yield "weight", np.concatenate([np.ravel(state["weight"]), bias])
        for field in memory.fields if memory.space == "neuron" else ():
            values = np.ravel(state[field["name"]])
            of_channels = len(values) == channels != memory.count
            yield (
                field["name"],
                np.repeat(values, memory.count // channels) if of_channels else values,
            )
        if memory.space == "control":
            yield FRESH, np.array([int(fresh)])
