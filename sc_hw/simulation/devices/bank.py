"""A bank as a device: many synapses, whose state is read back only on request."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from sc_hw.simulation.devices.device_block import State
from sc_hw.simulation.devices.synapses import SynapseDevice
from sc_model.golden import Bank
from sc_model.native import NativeBank
from sc_model.rules import resolve


class BankDevice(SynapseDevice):
    """N synapses; inputs are scalars or of shape (N,), of T steps arrays of shape (T, N)."""

    name = "bank"
    step_axes = 2

    def model(self, *, native: bool) -> Bank:
        """The golden bank, or with `native` the compiled one."""
        rule, params = resolve(self.design.rule)
        return (NativeBank if native else Bank)(rule, params, self.design.synapses, fed=self.fed)

    def load(self, engine: Any, weights: ArrayLike) -> None:
        """Write the weights, a scalar or shape (N,)."""
        engine.load({self.weight: weights})

    def restore(self, engine: Any, state: State) -> None:
        """Write every field of every synapse."""
        engine.restore(state["synapse"])
        self.restore_registers(engine, state)


DEVICE_BLOCK = BankDevice
