"""A recurrent network behind its registers: samples of many steps in, a class for each step out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sc_driver.bits import Words
from sc_driver.blocks.board_block import Stimulus
from sc_driver.layers_that_learn import WEIGHT, LearnerBlock, Place

UNTOLD = -1  # the target of a step in which no class is told
SHIFTS = ("hidden_shift", "readout_shift")
NAMES = ("spikes", "targets", "learn")


class BoardRecurrentNetwork(LearnerBlock):
    """A recurrent network that learns; a step is a sample.

    Steps take `spikes` (S, T, inputs) and, to be learned from, `targets` (S, T), a class or -1 for
    none. The setting `learn` (for both layers, or by layer) is written in front of them.
    """

    step_axes = 3
    kind = "a recurrent network"

    def __init__(self, registers: Any, manifest: Mapping[str, Any]) -> None:
        super().__init__(registers, manifest)
        spec = manifest["design"]["recurrent"]
        hidden, readout = spec["hidden"], spec["readout"]
        self._inputs, self._classes = int(spec["inputs"]), int(readout["neurons"])
        self.learns = {hidden["name"]: "learn_hidden", readout["name"]: "learn_readout"}
        self._most = {
            layer["name"]: (1 << (int(layer["weight_bits"]) - 1)) - 1 for layer in (hidden, readout)
        }
        self._first = {
            "lfsr": int(spec["noise_seed"]),
            **{f"{name}_shift": int(spec[name]["shift"]) for name in ("hidden", "readout")},
            **{f"learn_{name}": int(spec[name]["learn"]) for name in ("hidden", "readout")},
        }
        self.places = (self._synapses(), self._weights())

    def _synapses(self) -> Place:
        """Where the recurrent layer's synapses are; a sample begins with all but weights at 0."""
        place, hidden = self.manifest["placement"], self.manifest["design"]["recurrent"]["hidden"]
        shape = (int(place["rows"]), int(hidden["neurons"]))
        rows, columns = np.indices(shape).reshape(2, -1)
        group, lane = np.divmod(columns, int(place["lanes"]))
        where = {"lane": lane, "word": group * shape[0] + rows}
        fields = self.windows[0].spaces["synapse"]["fields"]
        names = tuple(field["name"] for field in fields)
        return Place(hidden["name"], names, "synapse", where, shape, (WEIGHT,))

    def _weights(self) -> Place:
        """Where the readout's weights are: a word for each neuron, a lane for each class."""
        spec = self.manifest["design"]["recurrent"]
        shape = (int(spec["hidden"]["neurons"]), self._classes)
        neurons, classes = np.indices(shape).reshape(2, -1)
        where = {"lane": classes, "word": neurons}
        return Place(spec["readout"]["name"], (WEIGHT,), "output", where, shape, (WEIGHT,))

    def first_registers(self) -> dict[str, int]:
        """What the word of registers holds after power-on."""
        return self._first

    def most(self, layer: str) -> int:
        """The largest weight of a layer."""
        return self._most[layer]

    def parameters(self) -> dict[str, int]:
        """The sizes of steps, read back."""
        registers = self.registers_read()
        return {name: registers[name] for name in SHIFTS}

    def set_parameters(self, values: Mapping[str, int]) -> None:
        """Change sizes of steps; ValueError for another parameter, or one out of bounds."""
        for name, value in values.items():
            if name not in SHIFTS:
                raise ValueError(
                    f"there is no run-time parameter '{name}'; there are: {', '.join(SHIFTS)}."
                )
            if not 0 <= value <= 15:
                raise ValueError(f"{name} must be in [0, 15], not {value}.")
        self.change(**values)

    # --- samples ----------------------------------------------------------------------------------

    def packets_of_step(self, stimulus: Stimulus) -> int | None:
        """A packet for each step of a sample."""
        return int(np.shape(stimulus["spikes"])[1]) if np.ndim(stimulus["spikes"]) == 3 else None

    def alone(self, stimulus: Stimulus) -> dict[str, Any]:
        """The stimulus of a run of one sample."""
        axes = {"spikes": 2, "targets": 1}
        return {
            name: np.asarray(values)[None] if np.ndim(values) == axes.get(name) else values
            for name, values in stimulus.items()
        }

    def packets(self, stimulus: Stimulus) -> Words:
        """Spikes and what is told in the steps of S samples; settings are written at once."""
        unknown = sorted(stimulus.keys() - set(NAMES))
        if unknown or "spikes" not in stimulus:
            raise TypeError(
                f"a sample on a board takes {', '.join(NAMES)}, the spikes at least, not"
                f" {', '.join(sorted(stimulus)) or 'nothing'}."
            )
        spikes = np.asarray(stimulus["spikes"])
        if spikes.ndim != 3 or spikes.shape[2] != self._inputs or spikes.dtype.kind not in "biu":
            raise ValueError(
                f"spikes must be 0s and 1s of shape (samples, steps, {self._inputs}), not"
                f" {spikes.dtype} of shape {spikes.shape}."
            )
        if spikes.size and not 0 <= spikes.min() <= spikes.max() <= 1:
            raise ValueError("spikes must be in [0, 1].")
        targets = np.asarray(stimulus.get("targets", np.full(spikes.shape[:2], UNTOLD)))
        most = self._classes - 1
        if targets.shape != spikes.shape[:2] or targets.dtype.kind not in "biu":
            raise ValueError(
                f"targets must be integers of shape {spikes.shape[:2]}, not {targets.dtype} of"
                f" shape {targets.shape}."
            )
        if targets.size and not UNTOLD <= targets.min() <= targets.max() <= most:
            raise ValueError(f"targets must be in [{UNTOLD}, {most}].")
        self.change(**self.learn_registers(stimulus.get("learn", {})))
        first = np.zeros(targets.shape, np.int64)
        first[:, :1] = 1
        has_target = targets != UNTOLD
        common = {"first": first, "told": has_target, "label": np.where(has_target, targets, 0)}
        bits = spikes.reshape(-1, 1, self._inputs).astype(np.uint8)
        return self.step.pack({name: value.ravel() for name, value in common.items()}, bits)


BOARD_BLOCK = BoardRecurrentNetwork
