"""A lane as a device: one synapse; `run` returns its state after each step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_hw.simulation.devices.device_block import State
from sc_hw.simulation.devices.synapses import SynapseDevice
from sc_model.files import PathLike
from sc_model.golden import Synapse
from sc_model.native import NativeSynapse
from sc_model.rules import resolve
from sc_sim.rtl import RtlLane


class LaneDevice(SynapseDevice):
    """A lane: one synapse. Inputs of a step are scalars, those of T steps have shape (T,)."""

    name = "lane"
    step_axes = 1
    logs_every_step = True

    def model(self, *, native: bool) -> Synapse:
        """The golden model of the synapse; with `native` the compiled one."""
        rule, params = resolve(self.design.rule)
        return (NativeSynapse if native else Synapse)(rule, params, fed=self.fed)

    def load(self, engine: Any, weights: ArrayLike) -> None:
        """Write the weight, an integer; all other fields restart at their initial values."""
        engine.load({self.weight: int(np.asarray(weights))})

    def restore(self, engine: Any, state: State) -> None:
        """Write every field.

        The ports of a lane load the weight alone. So RTL raises ValueError for a state whose other
        fields do not have their initial values.
        """
        values = {name: int(value) for name, value in state["synapse"].items()}
        if isinstance(engine, RtlLane):
            engine.restore(values)
        else:
            engine.state = values
        self.restore_registers(engine, state)

    def recording(self, path: PathLike) -> tuple[dict[str, NDArray[Any]], ArrayLike]:
        """A recording's inputs, shape (T,) each, and the weight with which it begins."""
        inputs, weights = super().recording(path)
        first = {name: values[:, 0] for name, values in inputs.items()}
        return first, int(np.ravel(np.asarray(weights))[0])

    def log(self, states: list[dict[str, Any]]) -> Any:
        """The states after T steps as one array of shape (T,) for each field."""
        return {name: np.array([state[name] for state in states]) for name in states[0]}


DEVICE_BLOCK = LaneDevice
