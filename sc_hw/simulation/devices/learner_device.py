"""What devices of which whole networks learn have in common: weights, state, frozen layers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sc_hw.simulation.devices.device_block import DeviceBlock, State
from sc_model.golden.recording import RecordingError, arrays_of, required_array
from sc_model.spec import ConfigError

SUFFIX = ".weight"


class LearnerDevice(DeviceBlock):
    """A network whose layers learn.

    Members
    -------
    kind : what a text calls such a network.
    """

    kind: ClassVar[str]

    @property
    @abstractmethod
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, the readout's last."""

    @property
    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays of weights."""
        return tuple(f"{name}{SUFFIX}" for name in self.layers)

    def load(self, engine: Any, weights: Any) -> None:
        """Write the weights: arrays by ``<layer>.weight``, or a file of them (.npz)."""
        if isinstance(weights, (str, Path)):
            weights = self._weights_of(Path(weights))
        if not isinstance(weights, Mapping):
            raise TypeError(
                f"{self.kind} loads arrays by '<layer>{SUFFIX}' (a dictionary, or the path of an"
                f" .npz file), not {type(weights).__name__}."
            )
        for name in weights:
            if not str(name).endswith(SUFFIX):
                raise TypeError(f"weights have the names '<layer>{SUFFIX}', not {name!r}.")
        engine.load({name.removesuffix(SUFFIX): values for name, values in weights.items()})

    def _weights_of(self, file: Path) -> dict[str, NDArray[Any]]:
        """The weights in a file; other arrays are left out."""
        try:
            arrays = arrays_of(file)
            return {name: required_array(file, arrays, name) for name in self.arrays}
        except RecordingError as error:
            raise ConfigError(str(error).replace("recording", "weights", 1)) from None

    def state(self, engine: Any) -> State:
        """What layers keep, the registers and the random bits."""
        return {
            space: {name: np.array(values, np.int64) for name, values in fields.items()}
            for space, fields in engine.state.items()
        }

    def restore(self, engine: Any, state: State) -> None:
        """Write every field."""
        engine.restore(state)

    def choose_learning(self, engine: Any, learn: Any) -> None:
        """Freeze layers, or let them learn: `learn` is for all of them, or by layer.

        Raises
        ------
        TypeError
            there is no such layer, or a value is neither true nor false.
        """
        by_layer = learn if isinstance(learn, Mapping) else dict.fromkeys(self.layers, learn)
        for name, value in by_layer.items():
            if name not in self.layers or not isinstance(value, (bool, np.bool_)):
                raise TypeError(
                    f"learn is true or false, or so by layer ({', '.join(self.layers)}), not"
                    f" {learn!r}."
                )
        for name, value in by_layer.items():
            engine.freeze(name, learn=bool(value))
