"""A bank's compiled Verilog, with the interface of the golden model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import saturated_array
from sc_model.golden.bank import loaded
from sc_model.golden.registers import Registers, WithRegisters
from sc_sim.bits import get_bits, put_bits, words_of
from sc_sim.driver.one_clock import Rtl

# An output beside the streams that carries words: its valid bit, and the ports of its payload.
EVENTS = {"updated": ("updated_address", "updated_state")}


class RtlBank(WithRegisters):
    """A bank with the interface of :class:`~sc_model.golden.Bank`.

    Parameters
    ----------
    rtl : the compiled Verilog of the bank.

    Members
    -------
    rtl : the same.
    rule, params : the rule of the build, and its parameters.
    synapses : number of synapses, N.
    """

    def __init__(self, rtl: Rtl) -> None:
        self.rtl, self.rule, self.params = rtl, rtl.dut.rule, rtl.dut.params
        self.synapses = rtl.dut.synapses
        # Keeps the settings, which are values of ports here. The shift register that random inputs
        # come from is the hardware's own (see `lfsr`).
        self.registers = Registers(self.rule, self.params, rtl.dut.fed)
        self.set({})
        self.load({})

    def load(self, values: Mapping[str, ArrayLike]) -> None:
        """Write loadable fields of all synapses, and restart all others as after a reset.

        `values`: by field, a scalar or shape (N,), saturated into its format.
        """
        if self.rtl.dut.draws:
            self.lfsr = Registers.FIRST
        self.restore(loaded(self.rule, values))

    def restore(self, state: Mapping[str, ArrayLike]) -> None:
        """Set the complete state: every field, scalar or shape (N,), saturated into its format."""
        forms, slots = self.rtl.dut.state, self.rtl.dut.drive.slots
        if sorted(state) != sorted(forms):
            raise TypeError(
                f"the state of '{self.rule.family}' is {sorted(forms)}, not {sorted(state)}"
            )
        base = slots["load__payload"]
        words = np.zeros((self.synapses, words_of(base.form.width)), np.uint64)
        address = slots["load__payload.address"]
        put_bits(words, address.offset - base.offset, address.form.width, np.arange(self.synapses))
        for name, form in forms.items():
            slot = slots[f"load__payload.state.{name}"]
            values = saturated_array(name, state[name], (self.synapses,), form, np.dtype(np.int64))
            put_bits(words, slot.offset - base.offset, form.width, values)
        self.rtl.transact({"load": words}, {})

    @property
    def state(self) -> dict[str, NDArray[np.int64]]:
        """Every field of all synapses, read back through the host's port; shape (N,)."""
        addresses = np.arange(self.synapses, dtype=np.uint64)[:, None]
        _, outputs = self.rtl.transact({"read": addresses}, {"readback": self.synapses})
        words, slots = outputs["readback"][1], self.rtl.dut.sense.slots
        base = slots["readback__payload"].offset
        return {
            name: get_bits(words, slots[f"readback__payload.{name}"].offset - base, form)
            for name, form in self.rtl.dut.state.items()
        }

    # --- registers of the bank --------------------------------------------------------------------

    def set(self, values: Mapping[str, Any]) -> None:
        """Change run-time parameters; ConfigError, and nothing changed, for a wrong one."""
        self.registers.set(values)
        if self.settings:
            self._play({})

    @property  # in place of the attribute of the golden model: the hardware has the register
    def lfsr(self) -> int:  # type: ignore[override]
        """State of the shift register that random inputs come from."""
        return int(self._play({})["random__state"][-1])

    @lfsr.setter
    def lfsr(self, value: int) -> None:
        self._play({"random__load": 1, "random__seed": value})
        self._play({})  # ends the load: ports keep the values of the last clock

    def _play(self, ports: Mapping[str, int]) -> dict[str, NDArray[Any]]:
        """Simulate one clock without a transfer; the ports keep these values in later clocks."""
        values: dict[str, Any] = {"rst": [0], **self.settings, **ports}
        return self.rtl.play(values)

    def step(self, inputs: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.int64]]:
        """Advance all synapses by one step, which is a sweep, and return the new state.

        `inputs`: by name, a scalar or shape (N,), saturated into its format.
        """
        self.replay(
            {
                name: np.broadcast_to(np.asarray(values), (self.synapses,))[None]
                for name, values in inputs.items()
            }
        )
        return self.state

    def replay(self, inputs: Mapping[str, ArrayLike]) -> None:
        """Advance all synapses by T steps.

        Parameters
        ----------
        inputs : for each input of the rule integers of shape (T, N) or (T, 1), or a scalar; at
            least one has T rows. They are saturated into the input's format.

        Raises
        ------
        TypeError
            an input is missing, unknown, or not of integers.
        ValueError
            an input has another shape.
        """
        arrays = self.registers.sequences(inputs, self.synapses)
        shape = next(iter(arrays.values())).shape
        slots = self.rtl.dut.drive.slots
        base = slots["i__payload"]
        words = np.zeros((shape[0] * shape[1], words_of(base.form.width)), np.uint64)
        for name, form in self.registers.step_formats.items():
            values = saturated_array(name, arrays[name], shape, form, np.dtype(np.int64))
            offset = slots[f"i__payload.{name}"].offset - base.offset
            put_bits(words, offset, form.width, values.ravel())
        # The simulation ends when as many updates have been written as transfers went in. 0: none
        # of these updates is recorded.
        self.rtl.transact({"i": words}, {"updated": len(words)}, {"updated": 0})


golden_interface = RtlBank
