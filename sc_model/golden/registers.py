"""What a block holds for all its synapses: run-time parameters, and the source of random inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.arithmetic.noise import SEED, TAPS, WIDTH
from sc_model.spec import IntFormat, Rule, RuleParams
from sc_model.spec.rule_parts.settings import checked_settings


class Registers:
    """Run-time parameters and random numbers of a block.

    `FIRST` is the state of the shift register after a reset.

    Parameters
    ----------
    rule, params : learning rule and its parameters, which the run-time ones are after a reset.
    fed : whether random inputs come with each step, in place of the block's shift register.

    Members
    -------
    settings : the run-time parameters by name.
    lfsr : state of the shift register.
    step_formats : formats of the inputs that come with a step.
    random : formats of those that the register gives; empty if they are fed.
    """

    FIRST = SEED

    def __init__(self, rule: Rule, params: RuleParams, fed: bool = False) -> None:
        self._rule, self.lfsr = rule, SEED
        self.settings = rule.initial_settings(params)
        self.step_formats = rule.step_formats(params, fed=fed)
        self.random = {} if fed else rule.random_formats(params)
        self._forms = rule.input_formats(params)

    @property
    def formats(self) -> dict[str, dict[str, IntFormat]]:
        """Fields of the spaces that a state has for these registers: `parameters`, `control`."""
        spaces = {
            "parameters": {name: self._forms[name] for name in self.settings},
            "control": {"lfsr": IntFormat(WIDTH)} if self.random else {},
        }
        return {space: fields for space, fields in spaces.items() if fields}

    def set(self, values: Mapping[str, Any]) -> None:
        """Change run-time parameters; ConfigError, and nothing changed, for a wrong one."""
        self.settings |= checked_settings(self._rule.settings, values, self._rule.family)

    def check(self, inputs: Mapping[str, Any]) -> None:
        """TypeError unless there are exactly the inputs that come with a step."""
        if sorted(inputs) != sorted(self.step_formats):
            raise TypeError(
                f"a step of '{self._rule.family}' takes the inputs {sorted(self.step_formats)}, not"
                f" {sorted(inputs)}"
            )

    def step_count(self, inputs: Mapping[str, ArrayLike], axes: int) -> int:
        """T of the inputs of T steps: the rows of those that have so many axes.

        Raises
        ------
        TypeError
            an input is missing or unknown.
        ValueError
            none has so many axes, or they are of different lengths.
        """
        self.check(inputs)
        counts = {len(array) for array in map(np.asarray, inputs.values()) if array.ndim == axes}
        if len(counts) != 1:
            shape = "(steps,)" if axes == 1 else "(steps, ...)"
            raise ValueError(
                f"inputs must be of equally many steps, at least one of shape {shape}, not"
                f" {sorted(counts)}"
            )
        return counts.pop()

    def sequences(self, inputs: Mapping[str, ArrayLike], synapses: int) -> dict[str, NDArray[Any]]:
        """The inputs of T steps of N synapses, shape (T, N) each, in the order of their formats.

        Parameters
        ----------
        inputs : by name integers of shape (T, N) or (T, 1), or a scalar; at least one has T rows.
        synapses : N.

        Raises
        ------
        TypeError
            an input is missing or unknown.
        ValueError
            an input has another shape.
        """
        count = self.step_count(inputs, 2)
        shape = (count, synapses)
        arrays = {name: np.asarray(inputs[name]) for name in self.step_formats}
        for name, array in arrays.items():
            if array.ndim and array.shape not in (shape, (count, 1)):
                raise ValueError(
                    f"{name} must have shape {shape}, ({count}, 1) or be a scalar, not"
                    f" {array.shape}"
                )
        return {name: np.broadcast_to(array, shape) for name, array in arrays.items()}

    def draw(self, count: int) -> dict[str, NDArray[np.int64]]:
        """Random inputs of the next `count` steps of a synapse, shape (count,) each."""
        if not self.random:
            return {}
        width = sum(form.width for form in self.random.values())
        words, self.lfsr = drawn(self.lfsr, width, count)
        return self.split(words)

    def split(self, words: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """The random inputs in states of the register, or in their lowest bits."""
        values, low = {}, 0
        for name, form in self.random.items():
            field = words >> low & (1 << form.width) - 1
            half = 1 << (form.width - 1)
            values[name] = (field ^ half) - half if form.signed else field
            low += form.width
        return values


class WithRegisters:
    """What a model has of its block's registers, under the names that RTL has them by, too."""

    registers: Registers

    @property
    def settings(self) -> dict[str, int]:
        """The run-time parameters."""
        return self.registers.settings

    def set(self, values: Mapping[str, Any]) -> None:
        """Change run-time parameters; ConfigError, and nothing changed, for a wrong one."""
        self.registers.set(values)

    @property
    def lfsr(self) -> int:
        """The register behind random inputs."""
        return self.registers.lfsr

    @lfsr.setter
    def lfsr(self, value: int) -> None:
        self.registers.lfsr = value


def drawn(state: int, bits: int, count: int) -> tuple[NDArray[np.int64], int]:
    """`count` numbers of `bits` bits, the first out of `state` itself, and the state after them.

    The same as the lowest bits of the register before each of `count` times `bits` shifts
    (`sc_model.arithmetic.noise.shifted`), many at a time: as the square of a sum is the sum of
    the squares modulo 2, the recurrence s[t] = s[t-32] + s[t-22] + s[t-2] + s[t-1] holds with all
    its distances doubled, too, and again.
    """
    total = WIDTH + bits * count
    stream = np.empty(total, np.uint8)  # in the order in which the bits came into the register
    stream[:WIDTH] = [state >> place & 1 for place in reversed(range(WIDTH))]
    known = WIDTH
    while known < total:
        stride = 1 << (known // WIDTH).bit_length() - 1
        size = min(stride, total - known)
        fresh = np.zeros(size, np.uint8)
        for tap in TAPS:
            start = known - (tap + 1) * stride
            fresh ^= stream[start : start + size]
        stream[known : known + size] = fresh
        known += size
    after = sum(int(bit) << place for place, bit in enumerate(stream[: -WIDTH - 1 : -1]))
    # number k is the newest bits of the register after k x bits shifts, the newest one the lowest
    rows = stream[WIDTH - bits : total - bits].reshape(count, bits).astype(np.int64)
    return rows @ (1 << np.arange(bits)[::-1]), after
