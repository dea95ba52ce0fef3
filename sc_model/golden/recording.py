"""Recorded stimulus: what a bank saw at every step, in one compressed NumPy file.

Arrays: one for each input of the rule, shape (steps, synapses), integers within the input's format; and optionally
`initial_<field>` for loadable fields, shape (synapses,). `meta` may hold a JSON text about the data (what a column
means, labels, the source): the flow carries it along and reads only what a report asks for.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.spec import Rule, RuleParams


class RecordingError(ValueError):
    """A recording does not fit the design it is replayed on."""


@dataclass(frozen=True)
class Recording:
    """Stimulus of `steps` sweeps over `synapses` synapses."""

    inputs: Mapping[str, NDArray[np.int64]]
    initial: Mapping[str, NDArray[np.int64]]
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Number of sweeps."""
        return len(next(iter(self.inputs.values())))


def load_recording(path: Path | str, rule: Rule, params: RuleParams, synapses: int) -> Recording:
    """Read a recording for `synapses` synapses under a rule.

    Raises RecordingError that names the file, the array, what is allowed and what came.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:  # np.load leaves a file that is no archive open
            archive = np.load(stream, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise RecordingError(f"recording {file} is a single array, no NumPy archive (.npz) of named ones.")
            with archive:
                arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise RecordingError(f"recording {file} does not exist.") from None
    except RecordingError:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RecordingError(f"recording {file} is no NumPy archive (.npz): {error}.") from None
    inputs, steps = {}, None
    for name, form in rule.input_formats(params).items():
        if name not in arrays:
            raise RecordingError(f"recording {file} lacks the array '{name}'; it has {sorted(arrays)}.")
        array = arrays[name]
        steps = len(array) if steps is None and array.ndim else steps
        if array.shape != (steps, synapses) or not steps:
            raise RecordingError(
                f"recording {file}: '{name}' must have shape (steps, {synapses}) with the same steps >= 1 for every "
                f"input, not {array.shape}."
            )
        inputs[name] = _integers(file, name, array, form.lo, form.hi)
    initial = {}
    loadable = {field.name: field.format(params) for field in rule.state if field.loadable}
    for name, form in loadable.items():
        key = f"initial_{name}"
        if key in arrays:
            if arrays[key].shape != (synapses,):
                raise RecordingError(f"recording {file}: '{key}' must have shape ({synapses},), not {arrays[key].shape}.")
            initial[name] = _integers(file, key, arrays[key], form.lo, form.hi)
    known = {*inputs, *(f"initial_{name}" for name in loadable), "meta"}
    unknown = sorted(set(arrays) - known)
    if unknown:
        raise RecordingError(f"recording {file} has an unknown array '{unknown[0]}'; known are {sorted(known)}.")
    try:
        meta = json.loads(str(arrays["meta"])) if "meta" in arrays else {}
    except json.JSONDecodeError as error:
        raise RecordingError(f"recording {file}: 'meta' must be JSON: {error}.") from None
    return Recording(inputs, initial, meta)


def _integers(file: Path, name: str, array: NDArray[Any], lo: int, hi: int) -> NDArray[np.int64]:
    if array.dtype.kind not in "biu":
        raise RecordingError(f"recording {file}: '{name}' must hold integers, not {array.dtype}.")
    bad = np.argwhere((array < lo) | (array > hi))
    if len(bad):
        where = tuple(int(i) for i in bad[0])
        raise RecordingError(f"recording {file}: '{name}' must be in [{lo}, {hi}], not {int(array[where])} at index {where}.")
    return array.astype(np.int64)
