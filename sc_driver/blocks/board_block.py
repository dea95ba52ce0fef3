"""What a block defines so that a board with it can be loaded, run and read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_driver.bits import Bits, Words
from sc_driver.packets import OutputPacket, StepPacket
from sc_driver.registers import Registers
from sc_driver.windows import Window

# Every field of a board by space and name, as `sc_hw.Device` has them.
State = dict[str, dict[str, NDArray[Any]]]
Stimulus = Mapping[str, Any]


@dataclass(frozen=True)
class Memory:
    """Words of a block that can be written and read back.

    Members
    -------
    window : that shows them.
    space : their space.
    where : parts of their addresses, as `Window.load` takes them.
    count : their number.
    fields : of a word.
    """

    window: Window
    space: str
    where: Mapping[str, Any]
    count: int
    fields: Sequence[Mapping[str, Any]]

    def load(self, values: Mapping[str, Any]) -> None:
        """Write all words."""
        self.window.load(self.space, self.where, self.count, values)

    def read(self) -> dict[str, NDArray[Any]]:
        """Read all words."""
        return self.window.read(self.space, self.where, self.count)

    def exchange(
        self, values: Mapping[str, Any], *, descending: bool = False
    ) -> dict[str, NDArray[Any]]:
        """Read and write word by word, as `Window.exchange` does."""
        return self.window.exchange(
            self.space, self.where, self.count, values, descending=descending
        )


class BoardBlock(ABC):
    """A block behind its registers.

    Members
    -------
    step_axes : axes of a stimulus array that has one entry for each step.
    step, output : the packets.
    windows : the block's host ports.
    manifest : of the build.
    """

    step_axes: ClassVar[int]

    def __init__(self, registers: Registers, manifest: Mapping[str, Any]) -> None:
        host = manifest["host"]
        self.manifest = manifest
        self.step, self.output = StepPacket(host["step"]), OutputPacket(host["output"])
        self.windows = [
            Window(registers, number, described) for number, described in enumerate(host["windows"])
        ]

    @abstractmethod
    def state(self) -> State:
        """Every field, read back."""

    @abstractmethod
    def restore(self, state: State) -> None:
        """Write every field."""

    @abstractmethod
    def memories(self) -> list[Memory]:
        """All that the windows show and that can be written."""

    @abstractmethod
    def packets(self, stimulus: Stimulus) -> Words:
        """The words of T steps, (T, words).

        Raises
        ------
        TypeError, ValueError
            A name is unknown or missing, or an array has another shape.
        """

    @abstractmethod
    def results(self, bits: Bits) -> Any:
        """What `run` returns of the packets of T steps."""


def saturated(name: str, values: ArrayLike, bits: int, signed: bool) -> NDArray[Any]:
    """Integers, saturated into a field as the models do it; TypeError for other values."""
    array = np.asarray(values)
    if array.dtype.kind not in "biu":
        raise TypeError(f"{name} must be integers, not {array.dtype}")
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    # 64 bits hold all that comes in; a format may be wider
    whole = array.astype(np.uint64 if array.dtype == np.uint64 else np.int64)
    limits = np.iinfo(whole.dtype)
    return np.clip(whole, max(low, int(limits.min)), min(high, int(limits.max)))
