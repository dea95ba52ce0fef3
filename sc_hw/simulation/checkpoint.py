"""Checkpoint files of devices (.npz): every field, and the design that it belongs to."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from sc_hw.simulation.devices import DeviceBlock
from sc_hw.simulation.devices.device_block import State
from sc_model.spec import ConfigError
from sim.files import write_arrays

CHECKPOINT_SCHEMA = "sc-hw.checkpoint.v1"


def write_checkpoint(path: Path, state: State, block: DeviceBlock) -> Path:
    """Write a state to a file, whole or not at all.

    Parameters
    ----------
    path : the file (.npz).
    state : arrays by space and field.
    block : the block that the state belongs to; the file names its design.

    Raises
    ------
    ConfigError
        A field has more than 64 bits, which a NumPy archive can't hold.
    """
    arrays = {
        f"{space}.{name}": values
        for space, fields in state.items()
        for name, values in fields.items()
    }
    # Arrays of Python integers (dtype object) become int64 in the file.
    wide = [
        name
        for name, array in arrays.items()
        if array.dtype == object and any(abs(int(value)) >> 63 for value in array.flat)
    ]
    if wide:
        raise ConfigError(
            f"a checkpoint file holds fields of up to 64 bits, and {', '.join(wide)} has more."
        )
    about: dict[str, Any] = {"schema_version": CHECKPOINT_SCHEMA, "design": block.identity()}
    text = json.dumps(about, sort_keys=True).encode()
    return write_arrays(path, {**arrays, "about": np.frombuffer(text, np.uint8)})


def read_checkpoint(path: Path, block: DeviceBlock) -> State:
    """The state in a file.

    Raises
    ------
    ConfigError
        The file is no checkpoint, or of a design with another rule, size or neuron.
    """
    try:
        with path.open("rb") as file, np.load(file) as archive:
            arrays = {name: archive[name] for name in archive.files}
        about = json.loads(arrays.pop("about").astype(np.uint8).tobytes())
        if about["schema_version"] != CHECKPOINT_SCHEMA:
            raise KeyError("schema_version")
    except FileNotFoundError:
        raise ConfigError(
            f"checkpoint {path} does not exist; Device.checkpoint writes one."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        raise ConfigError(
            f"checkpoint {path} is none, or broken off; Device.checkpoint writes one."
        ) from None
    own, other = block.identity(), about["design"]
    if own != other:
        different = sorted(name for name in {*own, *other} if own.get(name) != other.get(name))
        raise ConfigError(f"checkpoint {path} is of a design with another {', '.join(different)}.")
    state: State = {}
    for name, values in arrays.items():
        space, field = name.split(".")
        state.setdefault(space, {})[field] = values
    return state
