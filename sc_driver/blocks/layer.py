"""A plastic layer behind its registers: five spaces, spikes in, spikes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_driver.bits import Bits, Words
from sc_driver.blocks.board_block import (
    FIRST_RANDOM,
    BoardBlock,
    Memory,
    State,
    Stimulus,
    rule_initial,
    saturated,
)
from sc_driver.windows import Window

FLAGS = ("outcome", "decide", "clear_trial", "clear_traces")
# Spaces that a state names after the rule's localities.
NAMES = {"input": "pre", "output": "post"}
# A winner stands in the control word, not in the neurons' words; so do these two.
_DERIVED = ("won", "winner", "any_fired", "many_fired")


class LayerMemory:
    """The state of a plastic layer in a window."""

    def __init__(self, window: Window, placement: Mapping[str, int]) -> None:
        """`placement`: of the layer, from the manifest."""
        self._window, self._place = window, placement
        inputs, neurons = placement["inputs"], placement["neurons"]
        shapes: dict[str, tuple[int, ...]] = {
            "synapse": (inputs, neurons),
            "input": (inputs,),
            "output": (neurons,),
            "neuron": (neurons,),
            "control": (),
        }
        self._shapes = {
            name: shapes[name] for name, space in window.spaces.items() if space["fields"]
        }

    def _where(self, space: str) -> tuple[dict[str, Any], int]:
        """Addresses of all words of a space in the order of its arrays, and their number.

        Input i is in chain i // rows, at row i % rows. Neuron n is column n % columns of group
        n // columns; a lane holds the rows of one group after those of another.
        """
        shape, rows, columns = self._shapes[space], self._place["rows"], self._place["columns"]
        count = int(np.prod(shape, dtype=int))
        index = np.indices(shape).reshape(len(shape), count)
        if space == "synapse":
            (chain, row), (group, number) = np.divmod(index[0], rows), np.divmod(index[1], columns)
            return {"chain": chain, "number": number, "word": group * rows + row}, count
        if space == "input":
            chain, row = np.divmod(index[0], rows)
            return {"chain": chain, "word": row}, count
        return ({"word": index[0]} if shape else {}), count

    def memories(self) -> list[Memory]:
        """All spaces."""
        return [
            Memory(self._window, space, *self._where(space), self._window.spaces[space]["fields"])
            for space in self._shapes
        ]

    def initial(self, first: Mapping[str, int]) -> State:
        """The state after power-on; `first`: what the rule's fields begin with."""
        first = {**first, "lfsr": FIRST_RANDOM}
        state: State = {
            NAMES.get(space, space): {
                field["name"]: np.full(shape, first.get(field["name"], 0), np.int64)
                for field in self._window.spaces[space]["fields"]
                if not _is_derived(field["name"])
            }
            for space, shape in self._shapes.items()
        }
        for suffix in ("", "_before"):
            state["neuron"].setdefault(f"fired{suffix}", np.zeros(self._place["neurons"], np.int64))
        return state

    def read(self) -> State:
        """Every field."""
        state: State = {}
        for space, shape in self._shapes.items():
            fields = self._window.read(space, *self._where(space))
            state[NAMES.get(space, space)] = {
                name: values.reshape(shape) for name, values in fields.items()
            }
        control = state.get("control", {})
        derived = {name: control.pop(name) for name in list(control) if _is_derived(name)}
        neurons = self._place["neurons"]
        if "won" in derived:
            for suffix in ("", "_before"):
                fired = np.zeros(neurons, np.int64)
                fired[int(derived[f"winner{suffix}"])] = int(derived[f"won{suffix}"])
                state["neuron"][f"fired{suffix}"] = fired
        return state

    def write(self, state: State) -> None:
        """Write every field."""
        for space in self._shapes:
            values = dict(state[NAMES.get(space, space)]) if space != "control" else {}
            if space == "control":
                for field in self._window.spaces[space]["fields"]:
                    name = field["name"]
                    values[name] = _control(state, name)
            where, count = self._where(space)
            flat = {name: np.asarray(array).reshape(count) for name, array in values.items()}
            self._window.load(space, where, count, flat)


def _is_derived(name: str) -> bool:
    return name.removesuffix("_before") in _DERIVED


def _control(state: State, name: str) -> NDArray[Any]:
    """A field of the control word, which has spikes that the neurons' words don't have."""
    if not _is_derived(name):
        return np.asarray(state["control"][name])
    suffix = "_before" if name.endswith("_before") else ""
    fired = np.flatnonzero(state["neuron"][f"fired{suffix}"])
    values = {
        "winner": int(fired[0]) if len(fired) else 0,
        "many_fired": int(len(fired) > 1),
    }
    return np.asarray(values.get(name.removesuffix("_before"), int(len(fired) > 0)))


class BoardLayer(BoardBlock):
    """A layer; steps take `spikes` (T, inputs), the rule's modulators and `FLAGS`."""

    step_axes = 2

    def __init__(self, registers: Any, manifest: Mapping[str, Any]) -> None:
        super().__init__(registers, manifest)
        self._place: Mapping[str, int] = manifest["placement"]
        self._memory = LayerMemory(self.windows[0], self._place)

    def state(self) -> State:
        """Every field of synapses, inputs, outputs, neurons and control registers."""
        return self._memory.read() | self.register_state()

    def initial(self) -> State:
        """Every field, as after power-on."""
        return self._memory.initial(rule_initial(self.manifest)) | self.initial_registers()

    def restore(self, state: State) -> None:
        """Write every field."""
        self._memory.write(state)
        self.write_registers(state)

    def memories(self) -> list[Memory]:
        """All spaces."""
        return self._memory.memories()

    def packets(self, stimulus: Stimulus) -> Words:
        """Spikes, modulators and flags of T steps."""
        if "spikes" not in stimulus:
            raise TypeError("a step of a layer takes spikes, shape (inputs,)")
        array = np.asarray(stimulus["spikes"])
        inputs, rows, chains = (self._place[name] for name in ("inputs", "rows", "chains"))
        if array.ndim != 2 or array.shape[1] != inputs:
            raise ValueError(f"spikes must have shape (T, {inputs}), not {array.shape}.")
        spikes = saturated("spikes", array, 1, False)
        # chains * rows may be more than the inputs: those beyond are silent
        padded = np.zeros((len(spikes), chains * rows), np.uint8)
        padded[:, :inputs] = spikes
        transfers = padded.reshape(len(spikes), chains, rows).transpose(0, 2, 1)
        # a layer without a critic has no flags for it, which are never set then
        rest = {
            name: values
            for name, values in stimulus.items()
            if name != "spikes"
            and (name in self.step.common or name not in FLAGS or np.any(values))
        }
        return self.step.pack(common_part(self.step.common, rest), transfers)

    def results(self, bits: Bits, ticks: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Spikes of the neurons, (T, neurons)."""
        return bits.astype(np.bool_)


def common_part(
    fields: Mapping[str, Mapping[str, Any]], stimulus: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    """Modulators, saturated, and flags as bits; TypeError for unknown or missing ones."""
    unknown = sorted(stimulus.keys() - fields.keys())
    missing = sorted(fields.keys() - stimulus.keys() - set(FLAGS))
    if unknown or missing:
        raise TypeError(
            f"a step takes {', '.join(fields) or 'nothing'} beside its spikes, not"
            f" {', '.join(sorted(stimulus)) or 'nothing'}"
        )
    return {
        name: np.asarray(values) != 0
        if name in FLAGS
        else saturated(name, values, fields[name]["bits"], fields[name]["signed"])
        for name, values in stimulus.items()
    }


BOARD_BLOCK = BoardLayer
