"""A verilated lane with the interface of its golden model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import saturated_array
from sc_model.golden.registers import Registers, WithRegisters
from sc_model.golden.synapse import Integer, saturate_inputs
from sc_model.spec import IntFormat
from sc_sim.driver.one_clock import Rtl

EVENTS: dict[str, tuple[str, ...]] = {}


class RtlLane(WithRegisters):
    """A lane with the interface of :class:`~sc_model.golden.Synapse`, and arrays for many steps.

    Members
    -------
    rtl : the verilated design.
    rule, params : the rule that it computes.
    """

    def __init__(self, rtl: Rtl) -> None:
        self.rtl, self.rule, self.params = rtl, rtl.dut.rule, rtl.dut.params
        # its settings are those of the ports; the register behind random inputs is the hardware's
        self.registers = Registers(self.rule, self.params, rtl.dut.fed)
        (self._loadable,) = (field.name for field in self.rule.state if field.loadable)
        self.load({})

    def load(self, values: Mapping[str, int]) -> None:
        """Write the loadable field and put all others to their initial values."""
        initial = self.rule.initial_state()[self._loadable]
        form = self.rtl.dut.state[self._loadable]
        value = form.saturate(int(values.get(self._loadable, initial)))
        self._last = self.rtl.play({"load": [1], f"load_{self._loadable}": value})

    @property
    def state(self) -> dict[str, int]:
        """Every field."""
        return {name: int(self._last[name][-1]) for name in self.rtl.dut.state}

    def restore(self, state: Mapping[str, int]) -> None:
        """Set a state that differs from the initial one in the loadable field alone.

        Raises
        ------
        ValueError
            Another field differs: the ports of a lane can't load it.
        """
        value = int(state[self._loadable])
        initial = {**self.rule.initial_state(), self._loadable: value}
        if {name: int(other) for name, other in state.items()} != initial:
            raise ValueError(
                f"a lane's ports load the {self._loadable} alone, not traces: restore into a bank"
                " of 1, or from the model."
            )
        self.load({self._loadable: value})

    def step(self, inputs: Mapping[str, Integer]) -> dict[str, int]:
        """Advance by one step and return the new state."""
        self.registers.check(inputs)
        step_inputs = saturate_inputs(self.registers.step_formats, inputs)
        self._last = self.rtl.play({"step": [1], **step_inputs, **self.settings})
        return self.state

    @property
    # Held by the hardware.
    def lfsr(self) -> int:  # type: ignore[override]
        """The register behind random inputs."""
        return int(self._last["random__state"][-1])

    @lfsr.setter
    def lfsr(self, value: int) -> None:
        self._last = self.rtl.play({"random__load": [1], "random__seed": value})

    def replay(self, inputs: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
        """Advance by T steps, a clock each, and return every field after each, shape (T,).

        `inputs`: by name, shape (T,) or scalars; values out of range are saturated.
        """
        self.registers.check(inputs)
        forms = self.registers.step_formats
        ports = {name: _in_range(name, inputs[name], form) for name, form in forms.items()}
        out = self.rtl.play({"step": 1, **ports, **self.settings})
        if len(out["done"]):
            self._last = {name: values[-1:] for name, values in out.items()}
        return {name: out[name] for name in self.rtl.dut.state}


def _in_range(name: str, values: ArrayLike, form: IntFormat) -> NDArray[Any]:
    """Values of an input, saturated; an array that is in range already is not copied."""
    array = np.asarray(values)
    if array.dtype == np.bool_:
        return array
    is_integer = array.dtype.kind in "iu" and array.size > 0
    if is_integer and form.lo <= int(array.min()) <= int(array.max()) <= form.hi:
        return array
    return saturated_array(name, array, array.shape, form, np.dtype(np.int64))


golden_interface = RtlLane
