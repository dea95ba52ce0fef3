"""Parameters of a network from the file beside its design."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sc_model.files import PathLike
from sc_model.golden.network.network import check_parameters, parameter_bounds
from sc_model.golden.recording import RecordingError, arrays_of, integers_of
from sc_model.spec import ConfigError, IntFormat, NetworkSpec


def load_parameters(path: PathLike, spec: NetworkSpec) -> dict[str, NDArray[np.int64]]:
    """The integers of a network's layers by ``<layer>.<parameter>``; other arrays are left out.

    Raises ConfigError, which names the file, for an array that is missing, of another shape, or
    out of its range.
    """
    file = Path(path)
    if not file.is_file():
        raise ConfigError(
            f"parameters {file} must be a file (.npz), as `sc-hw import` writes it; there is none."
        )
    parameters: dict[str, NDArray[np.int64]] = {}
    try:
        arrays = arrays_of(file)
        for name, (shape, low, high) in parameter_bounds(spec).items():
            if name not in arrays:
                raise ConfigError(f"parameters {file} must have the array '{name}'; it lacks it.")
            if arrays[name].shape != shape:
                raise ConfigError(
                    f"parameters {file}: '{name}' must have shape {shape}, not"
                    f" {arrays[name].shape}; is it the file of this design?"
                )
            form = IntFormat(64, signed=True)
            parameters[name] = integers_of(file, name, arrays[name], form).astype(np.int64)
            outside = (parameters[name] < low) | (parameters[name] > high)
            if outside.any():
                raise ConfigError(
                    f"parameters {file}: '{name}' must be in [{low}, {high}], not"
                    f" {int(parameters[name][outside][0])}; is it the file of this design?"
                )
    except RecordingError as error:
        raise ConfigError(f"{error}") from None
    try:
        check_parameters(spec, parameters)
    except ValueError as error:
        raise ConfigError(f"parameters {file}: {error}") from None
    return parameters
