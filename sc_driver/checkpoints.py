"""Checkpoint files (.npz): every field of a state, and the design that it belongs to."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_driver.archives import read_arrays
from sc_driver.blocks.board_block import State

CHECKPOINT_SCHEMA = "sc-hw.checkpoint.v1"
ABOUT = "about"
# Keys of a design that change no result: where synapses lie, clocks, and the engine, which changes
# the form of a state with delays (its fields say which one it has).
LAYER_PLACEMENT = frozenset({"lanes", "chains", "cluster", "memory", "multipliers"})
TRAINED_PLACEMENT = frozenset({"lanes", "clock", "engine"})
CLOCKING = frozenset({"clocks", "crossing_depth"})


def identity(design: Mapping[str, Any], rule: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a state depends on: block, size, rule, parameters; not name, seed or fabric.

    Parameters
    ----------
    design : JSON values of a design, as in a manifest.
    rule : its rule's `family` and all its `parameters`; a network names its own.
    """
    fields: dict[str, Any] = {"block": design["block"]}
    if design["block"] == "network":
        network = _without(design["network"], CLOCKING)
        network["layers"] = [_without(layer, TRAINED_PLACEMENT) for layer in network["layers"]]
        return fields | {"network": network}
    for name in ("learning", "recurrent"):
        if name in design:  # also its lanes, which share a random number
            return fields | {name: design[name]}
    if rule is not None:
        fields |= {"rule": rule["family"], "parameters": rule["parameters"]}
    fields["synapses"] = design["synapses"]
    if "layer" in design:
        fields |= {"layer": _without(design["layer"], LAYER_PLACEMENT), "neuron": design["neuron"]}
    return fields


def _without(values: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def write_state(path: Path, state: State, manifest: Mapping[str, Any]) -> Path:
    """Write a state of a manifest's design, whole or not at all.

    Raises
    ------
    ValueError
        The state has a field of more than 64 bits.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for space, fields in state.items():
        for name, values in fields.items():
            try:
                arrays[f"{space}.{name}"] = np.asarray(values).astype(np.int64)
            except OverflowError:
                raise ValueError(
                    f"a checkpoint file holds fields of up to 64 bits, and {space}.{name} has more."
                ) from None
    about = {
        "schema_version": CHECKPOINT_SCHEMA,
        "design": identity(manifest["design"], manifest.get("rule")),
    }
    text = json.dumps(about, sort_keys=True).encode()
    columns: dict[str, Any] = {**arrays, ABOUT: np.frombuffer(text, np.uint8)}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            np.savez_compressed(file, **columns)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def read_state(path: Path, manifest: Mapping[str, Any]) -> State:
    """The state in a checkpoint file; ValueError where it is none, or of another design."""
    arrays = read_arrays("checkpoint", path)
    own, other = identity(manifest["design"], manifest.get("rule")), _design_of(arrays)
    if other is None:
        raise ValueError(f"{path} is no checkpoint; Device.checkpoint writes one.")
    if own != other:
        different = sorted(name for name in {*own, *other} if own.get(name) != other.get(name))
        raise ValueError(f"checkpoint {path} is of a design with another {', '.join(different)}.")
    state: State = {}
    for name, values in arrays.items():
        space, _, field = name.partition(".")
        state.setdefault(space, {})[field] = values
    return state


def _design_of(arrays: dict[str, NDArray[Any]]) -> dict[str, Any] | None:
    """What a file says of its design, which is taken out of the arrays; None where it says none."""
    about = arrays.pop(ABOUT, None)
    if about is None or about.dtype.kind not in "iu":
        return None
    try:
        value = json.loads(about.astype(np.uint8).tobytes())
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or value.get("schema_version") != CHECKPOINT_SCHEMA:
        return None
    design = value.get("design")
    return design if isinstance(design, dict) else None


def check_fields(subject: str, state: State, like: State) -> None:
    """ValueError where a state has not the fields, or not the shapes, of another.

    Parameters
    ----------
    subject : begins the error.
    state : is checked.
    like : of the same design.
    """
    like_fields = {f"{space}.{name}": v for space, one in like.items() for name, v in one.items()}
    fields = {f"{space}.{name}": v for space, one in state.items() for name, v in one.items()}
    for name in sorted(like_fields.keys() ^ fields.keys()):
        has = "an unknown field" if name in fields else "no field"
        raise ValueError(f"{subject} has {has} {name}; its fields are {', '.join(like_fields)}.")
    for name, values in fields.items():
        if np.shape(values) != np.shape(like_fields[name]):
            raise ValueError(
                f"{subject}: {name} must have shape {np.shape(like_fields[name])}, not"
                f" {np.shape(values)}."
            )
