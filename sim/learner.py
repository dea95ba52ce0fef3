"""What verilated networks whose layers learn share: their words, their registers, idle clocks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import State
from sc_model.golden.learner import CONTROL, Learner
from sc_sim.addressed_memories import AddressedMemories
from sc_sim.driver.one_clock import Rtl

ZERO = np.zeros(1, np.int64)  # word and lane of the registers


class RtlLearner(ABC):
    """A verilated network with the interface of its golden one.

    Parameters
    ----------
    rtl : the verilated design.
    model : a golden network that never runs: it has the layout, the checks and the state after a
        reset.

    Members
    -------
    rtl : the verilated design.
    """

    def __init__(self, rtl: Rtl, model: Learner) -> None:
        self.rtl, self._model = rtl, model
        self._place: Mapping[str, Any] = rtl.dut.manifest["placement"]
        self._memories = AddressedMemories(rtl)

    @property
    def stall(self) -> float:
        """Probability of an idle clock on every stream."""
        return self._memories.stall

    @stall.setter
    def stall(self, stall: float) -> None:
        self._memories.stall = stall

    def load(self, weights: Mapping[str, ArrayLike]) -> None:
        """Write the weights, by layer, and put all else to its state after a reset."""
        self._model.load(weights)
        self.restore(self._model.checkpoint())

    @abstractmethod
    def restore(self, state: Mapping[str, Mapping[str, ArrayLike]]) -> None:
        """Set the state to that of a checkpoint, of this or of the model."""

    @abstractmethod
    def checkpoint(self) -> State:
        """The state, read back."""

    @property
    def state(self) -> State:
        """The same as `checkpoint`."""
        return self.checkpoint()

    # --- registers --------------------------------------------------------------------------------

    def _registers(self) -> dict[str, NDArray[Any]]:
        """The word of registers, read back: fields of shape ()."""
        read = self._memories.read(CONTROL, ZERO, ZERO)
        return {name: values[0].copy() for name, values in read.items()}

    def _write_registers(self, fields: Mapping[str, ArrayLike]) -> None:
        """Write the whole word of registers."""
        words = {name: np.reshape(value, 1) for name, value in fields.items()}
        self._memories.load(CONTROL, ZERO, ZERO, words)

    def _set_registers(self, **fields: int) -> None:
        """Write some registers; the others stay."""
        self._write_registers({**self._registers(), **fields})
