"""A network in integers, many samples at a time where its layers allow that.

Dense layers that tick in every step are computed for all samples at once, with the neuron of their
kind; sums of weights are exact. All others run in the golden model, sample by sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.evaluation.floats import Spikes, delayed
from sc_model.golden.network.network import Network
from sc_model.graph import NumpyOps, trace_function
from sc_model.graph.algebra import array_dtype
from sc_model.layer_kinds import kind_of
from sc_model.spec import IntFormat, NetworkSpec
from sc_model.spec.dense import DenseSpec

Ints = NDArray[np.int64]


def run_integers(
    spec: NetworkSpec, parameters: Mapping[str, NDArray[Any]], samples: Spikes
) -> list[Spikes]:
    """Spikes of each trained layer, (samples, steps, neurons); 0 in steps without a tick.

    Parameters
    ----------
    spec : the network; a plastic layer behind it does not run.
    parameters : integer arrays by ``<layer>.<parameter>``.
    samples : (samples, steps, inputs), 0s and 1s.
    """
    plain = [layer for layer in spec.layers if isinstance(layer, DenseSpec) and _is_plain(layer)]
    if len(plain) < len(spec.layers):
        return _golden(spec, parameters, samples)
    found = []
    spikes = samples
    for layer in plain:
        own = {
            name.removeprefix(f"{layer.name}."): np.asarray(array)
            for name, array in parameters.items()
            if name.startswith(f"{layer.name}.")
        }
        spikes = _dense(layer, own, spikes)
        found.append(spikes)
    return found


def _is_plain(layer: DenseSpec) -> bool:
    return type(layer) is DenseSpec and layer.tick_interval == 1 and layer.policy == "hold"


def _golden(
    spec: NetworkSpec, parameters: Mapping[str, NDArray[Any]], samples: Spikes
) -> list[Spikes]:
    trained = spec.model_copy(update={"plastic": None})
    names = {f"{layer.name}." for layer in spec.layers}
    own = {
        name: array
        for name, array in parameters.items()
        if any(name.startswith(each) for each in names)
    }
    network = Network(trained, own)
    found = [np.zeros((*samples.shape[:2], layer.neurons), np.uint8) for layer in spec.layers]
    for number, sample in enumerate(samples):
        network.reset()
        for step, word in enumerate(sample):
            network.step(word)
            for place, layer in enumerate(spec.layers):
                if (step + 1) % layer.tick_interval == 0:
                    found[place][number, step] = network.outputs[layer.name]
    return found


def _sums(weights: Ints, x: NDArray[Any]) -> Ints:
    """Sums of integer weights (neurons, columns) over spikes (..., columns), exact.

    As float64 they go through BLAS; below 2^53 that is exact, and 18 bits of a weight times 2^12
    columns stay far below.
    """
    sums: Ints = np.rint(x.astype(np.float64) @ weights.astype(np.float64).T).astype(np.int64)
    return sums


def _by_delay(weights: Ints, delays: Ints) -> list[tuple[int, Ints]]:
    return [(int(each), np.where(delays == each, weights, 0)) for each in np.unique(delays)]


def _dense(spec: DenseSpec, parameters: Mapping[str, NDArray[Any]], spikes: Spikes) -> Spikes:
    """Spikes of a dense layer that ticks in every step."""
    unit = kind_of(spec).neuron(spec, IntFormat(1))
    dtype = array_dtype(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply))
    ops = NumpyOps(dtype)
    weight = parameters["weight"].astype(np.int64)
    delay = parameters.get("delay", np.zeros_like(weight)).astype(np.int64)
    drive = np.zeros((*spikes.shape[:2], spec.neurons), np.int64)
    for late, part in _by_delay(weight[:, : spec.inputs], delay[:, : spec.inputs]):
        drive += _sums(part, delayed(spikes, late))
    if spec.bias:  # a column that is 1 from the first tick on, behind its own delay
        for neuron, late in enumerate(delay[:, -1]):
            drive[:, int(late) :, neuron] += weight[neuron, -1]
    recurrent = slice(spec.inputs, spec.inputs + spec.neurons)
    own = _by_delay(weight[:, recurrent], delay[:, recurrent]) if spec.recurrent else []
    constants = {name: parameters[name].astype(dtype) for name in spec.neuron_parameters}
    shape = (len(spikes), spec.neurons)
    state = {name: np.full(shape, value, dtype) for name, value in unit.state.items()}
    fired, out = np.zeros(shape, dtype), np.zeros(drive.shape, np.uint8)
    for tick in range(spikes.shape[1]):
        current = drive[:, tick]
        for late, part in own:
            if tick > late:
                current = current + _sums(part, out[:, tick - 1 - late])
        values = unit.apply(
            ops, {**constants, **state, "fired": fired, "current": current.astype(dtype)}
        )
        state = {name: values[name] for name in state}
        fired = values["ready"]
        out[:, tick] = fired
    return out
