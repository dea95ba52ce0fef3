"""The words of a plastic layer that its host loads and reads, and a checkpoint in those words."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.spec import IntFormat
from sc_sim.design import Dut, Slot

Index = tuple[int, ...]
State = dict[str, dict[str, NDArray[Any]]]
Fields = dict[str, int | None]

# Spaces that the golden layer names after the rule's localities
GOLDEN = {"input": "pre", "output": "post"}


class CheckpointWords:
    """The words of a layer, and the fields of a checkpoint in them.

    Parameters
    ----------
    described : the layer's part of a manifest, with `placement` and `spaces`.

    Members
    -------
    spaces : by name, the fields of a word.
    shapes : by name, of the words; an index is (input, neuron) for a synapse.
    everything : (space, index) of every word that holds something.
    codes : of the spaces.
    """

    def __init__(self, described: Mapping[str, Any]) -> None:
        self._place: Mapping[str, int] = described["placement"]
        self.codes = {space["name"]: int(space["code"]) for space in described["spaces"]}
        self.spaces: dict[str, dict[str, Slot]] = {
            space["name"]: {
                f["name"]: Slot(f["offset"], IntFormat(f["width"], f["signed"]))
                for f in space["fields"]
            }
            for space in described["spaces"]
            if space["fields"]
        }
        inputs, neurons = self._place["inputs"], self._place["neurons"]
        shapes = {
            "synapse": (inputs, neurons),
            "input": (inputs,),
            "output": (neurons,),
            "neuron": (neurons,),
            "control": (),
        }
        self.shapes: dict[str, Index] = {space: shapes[space] for space in self.spaces}
        self.everything = [
            (space, index) for space, shape in self.shapes.items() for index in np.ndindex(*shape)
        ]

    def where(self, space: str, index: Sequence[Any]) -> dict[str, Any]:
        """The parts of an address that the design decodes, of one word or (with arrays) of many.

        Input i is in chain i // rows, at row i % rows. Neuron n is column n % columns of group
        n // columns; a lane holds the rows of one group after those of another.
        """
        rows, columns = self._place["rows"], self._place["columns"]
        if space == "synapse":
            (chain, row), (group, number) = divmod(index[0], rows), divmod(index[1], columns)
            return {"chain": chain, "number": number, "word": group * rows + row}
        if space == "input":
            return dict(zip(("chain", "word"), divmod(index[0], rows), strict=True))
        return {"word": index[0]} if len(index) else {}

    def count(self, space: str) -> int:
        """Words of a space."""
        return int(np.prod(self.shapes[space]))

    def addresses(self, space: str) -> dict[str, Any]:
        """The parts of the addresses of all words of a space, in the order of its arrays."""
        shape = self.shapes[space]
        index = np.indices(shape).reshape(len(shape), self.count(space))
        return {"space": self.codes[space], **self.where(space, list(index))}

    def values(self, state: State, space: str) -> dict[str, NDArray[Any]]:
        """What all words of a space must hold, by field, in the order of their addresses.

        Where a field may hold anything it is 0.
        """
        if space == "control":
            fields = self.fields(state, space, ())
            return {name: np.array([fields[name] or 0]) for name in self.spaces[space]}
        arrays = state[GOLDEN.get(space, space)]
        return {name: np.asarray(arrays[name]).ravel() for name in self.spaces[space]}

    def store_values(self, state: State, space: str, values: Mapping[str, NDArray[Any]]) -> None:
        """Put the fields of all words of a space into a checkpoint."""
        if space == "control":
            self.store(state, space, (), {name: int(array[0]) for name, array in values.items()})
            return
        arrays = state[GOLDEN.get(space, space)]
        for name, array in values.items():
            arrays[name] = array.reshape(self.shapes[space]).astype(arrays[name].dtype)

    def fields(self, state: State, space: str, index: Index) -> Fields:
        """What a word must hold, by field; None where it may be anything."""
        if space == "control":
            return {name: self._control(state, name) for name in self.spaces[space]}
        arrays = state[GOLDEN.get(space, space)]
        return {name: int(arrays[name][index]) for name in self.spaces[space]}

    def after_reset(self, state: State, initial: State) -> tuple[State, tuple[str, ...]]:
        """The state of an idle layer that is reset, and the spaces that must be loaded from it.

        `initial`: a state with the control word's initial values. That of a reset says of no neuron
        that it has fired last. Where the neurons' words say so, as without winner-take-all, no
        model goes on from both: the control word is loaded.
        """
        fields = self.spaces.get("control", {})
        neuron = dict(state["neuron"])
        if "won" in fields:
            neuron |= {name: np.zeros_like(neuron[name]) for name in ("fired", "fired_before")}
        next_state = {**state, "neuron": neuron, "control": initial["control"]}
        return next_state, ("control",) if "any_fired" in fields else ()

    def _control(self, state: State, name: str) -> int | None:
        """A field of the control word, which has the spikes that the neurons' words don't have."""
        control = state["control"]
        if name in control:
            return int(control[name])
        fired = np.flatnonzero(
            state["neuron"]["fired_before" if name.endswith("_before") else "fired"]
        )
        match name.removesuffix("_before"):
            case "won" | "any_fired":
                return int(len(fired) > 0)
            case "many_fired":
                return int(len(fired) > 1)
            case "winner":
                return int(fired[0]) if len(fired) else None
        raise ValueError(
            f"the manifest's control word has a field '{name}' that this bench does not know"
        )

    def store(
        self, state: State, space: str, index: Index, fields: Mapping[str, int | None]
    ) -> None:
        """Put a word's fields into a checkpoint."""
        arrays = state[GOLDEN.get(space, space)]
        for name, value in fields.items():
            if name in arrays:
                arrays[name][index] = value
        if "won" in fields:
            for suffix in ("", "_before"):
                winners = state["neuron"][f"fired{suffix}"]
                winners[:] = 0
                if fields[f"won{suffix}"]:
                    winners[fields[f"winner{suffix}"]] = 1


class LayerWords(CheckpointWords):
    """Words of a layer on its pins.

    Parts of an address or a word that the design ignores are random.

    Parameters
    ----------
    dut : the layer.
    rng : source of them.
    """

    def __init__(self, dut: Dut, rng: random.Random) -> None:
        super().__init__(dut.manifest)
        self._drive, self._rng = dut.drive, rng
        self._data = dut.sense.slots["readback__payload"]

    def _address(self, port: str, space: str, index: Index) -> int:
        """Drive word of an address."""
        parts = {"space": self.codes[space], **self.where(space, index)}
        word = 0
        for part in ("space", "chain", "number", "word"):
            slot = self._drive.slots[f"{port}__payload.{part}"]
            word |= slot.put(
                parts[part] if part in parts else self._rng.getrandbits(slot.form.width)
            )
        return word

    def read(self, space: str, index: Index) -> int:
        """Drive word of a read."""
        return self._address("read", space, index)

    def load(self, space: str, index: Index, fields: Mapping[str, int | None]) -> int:
        """Drive word of a load; a field that is None is random, as are bits of no field."""
        slot = self._drive.slots["load__payload.data"]
        data = self._rng.getrandbits(slot.form.width)
        for name, field in self.spaces[space].items():
            value = fields[name]
            if value is not None:
                data = (data & ~field.mask) | field.put(value)
        return self._address("load", space, index) | slot.put(data)

    def fields_of(self, space: str, out: int) -> dict[str, int]:
        """Fields of a word that was read back."""
        word = self._data.get(out)
        return {name: field.get(word) for name, field in self.spaces[space].items()}
