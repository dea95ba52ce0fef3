"""A network that learns behind its registers: samples with their classes in, classes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sc_driver.bits import Words, bits_of
from sc_driver.blocks.board_block import Stimulus
from sc_driver.layers_that_learn import LearnerBlock, Place

SETTINGS = ("step_shift", "learn")
NAMES = ("values", "target", *SETTINGS)


class BoardLearningNetwork(LearnerBlock):
    """A network that learns; a step is a sample.

    Steps take `values` (T, inputs) and, to be learned from, `target` (T,), the right classes. The
    settings `step_shift` and `learn` (for all layers, or by layer) are written in front of them.
    """

    step_axes = 2

    kind = "a learning network"

    def __init__(self, registers: Any, manifest: Mapping[str, Any]) -> None:
        super().__init__(registers, manifest)
        spec, lanes = manifest["design"]["learning"], int(manifest["placement"]["lanes"])
        layers: list[Mapping[str, Any]] = manifest["placement"]["layers"]
        self.learns = {layer["name"]: layer["learns"] for layer in layers}
        self.places = (
            *(_weights(layer, lanes) for layer in layers),
            *(_ages(layer, lanes) for layer in layers if "ages" in layer),
        )
        self._classes, self._inputs = int(layers[-1]["neurons"]), int(spec["inputs"])
        described = (*spec["hidden"], spec["output"])
        self._most = {
            layer["name"]: (1 << (int(layer["weight_bits"]) - 1)) - 1 for layer in described
        }
        first = {layer["name"]: int(layer["learn"]) for layer in described}
        self._first = {
            "lfsr": int(spec["noise_seed"]),
            "step_shift": 0,
            **{register: first[name] for name, register in self.learns.items()},
        }

    def first_registers(self) -> dict[str, int]:
        """What the word of registers holds after power-on."""
        return self._first

    def most(self, layer: str) -> int:
        """The largest weight of a layer."""
        return self._most[layer]

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
        lesson: dict[str, Any] = {"learn": 0}
        if "target" in stimulus:
            target, classes = np.asarray(stimulus["target"]), self._classes
            if (
                target.dtype.kind not in "biu"
                or target.shape not in ((), (len(values),))
                or (target.size and not 0 <= target.min() <= target.max() < classes)
            ):
                raise ValueError(
                    f"target must be {len(values)} classes in [0, {classes - 1}], one a sample."
                )
            lesson = {"learn": 1, "label": target, "right": 1}
        return self.step.pack(lesson, bits_of(values, bits))

    def _set(self, settings: Mapping[str, Any]) -> None:
        """Write the settings that are given."""
        registers = self.learn_registers(settings.get("learn", {}))
        if "step_shift" in settings:
            shift = settings["step_shift"]
            if np.ndim(shift) or np.asarray(shift).dtype.kind not in "iu" or not 0 <= shift <= 7:
                raise ValueError(f"step_shift must be an integer in [0, 7], not {shift!r:.40}.")
            registers["step_shift"] = int(shift)
        self.change(**registers)


def _weights(layer: Mapping[str, Any], lanes: int) -> Place:
    """Where the weights of a layer are; `lanes` are those of a word."""
    shape = (int(layer["rows"]), int(layer["neurons"]))
    rows, columns = np.indices(shape).reshape(2, -1)
    word, lane = np.divmod(columns, layer.get("lanes", lanes))
    where = {"lane": lane, "word": layer["base"] + rows * layer["groups"] + word}
    return Place(layer["name"], ("weight",), "synapse", where, shape, ("weight",))


def _ages(layer: Mapping[str, Any], lanes: int) -> Place:
    """Where the ages of a hidden layer are; `lanes` are those of a word."""
    word, lane = np.divmod(np.arange(layer["neurons"]), layer.get("lanes", lanes))
    where = {"lane": lane, "word": layer["ages"] + word}
    return Place(layer["name"], ("age",), "neuron", where, (int(layer["neurons"]),), ("age",))


BOARD_BLOCK = BoardLearningNetwork
