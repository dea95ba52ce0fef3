"""A recurrent network that learns as a device: a sample of many steps is a step of the device."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.simulation.devices.device_block import Layout, Stimulus
from sc_hw.simulation.devices.learner_device import LearnerDevice
from sc_model.files import PathLike
from sc_model.golden.recording import (
    RecordingError,
    arrays_of,
    integers_of,
    refuse_others,
    required_array,
)
from sc_model.golden.recurrent_network import UNTOLD, RecurrentNetwork
from sc_model.native.recurrent_network import NativeRecurrentNetwork
from sc_model.spec import ConfigError, Design, IntFormat
from sc_model.spec.learning import RecurrentNetworkSpec
from sc_model.spec.learning.recurrent_network import SHIFT_FORMAT

SAMPLE = ("spikes", "targets")
SHIFTS = ("hidden_shift", "readout_shift")  # run-time parameters


class RecurrentNetworkDevice(LearnerDevice):
    """A recurrent network that learns.

    A step takes a sample: ``spikes``, shape (steps, inputs), and gives the class with the largest
    sum after each of its steps, shape (steps,). With ``targets``, shape (steps,), it learns in the
    steps that have a class there, and not in those with -1. ``learn``, true or false for both
    layers or by layer, stays until weights are loaded. Run-time parameters are ``hidden_shift`` and
    ``readout_shift``, 0 to 15: a step of a weight is signal * trace * 2^-shift.
    """

    name = "recurrent_network"
    kind = "a recurrent network"
    step_axes = 3
    network: RecurrentNetworkSpec

    def __init__(self, design: Design) -> None:
        super().__init__(design)
        if design.recurrent is None:
            raise ConfigError(
                "a design with block 'recurrent_network' must have the table [recurrent]."
            )
        self.network = design.recurrent

    def model(self, *, native: bool) -> RecurrentNetwork:
        """The golden network, or with `native` the compiled one."""
        return (NativeRecurrentNetwork if native else RecurrentNetwork)(self.network)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the recurrent layer and the readout."""
        return self.network.hidden.name, self.network.readout.name

    def load(self, engine: Any, weights: Any) -> None:
        """Write the weights, see `LearnerDevice.load`; sizes of steps stay."""
        shifts = self.parameters(engine)
        super().load(engine, weights)
        self.set_parameters(engine, shifts)

    def initial_weights(self, rng: np.random.Generator) -> Any:
        """Uniform random weights, as each layer's `initial` and `initial_recurrent` say."""
        spec = self.network
        neurons = spec.hidden.neurons

        def uniform(most: int, rows: int, columns: int) -> NDArray[np.int64]:
            return rng.integers(-most, most, (rows, columns), endpoint=True)

        rows = [
            uniform(spec.hidden.initial, spec.inputs, neurons),
            uniform(spec.hidden.initial_recurrent, neurons, neurons),
        ]
        readout = uniform(spec.readout.initial, neurons, spec.readout.neurons)
        return dict(zip(self.arrays, (np.concatenate(rows), readout), strict=True))

    # --- state ------------------------------------------------------------------------------------

    def layout(self) -> Layout:
        """The fields of the golden network."""
        return RecurrentNetwork(self.network).layout

    def parameters(self, engine: Any) -> dict[str, int]:
        """The sizes of steps, as powers of two."""
        shifts: dict[str, int] = engine.shifts
        return shifts

    def set_parameters(self, engine: Any, values: Mapping[str, Any]) -> None:
        """Change some of them; nothing is changed where one is refused."""
        low, high = SHIFT_FORMAT.lo, SHIFT_FORMAT.hi
        for name, value in values.items():
            if name not in SHIFTS:
                raise ConfigError(
                    f"a recurrent network has the run-time parameters {' and '.join(SHIFTS)}, not"
                    f" {name!r}."
                )
            if isinstance(value, bool) or not hasattr(value, "__index__"):
                raise ConfigError(f"{name} must be an integer, not {value!r}.")
            if not low <= value <= high:
                raise ConfigError(f"{name} must be in [{low}, {high}], not {value}.")
        for layer, name in zip(self.layers, SHIFTS, strict=True):
            if name in values:
                engine.set_shift(layer, int(values[name]))

    # --- samples ----------------------------------------------------------------------------------

    def recording(self, path: PathLike) -> tuple[dict[str, NDArray[Any]], Any]:
        """Samples of a file, and the weights that it has.

        Its arrays are ``spikes``, shape (samples, steps, inputs), ``targets``, shape (samples,
        steps), and those of `load`; a layer without one begins with 0.
        """
        file = Path(path)
        arrays = arrays_of(file)
        most = self.network.readout.neurons - 1
        forms = {
            "spikes": IntFormat(1),
            "targets": IntFormat(most.bit_length() + 1, signed=True),
        }
        stimulus = {
            name: integers_of(file, name, required_array(file, arrays, name), form)
            for name, form in forms.items()
        }
        shape = stimulus["spikes"].shape
        inputs = self.network.inputs
        if len(shape) != 3 or shape[2] != inputs or stimulus["targets"].shape != shape[:2]:
            raise RecordingError(
                f"recording {file}: 'spikes' must have shape (samples, steps, {inputs}) and"
                f" 'targets' shape (samples, steps), not {shape} and {stimulus['targets'].shape}."
            )
        wrong = stimulus["targets"][(stimulus["targets"] < UNTOLD) | (stimulus["targets"] > most)]
        if wrong.size:
            raise RecordingError(
                f"recording {file}: 'targets' must be in [{UNTOLD}, {most}], not {wrong[0]}."
            )
        refuse_others(file, arrays, [*forms, *self.arrays, "meta"])
        return stimulus, {name: arrays[name] for name in self.arrays if name in arrays}

    def step(self, engine: Any, stimulus: Stimulus) -> Any:
        """One sample; the class with the largest sum after each of its steps."""
        sample = self._sample(engine, stimulus)
        return engine.sample(sample["spikes"], sample.get("targets"))

    def run(self, engine: Any, stimulus: Stimulus) -> Any:
        """S samples; the classes after their steps, shape (S, steps)."""
        sample = self._sample(engine, stimulus)
        return engine.run(sample["spikes"], sample.get("targets"))

    def stepped(self, stimulus: Stimulus) -> Stimulus:
        """The spikes; targets are as many."""
        return {"spikes": stimulus["spikes"]} if "spikes" in stimulus else {}

    def _sample(self, engine: Any, stimulus: Stimulus) -> dict[str, Any]:
        """Freeze layers as asked for; the rest of the stimulus."""
        unknown = sorted(set(stimulus) - {*SAMPLE, "learn"})
        if unknown:
            raise TypeError(
                f"a recurrent network takes {', '.join(SAMPLE)}, learn, not {unknown[0]!r}."
            )
        if "spikes" not in stimulus:
            raise TypeError(
                "a sample of a recurrent network has spikes, shape (steps, inputs); a run of"
                " samples shape (samples, steps, inputs)"
            )
        self.choose_learning(engine, stimulus.get("learn", {}))
        return {name: stimulus[name] for name in SAMPLE if name in stimulus}


DEVICE_BLOCK = RecurrentNetworkDevice
