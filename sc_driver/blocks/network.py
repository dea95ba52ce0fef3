"""A network behind its registers: a window for each layer, spikes in, the last layer's spikes out.

A state has a space for each layer, the plastic one's fields as `<space>.<field>`, and the number of
steps. Spikes that wait between two layers are not in it, for no window shows them; `why_not_from`
says which states can be gone on from.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_driver.archives import read_arrays
from sc_driver.bits import Bits, Words
from sc_driver.blocks.board_block import (
    BoardBlock,
    Memory,
    State,
    Stimulus,
    rule_initial,
    rule_weight,
    weights_of,
)
from sc_driver.blocks.layer import LayerMemory, common_part
from sc_driver.errors import ManifestError
from sc_driver.registers import Registers
from sc_driver.windows import Window

NETWORK, STEPS, PLASTIC = "network", "steps", "plastic"
FRESH, FIRED, HISTORY, SCORE = "fresh", "fired", "history", "score"
ARRIVING = "arriving"
LISTS, COUNT = "input", "count"  # space and field of a sparse layer's lists
WINNER = "winner"  # of an output packet

Layers = Sequence[Mapping[str, Any]]


def period_of(layers: Layers) -> int:
    """Steps after which all layers tick in one step; `layers`: as in a design file."""
    return math.lcm(*(layer["tick_interval"] for layer in layers))


def why_not_from(name: str, layers: Layers, steps: int) -> str | None:
    """Why no network can go on from a state, for spikes may wait behind a layer; None if it can.

    Parameters
    ----------
    name : of the network.
    layers : as in a design file.
    steps : of the state, since the reset.
    """
    period, before, waits = period_of(layers), 1, False
    for layer in layers:
        interval = layer["tick_interval"]
        # with `once` a word's spikes are taken in one by one, and a tick takes one word
        waits |= interval < before or (layer["policy"] == "once" and interval > before)
        before = interval
    if steps == 0 or (steps % period == 0 and not waits):
        return None
    rule = (
        "before the first step, for spikes may wait in its crossings"
        if waits
        else f"after each {period} steps, when all layers tick and no spike waits"
    )
    return f"network '{name}' has a state to go on from {rule}, not after {steps}"


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

    def scores(self) -> NDArray[np.int64] | None:
        """Scores of a readout; 0 before the first tick, None where the layer has no readout."""
        memories = {memory.space: memory for memory in self.memories()}
        if all(field["name"] != SCORE for field in memories["neuron"].fields):
            return None
        fresh = bool(memories["control"].read()[FRESH][0])
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


class BoardNetwork(BoardBlock):
    """A network; steps take `spikes` (T, inputs), and what its plastic layer is taught."""

    step_axes = 2

    def __init__(self, registers: Registers, manifest: Mapping[str, Any]) -> None:
        """Raise ManifestError for a network of which a layer ticks before it has words."""
        super().__init__(registers, manifest)
        design = manifest["design"]
        self._name: str = design["name"]
        self._specs: Layers = design["network"]["layers"]
        before = 1
        for spec in self._specs:
            if spec["tick_interval"] < before:
                raise ManifestError(
                    f"A board runs networks whose layers wait for their producers; layer"
                    f" '{spec['name']}' of '{self._name}' ticks before words come."
                )
            before = spec["tick_interval"]
        self._layers = {
            spec["name"]: TrainedMemory(window, spec, described)
            for window, spec, described in zip(
                self.windows[: len(self._specs)], self._specs, manifest["layers"], strict=True
            )
        }
        self._plastic: LayerMemory | None = None
        if PLASTIC in manifest:
            self._plastic = LayerMemory(self.windows[-1], manifest[PLASTIC]["placement"])
        self._begin = 0  # steps of the state that was restored
        self._last: Bits | None = None  # word of the last layer, where it is known
        self._winner = 0  # answer of the last packet since the reset

    # --- state ------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Reset all layers: parameters stay, states are those after a reset, steps are 0."""
        super().reset()
        self._begin, self._last, self._winner = 0, None, 0

    def initial(self) -> State:
        """Every field, as after power-on."""
        state = {name: layer.initial() for name, layer in self._layers.items()}
        if self._plastic is not None:
            state[PLASTIC] = _flat(self._plastic.initial(rule_initial(self.manifest)))
        state.setdefault(NETWORK, {})[STEPS] = np.array(0, np.int64)
        return state

    def state(self) -> State:
        """Every field of each layer, and the number of steps."""
        state = {name: layer.read() for name, layer in self._layers.items()}
        if self._plastic is not None:
            state[PLASTIC] = _flat(self._plastic.read())
        (taken,) = self.registers.read("STEPS_TAKEN")
        state.setdefault(NETWORK, {})[STEPS] = np.array(self._begin + taken, np.int64)
        return state

    def unrestorable(self, state: State) -> str | None:
        """Why no network can go on from a state: spikes may wait between two layers."""
        return why_not_from(self._name, self._specs, int(state[NETWORK][STEPS]))

    def restore(self, state: State) -> None:
        """Reset the network, and write every field."""
        self.reset()
        self._begin = int(state[NETWORK][STEPS])
        for name, layer in self._layers.items():
            layer.write(state[name], fresh=self._begin == 0)
        if self._plastic is not None:
            self._plastic.write(_by_space(state[PLASTIC]))
        fired = state[PLASTIC]["neuron.fired"] if self._plastic else self._fired(state)
        self._last = np.asarray(fired).astype(np.uint8)

    def _fired(self, state: State) -> NDArray[Any]:
        """Spikes of the last trained layer."""
        return state[self._specs[-1]["name"]][FIRED]

    def load(self, weights: Any) -> None:
        """Write the parameters, by `<layer>.<parameter>`; all else is as after power-on.

        `weights`: a dictionary, or the path of an .npz file. Missing ones are 0, or the least that
        they may be; `plastic.weight` are those of the rule.
        """
        if not isinstance(weights, Mapping):
            if not isinstance(weights, (str, Path)):
                raise TypeError(
                    "a network loads arrays by '<layer>.<parameter>' (a dictionary, or the path of"
                    f" an .npz file), not {type(weights).__name__}."
                )
            weights = read_arrays("parameter file", Path(weights))
        state = self.initial()
        for name, values in weights.items():
            layer, _, field = name.partition(".")
            if layer == PLASTIC and self._plastic is not None:
                self._put_weights(state, field, values)
            elif layer in self._layers and field in self._layers[layer].parameters:
                limits = self._layers[layer].parameters[field]
                state[layer][field] = _within(name, values, state[layer][field].shape, limits)
            else:
                raise ValueError(f"parameters must be among {self._known()}, not '{name}'.")
        self.restore(state)

    def _put_weights(self, state: State, field: str, values: Any) -> None:
        if field != "weight":
            raise ValueError(f"parameters must be among {self._known()}, not '{PLASTIC}.{field}'.")
        weight = rule_weight(self.manifest)
        key, fields = f"synapse.{weight}", self.windows[-1].spaces["synapse"]["fields"]
        state[PLASTIC][key] = weights_of(values, state[PLASTIC][key], weight, fields)

    def _known(self) -> str:
        names = [f"{layer}.{n}" for layer, one in self._layers.items() for n in one.parameters]
        return ", ".join(names + [f"{PLASTIC}.weight"] * (self._plastic is not None))

    def memories(self) -> list[Memory]:
        """All spaces of all layers."""
        trained = [memory for layer in self._layers.values() for memory in layer.memories()]
        return trained + (self._plastic.memories() if self._plastic is not None else [])

    # --- steps ------------------------------------------------------------------------------------

    def packets(self, stimulus: Stimulus) -> Words:
        """Spikes of T steps, and what is taught."""
        if "spikes" not in stimulus:
            raise TypeError("a step of a network takes spikes, shape (inputs,)")
        given, inputs = np.asarray(stimulus["spikes"]), int(self._specs[0]["inputs"])
        if given.ndim != 2 or given.shape[1] != inputs:
            raise ValueError(f"inputs must have shape (T, {inputs}), not {given.shape}.")
        spikes = _within("inputs", given, given.shape, (0, 1)).astype(np.uint8)
        taught = {name: values for name, values in stimulus.items() if name != "spikes"}
        if taught and self._plastic is None:
            raise TypeError(
                f"a network without a plastic layer takes spikes alone, not {sorted(taught)}."
            )
        transfers, bits = self.step.transfers, self.step.transfer_bits
        # In slices, the last of which has room behind the last input.
        padded = np.pad(spikes, ((0, 0), (0, transfers * bits - inputs)))
        packed = padded.reshape(len(spikes), transfers, bits)
        return self.step.pack(common_part(self.step.common, taught), packed)

    def results(self, bits: Bits, ticks: NDArray[np.bool_]) -> Bits:
        """The last layer's latest spikes after each step, (T, neurons)."""
        fields = self.output.fields(bits)
        if WINNER in fields and len(bits):
            self._winner = int(fields[WINNER][-1])
        bits = bits[:, : self._neurons]  # behind them is the readout's answer
        if not len(ticks):
            return np.zeros((0, self._neurons), np.uint8)
        last = bits[0] if ticks[0] else self._held()
        known = np.concatenate([last[None], bits])
        words: Bits = known[np.cumsum(ticks)]
        self._last = words[-1].copy()
        return words

    @property
    def _neurons(self) -> int:
        """Neurons whose spikes come out."""
        if self._plastic is not None:
            return self.output.bits
        return int(self._specs[-1]["neurons"])

    def answer(self) -> tuple[int, NDArray[Any]]:
        """The answer by the ticks since the reset, and the scores of the last layer's neurons."""
        scores = self._layers[self._specs[-1]["name"]].scores()
        if scores is None:
            raise TypeError(f"network '{self._name}' has no readout to answer samples by")
        return self._winner, scores

    def _held(self) -> Bits:
        """The last layer's latest spikes, which a board that was not restored has to be asked."""
        if self._last is None:
            if self._plastic is not None:
                return np.asarray(self._plastic.read()["neuron"][FIRED], np.uint8)
            return np.asarray(self._layers[self._specs[-1]["name"]].read()[FIRED], np.uint8)
        return self._last


def _flat(state: State) -> dict[str, NDArray[Any]]:
    """A layer's state with its fields as `<space>.<field>`."""
    return {f"{space}.{name}": v for space, fields in state.items() for name, v in fields.items()}


def _by_space(fields: Mapping[str, NDArray[Any]]) -> State:
    """The same the other way round."""
    state: State = {}
    for name, values in fields.items():
        space, _, field = name.partition(".")
        state.setdefault(space, {})[field] = values
    return state


def _within(
    name: str, given: Any, shape: tuple[int, ...], limits: tuple[int, int]
) -> NDArray[np.int64]:
    """Integers of a shape; TypeError or ValueError for others."""
    values = np.asarray(given)
    if values.dtype.kind not in "biu":
        raise TypeError(f"{name} must be integers, not {values.dtype}")
    if values.shape not in ((), shape):
        raise ValueError(f"{name} must have shape {shape}, not {values.shape}")
    low, high = limits
    wrong = values[(values < low) | (values > high)]
    if wrong.size:
        raise ValueError(f"{name} must be in [{low}, {high}], not {wrong.flat[0]}")
    return np.broadcast_to(values.astype(np.int64), shape)


BOARD_BLOCK = BoardNetwork
