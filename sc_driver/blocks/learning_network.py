"""A network that learns behind its registers: samples with their classes in, classes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_driver.bits import Bits, Words, bits_of
from sc_driver.blocks.board_block import BoardBlock, Memory, State, Stimulus

SETTINGS = ("step_shift", "learn")
NAMES = ("values", "target", *SETTINGS)


class BoardLearningNetwork(BoardBlock):
    """A network that learns; a step is a sample.

    Steps take `values` (T, inputs) and, to be learned from, `target` (T,), the right classes. The
    settings `step_shift` and `learn` (for all layers, or by layer) are written in front of them.
    """

    step_axes = 2

    def __init__(self, registers: Any, manifest: Mapping[str, Any]) -> None:
        super().__init__(registers, manifest)
        spec = manifest["design"]["learning"]
        self._lanes = int(manifest["placement"]["lanes"])
        self._layers: list[Mapping[str, Any]] = manifest["placement"]["layers"]
        self._first = {layer["name"]: int(layer["learn"]) for layer in spec["hidden"]}
        self._first[spec["output"]["name"]] = int(spec["output"]["learn"])
        self._inputs, self._seed = int(spec["inputs"]), int(spec["noise_seed"])
        self._most = (1 << (int(spec["output"]["weight_bits"]) - 1)) - 1

    # --- state ------------------------------------------------------------------------------------

    def _weights(self) -> list[tuple[str, dict[str, NDArray[Any]], tuple[int, int]]]:
        """Of each layer its name, the addresses of its weights and their shape."""
        found = []
        for layer in self._layers:
            shape = (int(layer["rows"]), int(layer["neurons"]))
            rows, columns = np.indices(shape).reshape(2, -1)
            word, lane = np.divmod(columns, self._lanes)
            words = layer["base"] + rows * layer["groups"] + word
            found.append((layer["name"], {"lane": lane, "word": words}, shape))
        return found

    def _ages(self) -> list[tuple[str, dict[str, NDArray[Any]], int]]:
        """Of each hidden layer its name, the addresses of its ages and how many there are."""
        found = []
        for layer in self._layers:
            if "ages" in layer:
                word, lane = np.divmod(np.arange(layer["neurons"]), self._lanes)
                where = {"lane": lane, "word": layer["ages"] + word}
                found.append((layer["name"], where, int(layer["neurons"])))
        return found

    def state(self) -> State:
        """Weights, ages, registers and the random bits, by layer and `control`."""
        window, state = self.windows[0], {}
        for name, where, shape in self._weights():
            weights = window.read("synapse", where, shape[0] * shape[1])["weight"]
            state[name] = {"weight": weights.reshape(shape)}
        for name, where, count in self._ages():
            state[name]["age"] = window.read("neuron", where, count)["age"]
        control = {name: value[0] for name, value in window.read("control", {}, 1).items()}
        for layer in self._layers:
            state[layer["name"]]["learn"] = np.asarray(control[layer["learns"]])
        state["control"] = {name: np.asarray(control[name]) for name in ("lfsr", "step_shift")}
        return state

    def initial(self) -> State:
        """Weights of 0, and all else as after power-on."""
        state: State = {
            name: {"weight": np.zeros(shape, np.int64), "learn": np.asarray(self._first[name])}
            for name, _, shape in self._weights()
        }
        for name, _, count in self._ages():
            state[name]["age"] = np.zeros(count, np.int64)
        state["control"] = {"lfsr": np.asarray(self._seed), "step_shift": np.asarray(0)}
        return state

    def restore(self, state: State) -> None:
        """Write every field."""
        window = self.windows[0]
        for name, where, shape in self._weights():
            values = np.asarray(state[name]["weight"]).reshape(-1)
            window.load("synapse", where, shape[0] * shape[1], {"weight": values})
        for name, ages, count in self._ages():
            window.load("neuron", ages, count, {"age": np.asarray(state[name]["age"])})
        learns = {layer["learns"]: state[layer["name"]]["learn"] for layer in self._layers}
        self._write_control({**state["control"], **learns})

    def _write_control(self, fields: Mapping[str, Any]) -> None:
        values = {name: np.reshape(value, 1) for name, value in fields.items()}
        self.windows[0].load("control", {}, 1, values)

    def load(self, weights: Any) -> None:
        """Write the weights by layer, saturated; all else is as after power-on."""
        state = self.initial()
        if not isinstance(weights, Mapping) or not weights.keys() <= state.keys() - {"control"}:
            known = ", ".join(name for name in state if name != "control")
            raise TypeError(f"weights of a learning network are arrays by layer: {known}.")
        for name, values in weights.items():
            given, like = np.asarray(values), state[name]["weight"]
            if given.shape != like.shape:
                raise ValueError(f"{name} must have shape {like.shape}, not {given.shape}.")
            state[name]["weight"] = np.clip(given, -self._most, self._most)
        self.restore(state)

    def memories(self) -> list[Memory]:
        """The weights of each layer, ages and registers."""
        window = self.windows[0]
        spaces = window.spaces
        weights = [
            Memory(window, "synapse", where, shape[0] * shape[1], spaces["synapse"]["fields"])
            for _, where, shape in self._weights()
        ]
        return [
            *weights,
            *(
                Memory(window, "neuron", where, count, spaces["neuron"]["fields"])
                for _, where, count in self._ages()
            ),
            Memory(window, "control", {}, 1, spaces["control"]["fields"]),
        ]

    # --- samples ----------------------------------------------------------------------------------

    def packets(self, stimulus: Stimulus) -> Words:
        """Values and what is told of T samples; settings are written at once."""
        unknown = sorted(stimulus.keys() - set(NAMES))
        if unknown or "values" not in stimulus:
            raise TypeError(
                f"a sample on a board takes {', '.join(NAMES)}, the values at least, not"
                f" {', '.join(sorted(stimulus)) or 'nothing'}."
            )
        values = np.asarray(stimulus["values"])
        bits = self.step.transfer_bits
        if values.ndim != 2 or values.shape[1] != self._inputs or values.dtype.kind not in "biu":
            raise ValueError(
                f"values must be integers of shape (T, {self._inputs}), not {values.dtype} of shape"
                f" {values.shape}."
            )
        if values.size and not 0 <= values.min() <= values.max() < 1 << bits:
            raise ValueError(f"values must be in [0, {(1 << bits) - 1}].")
        self._set({name: stimulus[name] for name in SETTINGS if name in stimulus})
        told: dict[str, Any] = {"learn": 0}
        if "target" in stimulus:
            target, classes = np.asarray(stimulus["target"]), int(self._layers[-1]["neurons"])
            if target.shape not in ((), (len(values),)) or (
                target.size and not 0 <= target.min() <= target.max() < classes
            ):
                raise ValueError(
                    f"target must be {len(values)} classes in [0, {classes - 1}], one a sample."
                )
            told = {"learn": 1, "label": target, "right": 1}
        return self.step.pack(told, bits_of(values, bits))

    def _set(self, settings: Mapping[str, Any]) -> None:
        """Write the settings that are given."""
        if not settings:
            return
        control = {name: value[0] for name, value in self.windows[0].read("control", {}, 1).items()}
        if "step_shift" in settings:
            shift = int(settings["step_shift"])
            if not 0 <= shift <= 7:
                raise ValueError(f"step_shift must be in [0, 7], not {shift}.")
            control["step_shift"] = shift
        if "learn" in settings:
            layers = {layer["name"]: layer["learns"] for layer in self._layers}
            given = settings["learn"]
            chosen = given if isinstance(given, Mapping) else dict.fromkeys(layers, given)
            for name, value in chosen.items():
                if name not in layers or not isinstance(value, (bool, np.bool_)):
                    raise TypeError(f"learn is true or false, or so by layer, not {given!r}.")
                control[layers[name]] = int(value)
        self._write_control(control)

    def results(self, bits: Bits, ticks: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The class that was played for each sample, (T,)."""
        weights = 1 << np.arange(bits.shape[1], dtype=np.int64)
        played: NDArray[np.int64] = bits.astype(np.int64) @ weights
        return played


BOARD_BLOCK = BoardLearningNetwork
