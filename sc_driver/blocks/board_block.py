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

# The window of registers that a block has beside its memories, and one of its spaces.
REGISTERS, PARAMETERS = "registers", "parameters"
# What the shift register behind random bits begins with, for 0 would stay 0.
FIRST_RANDOM = 0xACE1_2468

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
    registers : by name.
    step, output : the packets.
    windows : the block's host ports.
    manifest : of the build.
    """

    step_axes: ClassVar[int]

    def __init__(self, registers: Registers, manifest: Mapping[str, Any]) -> None:
        host = manifest["host"]
        self.registers, self.manifest = registers, manifest
        self.step, self.output = StepPacket(host["step"]), OutputPacket(host["output"])
        self.windows = [
            Window(registers, number, described) for number, described in enumerate(host["windows"])
        ]

    def reset(self) -> None:
        """Reset the block as by its `rst`: memories stay, counters are 0."""
        self.registers.write("CONTROL", self.registers.mask("CONTROL", "reset"))

    @abstractmethod
    def state(self) -> State:
        """Every field, read back."""

    @abstractmethod
    def initial(self) -> State:
        """The state after power-on, with the weights that the rule begins with."""

    @abstractmethod
    def restore(self, state: State) -> None:
        """Write every field; the state has the fields and shapes of `initial`."""

    def unrestorable(self, state: State) -> str | None:
        """Why no board can go on from a state, as the beginning of an error; None if it can."""
        return None

    def load(self, weights: Any) -> None:
        """Write the weights, saturated; all else is as after power-on, but run-time parameters
        stay.

        `weights`: a scalar, or of the block's shape.
        """
        state, weight = self.initial(), rule_weight(self.manifest)
        fields = self.windows[0].spaces["synapse"]["fields"]
        state["synapse"][weight] = weights_of(weights, state["synapse"][weight], weight, fields)
        self.restore(state | self._parameter_state())

    # --- registers beside the memories ------------------------------------------------------------

    @property
    def _own(self) -> Window | None:
        """The window of the block's own registers."""
        return next((one for one in self.windows if one.name == REGISTERS), None)

    def parameters(self) -> dict[str, int]:
        """The run-time parameters, read back."""
        return {name: int(v) for name, v in self._parameter_state().get(PARAMETERS, {}).items()}

    def _parameter_state(self) -> State:
        return {PARAMETERS: self.register_state()[PARAMETERS]} if self._settings else {}

    @property
    def _settings(self) -> dict[str, Mapping[str, Any]]:
        """The manifest's run-time parameters, by name."""
        return {one["name"]: one for one in self.manifest.get("rule", {}).get("settings", [])}

    def set_parameters(self, values: Mapping[str, int]) -> None:
        """Change run-time parameters; ValueError for one that there is not, or out of bounds."""
        for name, value in values.items():
            if name not in self._settings:
                known = ", ".join(self._settings) or "none"
                raise ValueError(f"there is no run-time parameter '{name}'; there are: {known}.")
            low, high = self._settings[name]["lo"], self._settings[name]["hi"]
            if not low <= value <= high:
                raise ValueError(f"{name} must be in [{low}, {high}], not {value}.")
        if values:
            update = {name: np.asarray(value, np.int64) for name, value in values.items()}
            now = self._parameter_state()[PARAMETERS]
            self.write_registers({PARAMETERS: {**now, **update}})

    def register_state(self) -> State:
        """Every field of these registers; of a block without them nothing."""
        window = self._own
        if window is None:
            return {}
        return {
            space: {n: np.asarray(v[0], np.int64) for n, v in window.read(space, {}, 1).items()}
            for space in window.spaces
        }

    def initial_registers(self) -> State:
        """These fields after power-on."""
        window = self._own
        if window is None:
            return {}
        first = {name: one["initial"] for name, one in self._settings.items()}
        first["lfsr"] = FIRST_RANDOM
        return {
            space: {field["name"]: np.asarray(first[field["name"]]) for field in one["fields"]}
            for space, one in window.spaces.items()
        }

    def write_registers(self, state: State) -> None:
        """Write those of these fields that a state has."""
        window = self._own
        for space in window.spaces if window is not None else ():
            if space in state and window is not None:
                values = {name: np.reshape(v, 1) for name, v in state[space].items()}
                window.load(space, {}, 1, values)

    @abstractmethod
    def memories(self) -> list[Memory]:
        """All that the windows show and that can be written."""

    def packets_of_step(self, stimulus: Stimulus) -> int | None:
        """Packets that a step of a run is made of; None where a step is a packet."""
        del stimulus
        return None

    def alone(self, stimulus: Stimulus) -> dict[str, Any]:
        """The stimulus of a step as that of a run of one step."""
        return {
            name: np.asarray(values)[None] if np.ndim(values) == self.step_axes - 1 else values
            for name, values in stimulus.items()
        }

    @abstractmethod
    def packets(self, stimulus: Stimulus) -> Words:
        """The words of T steps, (T, words).

        Raises
        ------
        TypeError, ValueError
            A name is unknown or missing, or an array has another shape.
        """

    def answer(self) -> tuple[int, NDArray[Any]]:
        """The answer by the steps since the reset, and the scores; only with a readout."""
        raise TypeError("only a network with a readout answers samples")

    @abstractmethod
    def results(self, bits: Bits, ticks: NDArray[np.bool_]) -> Any:
        """What `run` returns of the packets of T steps; `ticks`: the steps that gave one, (T,)."""


def rule_weight(manifest: Mapping[str, Any]) -> str:
    """The field of the manifest's rule that is loaded."""
    (name,) = (field["name"] for field in manifest["rule"]["state"] if field["loadable"])
    return str(name)


def rule_initial(manifest: Mapping[str, Any]) -> dict[str, int]:
    """What each field of the manifest's rule begins with."""
    return {field["name"]: field["initial"] for field in manifest["rule"]["state"]}


def weights_of(
    weights: ArrayLike,
    like: NDArray[Any],
    name: str,
    fields: Sequence[Mapping[str, Any]],
) -> NDArray[Any]:
    """Weights of a shape, saturated into their field; ValueError for another shape."""
    (field,) = (one for one in fields if one["name"] == name)
    whole = saturated(name, weights, field["width"], field["signed"])
    if whole.shape not in ((), like.shape):
        raise ValueError(f"{name} must have shape {like.shape}, not {whole.shape}")
    return np.broadcast_to(whole, like.shape)


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
