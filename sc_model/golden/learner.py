"""What networks whose layers learn share: weights by layer, checkpoints, frozen layers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sc_model.golden.arrays import Layout, State, checked, copied, state_of_layout
from sc_model.spec.learning.layers import LearningLayerSpec

CONTROL = "control"  # the space of the registers


class Learner(ABC):
    """A network whose layers learn.

    Members
    -------
    state : the complete state between two samples, by space and name: of each layer ``weight``,
        ``learn`` (0: frozen) and what else it keeps; ``control`` holds the registers.
    """

    state: State

    @property
    @abstractmethod
    def learners(self) -> Sequence[LearningLayerSpec]:
        """The layers that learn, the readout's last."""

    @property
    @abstractmethod
    def layout(self) -> Layout:
        """Least and greatest value and shape of each field of the state, by space and name."""

    @property
    @abstractmethod
    def first_registers(self) -> dict[str, int]:
        """What registers hold after a reset, where it is not 0."""

    def load(self, weights: Mapping[str, ArrayLike]) -> None:
        """Write the weights, by layer, and put all else to its state after a reset."""
        names = [layer.name for layer in self.learners]
        unknown = sorted(set(weights) - set(names))
        if unknown:
            raise TypeError(f"weights are of the layers {', '.join(names)}, not {unknown[0]!r}")
        layout = self.layout
        state: State = {
            space: {name: np.zeros(shape, np.int64) for name, (_, _, shape) in fields.items()}
            for space, fields in layout.items()
        }
        for layer in self.learners:
            state[layer.name]["learn"] = np.array(int(layer.learn))
            if layer.name in weights:
                low, high, shape = layout[layer.name]["weight"]
                array = checked(f"{layer.name}.weight", weights[layer.name], shape, low, high)
                state[layer.name]["weight"] = array.astype(np.int64)
        for name, value in self.first_registers.items():
            state[CONTROL][name] = np.array(value)
        self.state = state

    def checkpoint(self) -> State:
        """A copy of the state."""
        return copied(self.state)

    def restore(self, state: Mapping[str, Mapping[str, ArrayLike]]) -> None:
        """Set the state to that of a checkpoint; after an error it is unchanged.

        Raises
        ------
        TypeError
            the spaces or names are not those of `layout`, or values are no integers.
        ValueError
            a shape or a value does not fit.
        """
        self.state = state_of_layout(self.layout, state)

    def set_register(self, name: str, value: Any, label: str) -> None:
        """Set a register; `label` names it in an error."""
        low, high, shape = self.layout[CONTROL][name]
        self.state[CONTROL][name] = checked(label, value, shape, low, high).astype(np.int64)

    def freeze(self, layer: str, *, learn: bool = False) -> None:
        """Freeze a layer, or let it learn."""
        self.state[layer]["learn"] = np.array(int(learn))
