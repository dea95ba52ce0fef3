"""A plastic layer as a device: spikes in, spikes out, and a checkpoint of five spaces."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_hw.simulation.devices.device_block import Layout, State, Stimulus, row
from sc_hw.simulation.devices.rule_device import PARAMETERS, RuleDevice
from sc_model.files import PathLike
from sc_model.golden import PlasticLayer, load_layer_recording
from sc_model.native import NativeLayer
from sc_model.rules import resolve
from sc_model.spec import ConfigError, Design, NeuronSpec, PlasticLayerSpec

FLAGS = ("outcome", "decide", "clear_trial", "clear_traces")


class LayerDevice(RuleDevice):
    """A layer; a step takes `spikes`, shape (inputs,), the rule's modulators and `FLAGS`."""

    name = "layer"
    step_axes = 2
    layer: PlasticLayerSpec
    neuron: NeuronSpec

    def __init__(self, design: Design) -> None:
        super().__init__(design)
        if design.layer is None or design.neuron is None:
            raise ConfigError(
                "a design with block 'layer' must have the tables [layer] and [neuron]."
            )
        self.layer, self.neuron = design.layer, design.neuron

    def model(self, *, native: bool) -> PlasticLayer:
        """The golden layer, or with `native` the compiled one."""
        rule, params = resolve(self.design.rule)
        return (NativeLayer if native else PlasticLayer)(rule, params, self.layer, self.neuron)

    def load(self, engine: Any, weights: ArrayLike) -> None:
        """Write the weights, a scalar or shape (inputs, neurons)."""
        engine.load(weights)

    def state(self, engine: Any) -> State:
        """Every field of synapses, inputs, outputs, neurons and control registers."""
        checkpoint: State = engine.checkpoint()
        return {**checkpoint, **self.registers(engine)}

    def layout(self) -> Layout:
        """The fields of the golden layer's checkpoints."""
        return {**self.model(native=False).layout, **self.register_layout()}

    def restore(self, engine: Any, state: State) -> None:
        """Write every field."""
        engine.restore({space: values for space, values in state.items() if space != PARAMETERS})
        self.restore_registers(engine, state)

    def recording(self, path: PathLike) -> tuple[dict[str, NDArray[Any]], ArrayLike]:
        """Spikes, modulators and the flags that are ever set, and the initial weights."""
        rule, params = resolve(self.design.rule)
        content = load_layer_recording(path, rule, params, self.layer, self.neuron)
        flags = {name: values for name, values in content.flags.items() if values.any()}
        weights = content.initial_weight if content.initial_weight is not None else 0
        return {"spikes": content.spikes, **content.modulators, **flags}, weights

    def step(self, engine: Any, stimulus: Stimulus) -> Any:
        """Advance by one step; the neurons' spikes, shape (neurons,)."""
        spikes, modulators, flags = _arguments(stimulus)
        return engine.step(spikes, modulators, **flags)

    def run(self, engine: Any, stimulus: Stimulus) -> Any:
        """Advance by T steps; spikes of shape (T, neurons)."""
        spikes, modulators, flags = _arguments(stimulus)
        # Compiled models and RTL run all steps in one call; the golden layer has only `step`.
        if hasattr(engine, "run"):
            return engine.run(spikes, modulators, **flags)
        fired = []
        for t, x in enumerate(np.asarray(spikes)):
            values = {name: int(value) for name, value in row(modulators, t).items()}
            events = {name: bool(value) for name, value in row(flags, t).items()}
            fired.append(engine.step(x, values, **events))
        return np.array(fired)

    def stepped(self, stimulus: Stimulus) -> Stimulus:
        """The spikes; modulators and flags may be scalars."""
        return {"spikes": stimulus["spikes"]} if "spikes" in stimulus else {}


def _arguments(stimulus: Stimulus) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Spikes, modulators and flags of a stimulus; TypeError without spikes."""
    if "spikes" not in stimulus:
        raise TypeError("a step of a layer takes spikes, shape (inputs,)")
    flags = {name: value for name, value in stimulus.items() if name in FLAGS}
    modulators = {
        name: value for name, value in stimulus.items() if name != "spikes" and name not in FLAGS
    }
    return stimulus["spikes"], modulators, flags


DEVICE_BLOCK = LayerDevice
