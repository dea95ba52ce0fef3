"""What lane, bank and layer share as devices: run-time parameters, and the random bits' state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sc_hw.simulation.devices.device_block import DeviceBlock, Layout, State
from sc_model.golden.registers import Registers
from sc_model.rules import resolve

PARAMETERS, CONTROL = "parameters", "control"


class RuleDevice(DeviceBlock):
    """A block that runs one rule; its models and its RTL have `settings`, `set` and `lfsr`."""

    @property
    def fed(self) -> bool:
        """Whether random inputs come with each step."""
        return self.design.random == "ports"

    def parameters(self, engine: Any) -> dict[str, int]:
        """The run-time parameters."""
        return dict(engine.settings)

    def set_parameters(self, engine: Any, values: Mapping[str, Any]) -> None:
        """Change some of them."""
        engine.set(values)

    @property
    def _spaces(self) -> dict[str, list[str]]:
        """Fields that a state has beside those of synapses and neurons, by space."""
        rule, params = resolve(self.design.rule)
        formats = Registers(rule, params, self.fed).formats
        return {space: list(fields) for space, fields in formats.items()}

    def registers(self, engine: Any) -> State:
        """These fields of an engine."""
        fields: State = {}
        if PARAMETERS in self._spaces:
            settings = self.parameters(engine)
            fields[PARAMETERS] = {n: np.asarray(v, np.int64) for n, v in settings.items()}
        if CONTROL in self._spaces:  # RTL has the register only then
            fields[CONTROL] = {"lfsr": np.asarray(engine.lfsr, np.int64)}
        return fields

    def register_layout(self) -> Layout:
        """Their least and greatest values."""
        rule, _ = resolve(self.design.rule)
        # from 0 a shift register never gets away
        bounds = {s.name: (s.bounds[0], s.bounds[1], ()) for s in rule.settings}
        bounds["lfsr"] = (1, (1 << 32) - 1, ())
        return {
            space: {name: bounds[name] for name in names} for space, names in self._spaces.items()
        }

    def restore_registers(self, engine: Any, state: State) -> None:
        """Write these fields into an engine."""
        if PARAMETERS in self._spaces:
            engine.set({name: int(value) for name, value in state[PARAMETERS].items()})
        if CONTROL in self._spaces:
            engine.lfsr = int(state[CONTROL]["lfsr"])
