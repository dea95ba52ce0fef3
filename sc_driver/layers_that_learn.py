"""What boards have in common with which whole networks learn, layer by layer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sc_driver.bits import Bits
from sc_driver.blocks.board_block import BoardBlock, Memory, State

WEIGHT, LEARN, CONTROL = "weight", "learn", "control"


@dataclass(frozen=True)
class Place:
    """Where some of a layer's fields are.

    Members
    -------
    layer : its name.
    fields : names of the fields, which a word of the space has.
    space : of the window.
    where : parts of the addresses of all words.
    shape : of each field's array.
    restored : those of the fields that a state sets; the others become 0.
    """

    layer: str
    fields: tuple[str, ...]
    space: str
    where: Mapping[str, NDArray[Any]]
    shape: tuple[int, ...]
    restored: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many words."""
        return int(np.prod(self.shape))


class LearnerBlock(BoardBlock):
    """A network whose layers learn; its one word of registers is the space `control`.

    Members
    -------
    places : where everything is that a layer keeps.
    learns : the register that says whether a layer learns, by the layer's name.
    kind : what a text calls such a network.
    """

    kind: ClassVar[str]

    places: tuple[Place, ...]
    learns: Mapping[str, str]

    @abstractmethod
    def first_registers(self) -> dict[str, int]:
        """What the word of registers holds after power-on."""

    @abstractmethod
    def most(self, layer: str) -> int:
        """The largest weight of a layer; the least is its negative."""

    @cached_property
    def _others(self) -> list[str]:
        """Registers beside those that say whether a layer learns."""
        fields = [field["name"] for field in self.windows[0].spaces[CONTROL]["fields"]]
        return [name for name in fields if name not in self.learns.values()]

    # --- state ------------------------------------------------------------------------------------

    def state(self) -> State:
        """What layers keep and whether they learn, by layer, and the registers, by `control`."""
        state: State = {}
        for place in self.places:
            words = self.windows[0].read(place.space, place.where, place.count)
            fields = {name: words[name].reshape(place.shape) for name in place.fields}
            state.setdefault(place.layer, {}).update(fields)
        return self._with_registers(state, self.registers_read())

    def initial(self) -> State:
        """Weights of 0, and all else as after power-on."""
        state: State = {}
        for place in self.places:
            fields = {name: np.zeros(place.shape, np.int64) for name in place.fields}
            state.setdefault(place.layer, {}).update(fields)
        return self._with_registers(state, self.first_registers())

    def _with_registers(self, state: State, registers: Mapping[str, int]) -> State:
        """A state, with the registers in their places."""
        for layer, name in self.learns.items():
            state[layer][LEARN] = np.asarray(registers[name])
        state[CONTROL] = {name: np.asarray(registers[name]) for name in self._others}
        return state

    def restore(self, state: State) -> None:
        """Write every field."""
        window = self.windows[0]
        for place in self.places:
            values = {
                name: np.asarray(state[place.layer][name]).reshape(-1)
                if name in place.restored
                else np.zeros(place.count, np.int64)
                for name in place.fields
            }
            window.load(place.space, place.where, place.count, values)
        learns = {name: state[layer][LEARN] for layer, name in self.learns.items()}
        self._write({**state[CONTROL], **learns})

    def load(self, weights: Any) -> None:
        """Write the weights by layer, saturated; all else is as after power-on."""
        state = self.initial()
        if not isinstance(weights, Mapping) or not weights.keys() <= self.learns.keys():
            raise TypeError(
                f"weights of {self.kind} are arrays by layer: {', '.join(self.learns)}."
            )
        for name, values in weights.items():
            array, like = np.asarray(values), state[name][WEIGHT]
            if array.shape != like.shape:
                raise ValueError(f"{name} must have shape {like.shape}, not {array.shape}.")
            state[name][WEIGHT] = np.clip(array, -self.most(name), self.most(name))
        self.restore(state)

    def memories(self) -> list[Memory]:
        """What each layer keeps, and the registers."""
        window = self.windows[0]
        spaces = window.spaces
        return [
            *(
                Memory(window, one.space, one.where, one.count, spaces[one.space]["fields"])
                for one in self.places
            ),
            Memory(window, CONTROL, {}, 1, spaces[CONTROL]["fields"]),
        ]

    # --- registers --------------------------------------------------------------------------------

    def registers_read(self) -> dict[str, int]:
        """The word of registers, read back."""
        read = self.windows[0].read(CONTROL, {}, 1)
        return {name: int(values[0]) for name, values in read.items()}

    def _write(self, registers: Mapping[str, Any]) -> None:
        values = {name: np.reshape(value, 1) for name, value in registers.items()}
        self.windows[0].load(CONTROL, {}, 1, values)

    def change(self, **registers: int) -> None:
        """Write some registers; the others stay."""
        if registers:
            self._write({**self.registers_read(), **registers})

    def learn_registers(self, learn: Any) -> dict[str, int]:
        """The registers that say so if all layers learn or do not, or some by their names.

        Raises TypeError where `learn` is nothing like that.
        """
        choices = learn if isinstance(learn, Mapping) else dict.fromkeys(self.learns, learn)
        for name, value in choices.items():
            if name not in self.learns or not isinstance(value, (bool, np.bool_)):
                raise TypeError(f"learn is true or false, or so by layer, not {learn!r}.")
        return {self.learns[name]: int(value) for name, value in choices.items()}

    # --- samples ----------------------------------------------------------------------------------

    def results(self, bits: Bits, ticks: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The class of each packet."""
        weights = 1 << np.arange(bits.shape[1], dtype=np.int64)
        classes: NDArray[np.int64] = bits.astype(np.int64) @ weights
        return classes
