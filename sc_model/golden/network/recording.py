"""Recorded stimulus of a network, as a NumPy archive (.npz).

Its arrays:

* ``x``, shape (steps, inputs): the spikes of every step;
* ``<layer>.<parameter>``: the parameters of every layer, as in the file that a trained network is
  exported to (`sc_model.golden.network.network.parameter_bounds`);
* with a plastic layer ``teach.<name>``, shape (steps,): its modulators and flags in every step, 0
  where an array is missing;
* ``meta``: as in other recordings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.files import PathLike
from sc_model.golden.network.network import check_parameters, parameter_bounds
from sc_model.golden.recording import (
    RecordingError,
    arrays_of,
    integers_of,
    meta_of,
    refuse_others,
    required_array,
)
from sc_model.graph.plastic import layer_rule
from sc_model.rules import resolve_in_network
from sc_model.spec import IntFormat, NetworkSpec


@dataclass(frozen=True)
class NetworkRecording:
    """Stimulus of a network.

    Members
    -------
    x : spikes (steps, inputs).
    parameters : arrays by ``<layer>.<parameter>``, of every layer.
    teach : modulators and flags of a plastic layer in each step, (steps,) by name.
    meta : notes about the data.
    """

    x: NDArray[np.int64]
    parameters: Mapping[str, NDArray[np.int64]]
    teach: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.x)


def load_network_recording(path: PathLike, spec: NetworkSpec) -> NetworkRecording:
    """Read a recording for a network.

    Raises
    ------
    RecordingError
        names the file, the array, what is allowed and what was found.
    """
    file = Path(path)
    arrays = arrays_of(file)
    x, inputs = required_array(file, arrays, "x"), spec.layers[0].inputs
    if x.ndim != 2 or x.shape[1] != inputs or not len(x):
        raise RecordingError(
            f"recording {file}: 'x' must have shape (steps, {inputs}) with steps >= 1, not"
            f" {x.shape}."
        )
    parameters: dict[str, NDArray[np.int64]] = {}
    for name, (shape, low, high) in parameter_bounds(spec).items():
        array = required_array(file, arrays, name)
        if array.shape != shape:
            raise RecordingError(
                f"recording {file}: '{name}' must have shape {shape}, not {array.shape}."
            )
        if (
            array.dtype.kind in "biu"
            and array.size
            and not low <= array.min() <= array.max() <= high
        ):
            worst = int(array.min() if array.min() < low else array.max())
            raise RecordingError(
                f"recording {file}: '{name}' must be in [{low}, {high}], not {worst}."
            )
        parameters[name] = integers_of(file, name, array, IntFormat(64, signed=True))
    try:
        check_parameters(spec, parameters)
    except ValueError as error:
        raise RecordingError(f"recording {file}: {error}") from None
    teach = {}
    for name, form in taught(spec).items():
        array = arrays.get(f"teach.{name}", np.zeros(len(x), np.int64))
        if array.shape != (len(x),):
            raise RecordingError(
                f"recording {file}: 'teach.{name}' must have shape ({len(x)},), not {array.shape}."
            )
        teach[name] = integers_of(file, f"teach.{name}", array, form)
    refuse_others(file, arrays, ["x", *parameters, *(f"teach.{name}" for name in teach), "meta"])
    return NetworkRecording(
        integers_of(file, "x", x, IntFormat(1)), parameters, teach, meta_of(file, arrays)
    )


def taught(spec: NetworkSpec) -> dict[str, IntFormat]:
    """Format of each modulator and flag that a network's plastic layer takes in a step, by name."""
    if spec.plastic is None:
        return {}
    rule, params = resolve_in_network(spec.plastic.rule)
    critic, decides = spec.plastic.layer.has_critic, spec.plastic.neuron.winner_take_all
    forms = rule.input_formats(params)
    flags = [
        *(["outcome"] if critic else []),
        *(["decide"] if decides else []),
        "clear_trial",
        "clear_traces",
    ]
    modulators = layer_rule(rule, params, critic=critic).taken
    return {name: forms[name] for name in modulators} | dict.fromkeys(flags, IntFormat(1))
