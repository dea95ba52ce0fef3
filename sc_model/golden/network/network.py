"""The bit-exact network, step by step, of layers that tick at their own rates.

In step n = 1, 2, 3, ... the layers are visited in order. A layer ticks if n is a multiple of its
interval; it takes its values from the crossing in front of it, and its spikes are a word that
enters the next crossing in the same step. This model has no clocks: hardware gives the same words
at any clock frequencies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import integers
from sc_model.golden.network.crossing import Crossing
from sc_model.golden.plastic.layer import PlasticLayer
from sc_model.golden.readout import Answers, Readout
from sc_model.golden.trained.connections import check_lists, trained_layer
from sc_model.golden.trained.layer import TrainedLayer
from sc_model.graph.plastic import layer_rule
from sc_model.rules import resolve_in_network
from sc_model.spec import PLASTIC, NetworkSpec, ReadoutSpec, SparseSpec

NO_READOUT = "a network must have a readout to answer samples; give it [readout] kind."


def parameter_bounds(spec: NetworkSpec) -> dict[str, tuple[tuple[int, ...], int, int]]:
    """Shape, least and largest value of each parameter of a network, by ``<layer>.<parameter>``."""
    bounds: dict[str, tuple[tuple[int, ...], int, int]] = {}
    for layer in spec.layers:
        known = {**layer.synapse_parameters(spec.tick_ms), **layer.neuron_parameters}
        for name, (low, high) in known.items():
            bounds[f"{layer.name}.{name}"] = (layer.parameter_shape(name), low, high)
    if spec.plastic is not None:
        rule, params = resolve_in_network(spec.plastic.rule)
        form = rule.state_formats(params)[
            layer_rule(rule, params, critic=spec.plastic.layer.has_critic).weight
        ]
        bounds[f"{PLASTIC}.weight"] = (
            (spec.plastic.layer.inputs, spec.plastic.layer.neurons),
            form.lo,
            form.hi,
        )
    return bounds


def check_parameters(spec: NetworkSpec, parameters: Mapping[str, NDArray[Any]]) -> None:
    """ValueError for parameters within their bounds that do not go together: fan-out lists."""
    for layer in spec.layers:
        if isinstance(layer, SparseSpec):
            count, target = (parameters[f"{layer.name}.{name}"] for name in ("count", "target"))
            check_lists(layer, count, target)


def readout_of(spec: NetworkSpec) -> ReadoutSpec:
    """A network's readout; ValueError where it has none."""
    if spec.readout is None:
        raise ValueError(NO_READOUT)
    return spec.readout


class Network:
    """A network in fixed point.

    A plastic layer behind the last trained one takes one step for each of its words.

    Parameters
    ----------
    spec : the network.
    parameters : arrays by ``<layer>.<parameter>`` (see `parameter_bounds`), as in the file that a
        trained network is exported to; missing weights are 0. ``plastic.weight`` (inputs, neurons)
        are the plastic layer's initial weights, by default those of its rule.

    Members
    -------
    layers : the trained layers by name.
    crossings : the crossings by the name of the layer behind them.
    outputs : last word of each layer by its name, (neurons,).
    steps : number of steps since the last reset.
    plastic : the plastic layer, or None.
    readout : the scores of the last layer's neurons since the last reset; None without a readout.

    Raises
    ------
    TypeError, ValueError
        a parameter of unknown name, or of wrong kind, shape or range.
    """

    def __init__(
        self, spec: NetworkSpec, parameters: Mapping[str, ArrayLike] | None = None
    ) -> None:
        self.spec = spec
        arrays = dict(parameters or {})
        known = parameter_bounds(spec)
        for name in arrays:
            if name not in known:
                raise ValueError(f"parameters must be among {', '.join(known)}, not '{name}'.")
        self.layers: dict[str, TrainedLayer] = {}
        self.crossings: dict[str, Crossing] = {}
        self.plastic: PlasticLayer | None = None
        self.readout: Readout | None = None
        if spec.readout is not None:
            self.readout = Readout(spec.readout, spec.layers[-1].neurons)
        if spec.plastic is not None:
            rule, params = resolve_in_network(spec.plastic.rule)
            weight = arrays.get(f"{PLASTIC}.weight")
            self.plastic = PlasticLayer(
                rule, params, spec.plastic.layer, spec.plastic.neuron, weight
            )
            self._initial = self.plastic.checkpoint()
        for index, layer in enumerate(spec.layers):
            crossing = spec.crossing(index)
            layer_parameters = {
                name.removeprefix(f"{layer.name}."): values
                for name, values in arrays.items()
                if name.startswith(f"{layer.name}.")
            }
            self.layers[layer.name] = trained_layer(layer, crossing, spec.tick_ms, layer_parameters)
            self.crossings[layer.name] = Crossing(crossing)
        self.reset()

    @property
    def n_inputs(self) -> int:
        """Channels of the network's input."""
        return self.spec.layers[0].inputs

    def reset(self) -> None:
        """Reset all state, and the plastic layer's weights to the initial ones; parameters stay."""
        for layer in self.layers.values():
            layer.reset()
        for crossing in self.crossings.values():
            crossing.reset()
        self.outputs = {layer.name: np.zeros(layer.neurons, np.uint8) for layer in self.spec.layers}
        self.steps = 0
        if self.readout is not None:
            self.readout.reset()
        if self.plastic is not None and self.spec.plastic is not None:
            self.plastic.restore(self._initial)
            self.outputs[PLASTIC] = np.zeros(self.spec.plastic.layer.neurons, np.uint8)

    def _start_anew(self) -> None:
        """Reset the trained layers; their last words stay, and the readout's scores to a tick."""
        for layer in self.layers.values():
            layer.reset()
        for crossing in self.crossings.values():
            crossing.reset()

    @property
    def last(self) -> str:
        """Name of the layer whose words are the network's output."""
        return self.spec.layers[-1].name if self.plastic is None else PLASTIC

    def step(self, x: ArrayLike, teach: Mapping[str, int] | None = None) -> NDArray[np.uint8]:
        """Compute one step, and return the last word of the network's output, (neurons,).

        Parameters
        ----------
        x : (inputs,), spikes, 0s and 1s.
        teach : modulators and flags of `PlasticLayer.step` by name, for a plastic layer in a step
            in which the last trained layer ticks; missing ones are 0.
        """
        word = integers("x", x, (self.n_inputs,))
        if ((word != 0) & (word != 1)).any():
            raise ValueError(
                f"x must hold spikes, 0 or 1, not {word[(word != 0) & (word != 1)][0]}."
            )
        self.steps += 1
        has_word = True
        for spec in self.spec.layers:
            layer, crossing = self.layers[spec.name], self.crossings[spec.name]
            if has_word:
                crossing.put(word)
            has_word = self.steps % spec.tick_interval == 0
            if has_word:
                self.outputs[spec.name] = layer.step(crossing.take())
            word = self.outputs[spec.name]
        if has_word and self.readout is not None:
            if self.spec.in_sample(self.steps - self.spec.layers[-1].tick_interval) == 0:
                self.readout.reset()
            potential = layer.neuron["potential"] if self.readout.spec.by_potential else word
            self.readout.step(word, potential)
        if has_word and self.plastic is not None:
            teaching = dict(teach or {})
            modulators = {name: teaching.pop(name, 0) for name in self.plastic.names.taken}
            flags = {name: bool(value) for name, value in teaching.items()}
            self.outputs[PLASTIC] = self.plastic.step(word, modulators, **flags).astype(np.uint8)
        if self.spec.at_start(self.steps):
            self._start_anew()
        return self.outputs[self.last].copy()

    def answers(self, samples: ArrayLike) -> Answers:
        """Run samples, each from a reset, and answer them as the network's readout says.

        Parameters
        ----------
        samples : (samples, steps, inputs), 0s and 1s.

        Raises
        ------
        ValueError
            the network has no readout.
        """
        readout = self.readout
        if readout is None:
            raise ValueError(NO_READOUT)
        scores, winners = [], []
        for sample in np.asarray(samples):
            self.reset()
            for x in sample:
                self.step(x)
            scores.append(readout.scores)
            winners.append(readout.answer)
        shape = (len(scores), readout.neurons)
        return Answers(np.array(winners, np.int64), np.array(scores, np.int64).reshape(shape))

    def run(
        self, inputs: ArrayLike, teach: Mapping[str, ArrayLike] | None = None
    ) -> NDArray[np.uint8]:
        """Compute T steps, and return the last word of the output after each, (T, neurons).

        Parameters
        ----------
        inputs : (T, inputs), 0s and 1s.
        teach : as for `step`, scalars or (T,) by name.
        """
        steps = np.asarray(inputs)
        if steps.ndim != 2 or steps.shape[1] != self.n_inputs:
            raise ValueError(f"inputs must have shape (T, {self.n_inputs}), not {steps.shape}.")
        rows = {
            name: integers(name, values, (len(steps),)) for name, values in (teach or {}).items()
        }
        outputs = [
            self.step(x, {name: int(row[step]) for name, row in rows.items()})
            for step, x in enumerate(steps)
        ]
        return np.array(outputs, np.uint8).reshape(len(steps), len(self.outputs[self.last]))
