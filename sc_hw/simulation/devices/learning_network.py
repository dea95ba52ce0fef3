"""A network that learns as a device: a sample a step, and a space for each layer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.simulation.devices.device_block import Layout, Stimulus
from sc_hw.simulation.devices.learner_device import SUFFIX, LearnerDevice
from sc_model.files import PathLike
from sc_model.golden.learning_network import LearningNetwork
from sc_model.golden.recording import (
    RecordingError,
    arrays_of,
    integers_of,
    refuse_others,
    required_array,
)
from sc_model.native.learning_network import NativeLearningNetwork
from sc_model.spec import ConfigError, Design, IntFormat
from sc_model.spec.learning import LearningNetworkSpec

SAMPLE = ("values", "target")
REGISTERS = ("step_shift", "learn", "others_wrong")
FEEDBACK = ("explore", "right")


class LearningNetworkDevice(LearnerDevice):
    """A network that learns; a step is a sample.

    A step takes ``values``, shape (inputs,), and gives the class that is played. With ``target``,
    the right class, it is learned from; a network with feedback ``reward`` is told no more than
    whether it played that class. Where nobody knows the right class, the answer comes first:
    ``values`` with ``explore`` (true or false), then a step with ``right`` alone, whether the
    answer was.

    Three settings are made in front of a step or run, and stay until weights are loaded:
    ``step_shift`` (0 to 7), by how many powers of two all steps are smaller; ``learn``, true or
    false for all layers, or by layer; and ``others_wrong``, whether a right answer says, to a
    network with feedback ``reward``, that all other classes are wrong.
    """

    name = "learning_network"
    kind = "a learning network"
    step_axes = 2
    network: LearningNetworkSpec

    def __init__(self, design: Design) -> None:
        super().__init__(design)
        if design.learning is None:
            raise ConfigError(
                "a design with block 'learning_network' must have the table [learning]."
            )
        self.network = design.learning

    def model(self, *, native: bool) -> LearningNetwork:
        """The golden network, or with `native` the compiled one."""
        return (NativeLearningNetwork if native else LearningNetwork)(self.network)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, the readout's last."""
        return tuple(layer.name for layer in self.network.layers)

    def initial_weights(self, rng: np.random.Generator) -> Any:
        """Uniform random weights, as each layer's `initial` says."""
        return {
            f"{layer.name}{SUFFIX}": rng.integers(
                -layer.initial, layer.initial, (self.network.rows(n), layer.neurons), endpoint=True
            )
            for n, layer in enumerate(self.network.layers)
        }

    # --- state ------------------------------------------------------------------------------------

    def layout(self) -> Layout:
        """The fields of the golden network."""
        return LearningNetwork(self.network).layout

    def set_parameters(self, engine: Any, values: Mapping[str, Any]) -> None:
        """ConfigError: a sample's registers are set where the sample is given."""
        if values:
            raise ConfigError(
                f"a learning network has no run-time parameters, and so not {sorted(values)[0]!r};"
                f" {', '.join(REGISTERS)} are given to `step` or `run`, as run(values=...,"
                " step_shift=1)."
            )

    # --- samples ----------------------------------------------------------------------------------

    def recording(self, path: PathLike) -> tuple[dict[str, NDArray[Any]], Any]:
        """Samples of a file, and the weights that it has.

        Its arrays are ``values``, shape (samples, inputs), ``target``, shape (samples,), and those
        of `load`; a layer without one begins with 0.
        """
        file = Path(path)
        arrays = arrays_of(file)
        forms = {
            "values": self.network.value_format,
            "target": IntFormat((self.network.output.neurons - 1).bit_length()),
        }
        stimulus = {
            name: integers_of(file, name, required_array(file, arrays, name), form)
            for name, form in forms.items()
        }
        samples = len(stimulus["target"]) if stimulus["target"].ndim == 1 else 0
        if not samples or stimulus["values"].shape != (samples, self.network.inputs):
            raise RecordingError(
                f"recording {file}: 'values' must have shape (samples, {self.network.inputs}) and"
                f" 'target' shape (samples,), not {stimulus['values'].shape} and"
                f" {stimulus['target'].shape}."
            )
        classes = self.network.output.neurons
        if stimulus["target"].max() >= classes:
            raise RecordingError(
                f"recording {file}: 'target' must be in [0, {classes - 1}], not"
                f" {stimulus['target'].max()}."
            )
        refuse_others(file, arrays, [*forms, *self.arrays, "meta"])
        return stimulus, {name: arrays[name] for name in self.arrays if name in arrays}

    def step(self, engine: Any, stimulus: Stimulus) -> Any:
        """One sample, or what is said of the last one; the class that is played, or None."""
        sample = self._registers(engine, stimulus, (*SAMPLE, *FEEDBACK))
        if "right" in sample:
            if len(sample) > 1:
                raise TypeError(
                    "a step takes 'right' alone: it is about the answer of the step before."
                )
            self._feedback(engine, bool(sample["right"]))
            return None
        if "values" not in sample:
            raise TypeError("a step of a learning network takes values, shape (inputs,)")
        if "target" in sample and "explore" in sample:
            raise TypeError("a step takes 'explore' or 'target', not both: a label needs no trial.")
        if "target" in sample:
            return int(engine.run(np.asarray(sample["values"])[None], [sample["target"]])[0])
        self._last = engine.answer(sample["values"], explore=bool(sample.get("explore", False)))
        return self._last.played

    def _feedback(self, engine: Any, right: bool) -> None:
        """Learn from the answer of the step before."""
        if self.network.feedback != "reward" or getattr(self, "_last", None) is None:
            raise ConfigError(
                "'right' says whether the answer of the step before was, to a network with feedback"
                " 'reward'; with 'label' give the target with the values."
            )
        played, self._last = self._last.played, None
        engine.learn(played, right=right, single=not (right and engine.others_wrong))

    def run(self, engine: Any, stimulus: Stimulus) -> Any:
        """S samples; the class that is played for each, shape (S,)."""
        sample = self._registers(engine, stimulus, SAMPLE)
        if "values" not in sample:
            raise TypeError("samples of a learning network have values, shape (samples, inputs)")
        shape = np.shape(sample["values"])
        if len(shape) != 2:
            raise ValueError(
                f"values must have shape (samples, {self.network.inputs}), not {shape}"
            )
        return engine.run(sample["values"], sample.get("target"))

    def stepped(self, stimulus: Stimulus) -> Stimulus:
        """The values; targets are as many."""
        return {"values": stimulus["values"]} if "values" in stimulus else {}

    def _registers(
        self, engine: Any, stimulus: Stimulus, allowed: tuple[str, ...]
    ) -> dict[str, Any]:
        """Set the registers that are given; the rest of the stimulus."""
        unknown = sorted(set(stimulus) - {*allowed, *REGISTERS})
        if unknown:
            names = ", ".join((*allowed, *REGISTERS))
            raise TypeError(f"a learning network takes {names}, not {unknown[0]!r}.")
        if "step_shift" in stimulus:
            engine.step_shift = stimulus["step_shift"]
        if "others_wrong" in stimulus:
            flag = stimulus["others_wrong"]
            if not isinstance(flag, bool | np.bool_):
                raise TypeError(f"others_wrong is true or false, not {flag!r:.40}.")
            engine.others_wrong = bool(flag)
        self.choose_learning(engine, stimulus.get("learn", {}))
        return {name: value for name, value in stimulus.items() if name not in REGISTERS}


DEVICE_BLOCK = LearningNetworkDevice
