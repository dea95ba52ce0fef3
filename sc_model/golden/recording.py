"""Recordings: the inputs of a bank or a layer at every step, in one NumPy archive (.npz).

Arrays for a bank:

* one for each input of the rule, shape (steps, synapses), integers within the input's format;
* optionally ``initial_<field>`` for loadable fields, shape (synapses,).

Arrays for a layer:

* ``spikes``, shape (steps, inputs), of 0 and 1;
* one for each modulator of the rule, shape (steps,);
* optionally ``outcome``, ``decide``, ``clear_trial`` and ``clear_traces``, shape (steps,), of 0
  and 1;
* optionally ``initial_<field>`` for the weight, shape (inputs, neurons).

``meta`` may hold a JSON text about the data (the meaning of a column, labels, the source). Reports
read some of it; everything else passes it on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.archives import ArchiveError, read_archive, text_of
from sc_model.files import PathLike
from sc_model.graph.plastic import layer_rule
from sc_model.spec import IntFormat, NeuronSpec, PlasticLayerSpec, Rule, RuleParams
from sc_model.texts import OneLineError


class RecordingError(OneLineError, ValueError):
    """A recording does not fit the design it is replayed on."""


@dataclass(frozen=True)
class Recording:
    """Stimulus of a bank.

    Members
    -------
    inputs : an array of shape (steps, synapses) for each input of the rule.
    initial : an array of shape (synapses,) for each loadable field that has one.
    meta : what the recording says about itself.
    """

    inputs: Mapping[str, NDArray[np.int64]]
    initial: Mapping[str, NDArray[np.int64]]
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Number of steps; a bank makes a sweep over its synapses in each."""
        return len(next(iter(self.inputs.values())))


@dataclass(frozen=True)
class LayerRecording:
    """Stimulus of a layer.

    Members
    -------
    spikes : shape (steps, inputs), 0 or 1.
    modulators : an array of shape (steps,) for each modulator of the rule.
    flags : ``outcome``, ``decide``, ``clear_trial`` and ``clear_traces``, shape (steps,).
    initial_weight : shape (inputs, neurons), or None.
    meta : what the recording says about itself.
    """

    spikes: NDArray[np.int64]
    modulators: Mapping[str, NDArray[np.int64]]
    flags: Mapping[str, NDArray[np.int64]]
    initial_weight: NDArray[np.int64] | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.spikes)

    def at(self, step: int) -> dict[str, Any]:
        """Arguments of `PlasticLayer.step` for a step."""
        return {
            "spikes": self.spikes[step],
            "modulators": {name: int(array[step]) for name, array in self.modulators.items()},
            **{name: bool(array[step]) for name, array in self.flags.items()},
        }


def load_recording(
    path: PathLike, rule: Rule, params: RuleParams, synapses: int, *, fed: bool = False
) -> Recording:
    """Read a recording for a bank of `synapses` synapses; `fed`: with the random inputs.

    Raises
    ------
    RecordingError
        an array is missing, unknown, of another shape, or leaves its format.
    """
    file = Path(path)
    arrays = arrays_of(file)
    inputs, steps = {}, None
    for name, form in rule.step_formats(params, fed=fed).items():
        array = required_array(file, arrays, name)
        # the first input sets the number of steps; the others must have as many
        steps = len(array) if steps is None and array.ndim else steps
        if array.shape != (steps, synapses) or not steps:
            raise RecordingError(
                f"recording {file}: '{name}' must have shape (steps, {synapses}) with the same"
                f" steps >= 1 for every input, not {array.shape}."
            )
        inputs[name] = integers_of(file, name, array, form)
    loadable = {f"initial_{field.name}": field for field in rule.state if field.loadable}
    initial = {
        field.name: _initial(file, key, arrays[key], (synapses,), field.format(params))
        for key, field in loadable.items()
        if key in arrays
    }
    refuse_others(file, arrays, [*inputs, *loadable, "meta"])
    return Recording(inputs, initial, meta_of(file, arrays))


def load_layer_recording(
    path: PathLike, rule: Rule, params: RuleParams, layer: PlasticLayerSpec, neuron: NeuronSpec
) -> LayerRecording:
    """Read a recording for a plastic layer.

    Raises
    ------
    RecordingError
        an array is missing, unknown, of another shape, or leaves its format.
    ConfigError
        the rule can't run in a layer.
    """
    file = Path(path)
    names = layer_rule(rule, params, critic=layer.has_critic)
    arrays = arrays_of(file)
    spikes = required_array(file, arrays, "spikes")
    if spikes.ndim != 2 or spikes.shape[1] != layer.inputs or not len(spikes):
        raise RecordingError(
            f"recording {file}: 'spikes' must have shape (steps, {layer.inputs}) with steps >= 1,"
            f" not {spikes.shape}."
        )
    steps = len(spikes)
    forms = {name: rule.input_formats(params)[name] for name in names.taken}
    modulators = {
        name: _of_steps(file, name, required_array(file, arrays, name), steps, form)
        for name, form in forms.items()
    }
    allowed = {
        "outcome": layer.has_critic,
        "decide": neuron.winner_take_all,
        "clear_trial": True,
        "clear_traces": True,
    }
    needs = {"outcome": "a critic", "decide": "winner-take-all"}
    flags = {}
    for name, is_allowed in allowed.items():
        if name in arrays and not is_allowed:
            raise RecordingError(
                f"recording {file}: '{name}' needs a layer with {needs[name]}; this one has none."
            )
        flags[name] = _of_steps(
            file, name, arrays.get(name, np.zeros(steps, np.int64)), steps, IntFormat(1)
        )
    key, weight = f"initial_{names.weight}", rule.state_formats(params)[names.weight]
    initial = (
        _initial(file, key, arrays[key], (layer.inputs, layer.neurons), weight)
        if key in arrays
        else None
    )
    refuse_others(
        file,
        arrays,
        [
            "spikes",
            *modulators,
            *(name for name, is_allowed in allowed.items() if is_allowed),
            key,
            "meta",
        ],
    )
    return LayerRecording(
        spikes=integers_of(file, "spikes", spikes, IntFormat(1)),
        modulators=modulators,
        flags=flags,
        initial_weight=initial,
        meta=meta_of(file, arrays),
    )


# --- parts of a recording -------------------------------------------------------------------------


def arrays_of(file: Path) -> dict[str, NDArray[Any]]:
    """All arrays of a recording; RecordingError where the file is no NumPy archive."""
    try:
        return read_archive(file)
    except FileNotFoundError:
        raise RecordingError(f"recording {file} does not exist.") from None
    except ArchiveError as error:
        raise RecordingError(f"recording {file} {error}") from None


def required_array(file: Path, arrays: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    """An array that a recording must have; RecordingError where it has none."""
    if name not in arrays:
        raise RecordingError(f"recording {file} lacks the array '{name}'; it has {sorted(arrays)}.")
    return arrays[name]


def _of_steps(
    file: Path, name: str, array: NDArray[Any], steps: int, form: IntFormat
) -> NDArray[np.int64]:
    if array.shape != (steps,):
        raise RecordingError(
            f"recording {file}: '{name}' must have shape ({steps},), one for each step, not"
            f" {array.shape}."
        )
    return integers_of(file, name, array, form)


def _initial(
    file: Path, key: str, array: NDArray[Any], shape: tuple[int, ...], form: IntFormat
) -> NDArray[np.int64]:
    if array.shape != shape:
        raise RecordingError(
            f"recording {file}: '{key}' must have shape {shape}, not {array.shape}."
        )
    return integers_of(file, key, array, form)


def refuse_others(file: Path, arrays: Mapping[str, NDArray[Any]], known: Iterable[str]) -> None:
    """Refuse arrays of names that are not known."""
    unknown = sorted(set(arrays) - set(known))
    if unknown:
        raise RecordingError(
            f"recording {file} has an unknown array '{unknown[0]}'; known are {sorted(known)}."
        )


def meta_of(file: Path, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """The JSON text `meta` of a recording as an object; an empty one without `meta`."""
    if "meta" not in arrays:
        return {}
    try:
        return json.loads(text_of(arrays, "meta"))
    except ArchiveError as error:
        raise RecordingError(f"recording {file} {error}") from None
    except (ValueError, RecursionError) as error:
        # ValueError: no JSON, or a number of more than 4,300 digits
        why = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise RecordingError(f"recording {file}: 'meta' must be JSON: {why}.") from None


def integers_of(file: Path, name: str, array: NDArray[Any], form: IntFormat) -> NDArray[np.int64]:
    """The array as int64; RecordingError where it holds no integers or leaves the format."""
    if array.dtype.kind not in "biu":
        raise RecordingError(f"recording {file}: '{name}' must hold integers, not {array.dtype}.")
    bad = np.argwhere((array < form.lo) | (array > form.hi))
    if len(bad):
        where = tuple(int(i) for i in bad[0])
        raise RecordingError(
            f"recording {file}: '{name}' must be in [{form.lo}, {form.hi}], not {int(array[where])}"
            f" at index {where}."
        )
    return array.astype(np.int64, copy=False)
