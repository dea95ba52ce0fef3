"""Checkpoint files of devices (.npz): every field, and the design that it belongs to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.simulation.devices import DeviceBlock
from sc_hw.simulation.devices.device_block import Layout, State
from sc_model.archives import ArchiveError, read_archive
from sc_model.spec import ConfigError
from sc_model.texts import shown
from sc_sim.files import write_arrays

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
        A field has more than 64 bits, which a NumPy archive can't hold; the path is a folder's.
    """
    if path.is_dir():
        raise ConfigError(
            f"checkpoint {path} must be a file (.npz), not a folder; give"
            f" {path / 'checkpoint.npz'}, say."
        )
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
        The file is no checkpoint, or of a design with another rule, size or neuron. Fields are
        checked by `check_state`.
    """
    try:
        arrays = read_archive(path)
    except FileNotFoundError:
        raise ConfigError(
            f"checkpoint {path} does not exist; Device.checkpoint writes one."
        ) from None
    except ArchiveError as error:
        raise ConfigError(f"checkpoint {path} {error}") from None
    own, other = block.identity(), _design_of(arrays.pop("about", None))
    if other is None:
        raise ConfigError(
            f"checkpoint {path} is none, or broken off; Device.checkpoint writes one."
        )
    if own != other:
        different = sorted(name for name in {*own, *other} if own.get(name) != other.get(name))
        raise ConfigError(f"checkpoint {path} is of a design with another {', '.join(different)}.")
    state: State = {}
    for name, values in arrays.items():
        space, _, field = name.partition(".")
        state.setdefault(space, {})[field] = values
    return state


def _design_of(about: NDArray[Any] | None) -> dict[str, Any] | None:
    """What a checkpoint says of its design; None where the array does not say it."""
    if about is None or about.dtype.kind not in "iu" or about.ndim != 1:
        return None
    try:
        value = json.loads(about.astype(np.uint8).tobytes())
    except (ValueError, RecursionError):  # no text, no JSON, or nested too deep
        return None
    if not isinstance(value, dict) or value.get("schema_version") != CHECKPOINT_SCHEMA:
        return None
    design = value.get("design")
    return design if isinstance(design, dict) else None


def check_state(subject: str, state: State, layout: Layout) -> None:
    """Check every field of a state.

    Parameters
    ----------
    subject : begins the errors.
    state : arrays by space and field.
    layout : what they must be.

    Raises
    ------
    ConfigError
        A field is missing, unknown, no integer, of another shape, or out of its format.
    """
    fields_of_layout = {
        f"{space}.{name}": rest for space, fields in layout.items() for name, rest in fields.items()
    }
    for space, fields in state.items():
        if not isinstance(fields, Mapping):
            raise ConfigError(
                f"{subject} must hold the fields of {shown(space)} by name, as Device.state() gives"
                f" them, not {shown(fields)} ({type(fields).__name__})."
            )
    fields_of_state = {
        f"{space}.{name}": array
        for space, fields in state.items()
        for name, array in fields.items()
    }
    missing, unknown = (
        sorted(fields_of_layout.keys() - fields_of_state),
        sorted(fields_of_state.keys() - fields_of_layout),
    )
    if missing:
        raise ConfigError(
            f"{subject} must have the field {shown(missing[0])}, and has {sorted(fields_of_state)}."
        )
    if unknown:
        raise ConfigError(
            f"{subject} has an unknown field {shown(unknown[0])}; its fields are"
            f" {sorted(fields_of_layout)}."
        )
    for name, (least, greatest, shape) in fields_of_layout.items():
        array = np.asarray(fields_of_state[name])
        # Python's integers (dtype object) hold what 64 bits do not
        whole = array.dtype.kind in "iu" or (
            array.dtype == object and all(isinstance(value, int) for value in array.flat)
        )
        if not whole:
            raise ConfigError(f"{subject}: {name} must hold integers, not {array.dtype}.")
        if array.shape != shape:
            raise ConfigError(f"{subject}: {name} must have shape {shape}, not {array.shape}.")
        outside = np.argwhere((array < least) | (array > greatest))
        if len(outside):
            place = tuple(int(index) for index in outside[0])
            raise ConfigError(
                f"{subject}: {name} must be in [{least}, {greatest}], not {int(array[place])}"
                f" at index {place}."
            )
