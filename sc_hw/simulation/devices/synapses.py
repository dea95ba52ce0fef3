"""What lane and bank share as devices: one space, `synapse`, with the fields of the rule."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_hw.simulation.devices.device_block import Layout, State, Stimulus, row
from sc_hw.simulation.devices.rule_device import RuleDevice
from sc_model.files import PathLike
from sc_model.golden import load_recording
from sc_model.rules import resolve


class SynapseDevice(RuleDevice):
    """Synapses without neurons; a step takes the rule's inputs by name and updates all of them."""

    def state(self, engine: Any) -> State:
        """The fields of the rule, as int64."""
        fields = {name: np.asarray(values, np.int64) for name, values in engine.state.items()}
        return {"synapse": fields, **self.registers(engine)}

    def layout(self) -> Layout:
        """The fields of the rule; each has a value for each synapse, and a lane has one synapse."""
        rule, params = resolve(self.design.rule)
        shape = () if self.design.block == "lane" else (self.design.synapses,)
        forms = rule.state_formats(params)
        fields = {name: (form.lo, form.hi, shape) for name, form in forms.items()}
        return {"synapse": fields, **self.register_layout()}

    def recording(self, path: PathLike) -> tuple[dict[str, NDArray[Any]], ArrayLike]:
        """Inputs of every step, shape (T, N), and the weights that the recording begins with."""
        rule, params = resolve(self.design.rule)
        content = load_recording(path, rule, params, self.design.synapses, fed=self.fed)
        return dict(content.inputs), content.initial.get(self.weight, 0)

    def step(self, engine: Any, stimulus: Stimulus) -> Any:
        """Advance by one step; the new state."""
        return engine.step(stimulus)

    def run(self, engine: Any, stimulus: Stimulus) -> Any:
        """Advance by T steps; returns the states as `log` arranges them."""
        # Compiled models and RTL replay all steps in one call; golden models have only `step`.
        if hasattr(engine, "replay"):
            return engine.replay(stimulus)
        steps = max(len(np.asarray(values)) for values in stimulus.values() if np.ndim(values))
        return self.log([dict(engine.step(row(stimulus, t))) for t in range(steps)])

    def log(self, states: list[dict[str, Any]]) -> Any:
        """What `run` returns: None, for the states of many synapses would fill the memory."""
        return None
