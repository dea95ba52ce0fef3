"""The bit-exact network: layers that tick at rates of their own, step by step.

Step n = 1, 2, 3, ...: layer by layer in order, a layer ticks where n is a multiple of its interval,
on what the crossing in front of it gives; its spikes are the word that goes into the next crossing
in that same step. Clocks are nowhere in it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import integers
from sc_model.golden.network.crossing import Crossing
from sc_model.golden.plastic.layer import PlasticLayer
from sc_model.golden.trained.layer import TrainedLayer
from sc_model.graph.plastic import layer_rule
from sc_model.rules import resolve
from sc_model.spec import PLASTIC, NetworkSpec


def parameter_bounds(spec: NetworkSpec) -> dict[str, tuple[tuple[int, ...], int, int]]:
    """Shape, least and largest value of all parameters of a network, by name."""
    found: dict[str, tuple[tuple[int, ...], int, int]] = {}
    for layer in spec.layers:
        for name, (low, high) in layer.synapse_parameters(spec.tick_ms).items():
            found[f"{layer.name}.{name}"] = ((layer.neurons, layer.columns), low, high)
        for name, (low, high) in layer.neuron_parameters.items():
            found[f"{layer.name}.{name}"] = ((layer.neurons,), low, high)
    if spec.plastic is not None:
        rule, params = resolve(spec.plastic.rule)
        form = rule.state_formats(params)[
            layer_rule(rule, params, critic=spec.plastic.layer.critic_shift > 0).weight
        ]
        found[f"{PLASTIC}.weight"] = (
            (spec.plastic.layer.inputs, spec.plastic.layer.neurons),
            form.lo,
            form.hi,
        )
    return found


class Network:
    """A network in fixed point.

    A plastic layer behind the last one takes a step with each of its words, and with what it is
    taught then.

    Parameters
    ----------
    spec : the network.
    parameters : ``<layer>.weight`` and whatever else its kind has (see `parameter_bounds`), as in
        the file that a trained network is exported to; weights that are missing are 0.
        ``plastic.weight`` (inputs, neurons): the plastic layer's, by default those of its rule.

    Members
    -------
    layers : the trained layers by name.
    crossings : by the name of the layer behind them.
    outputs : last word of each layer.
    steps : done.
    plastic : the plastic layer, a `PlasticLayer`, or None.

    Raises ValueError for parameters of layers that are not there, and what the layers raise.
    """

    def __init__(
        self, spec: NetworkSpec, parameters: Mapping[str, ArrayLike] | None = None
    ) -> None:
        self.spec = spec
        given = dict(parameters or {})
        known = parameter_bounds(spec)
        for name in given:
            if name not in known:
                raise ValueError(f"parameters must be among {', '.join(known)}, not '{name}'.")
        self.layers: dict[str, TrainedLayer] = {}
        self.crossings: dict[str, Crossing] = {}
        self.plastic: PlasticLayer | None = None
        if spec.plastic is not None:
            rule, params = resolve(spec.plastic.rule)
            weight = given.get(f"{PLASTIC}.weight")
            self.plastic = PlasticLayer(
                rule, params, spec.plastic.layer, spec.plastic.neuron, weight
            )
            self._first = self.plastic.checkpoint()
        for index, layer in enumerate(spec.layers):
            crossing = spec.crossing(index)
            layer_parameters = {
                name.removeprefix(f"{layer.name}."): values
                for name, values in given.items()
                if name.startswith(f"{layer.name}.")
            }
            self.layers[layer.name] = TrainedLayer(layer, crossing, spec.tick_ms, layer_parameters)
            self.crossings[layer.name] = Crossing(crossing)
        self.reset()

    @property
    def n_inputs(self) -> int:
        """Channels of the network's input."""
        return self.spec.layers[0].inputs

    def reset(self) -> None:
        """State after reset: no traces, no potentials, nothing on its way, step 0; parameters
        stay.
        """
        for layer in self.layers.values():
            layer.reset()
        for crossing in self.crossings.values():
            crossing.reset()
        self.outputs = {layer.name: np.zeros(layer.neurons, np.uint8) for layer in self.spec.layers}
        self.steps = 0
        if self.plastic is not None and self.spec.plastic is not None:
            self.plastic.restore(self._first)
            self.outputs[PLASTIC] = np.zeros(self.spec.plastic.layer.neurons, np.uint8)

    @property
    def last(self) -> str:
        """What the network's output comes from."""
        return self.spec.layers[-1].name if self.plastic is None else PLASTIC

    def step(self, x: ArrayLike, teach: Mapping[str, int] | None = None) -> NDArray[np.uint8]:
        """One step with the spikes x, 0s and 1s of shape (inputs,): the output.

        `teach`: what the plastic layer gets beside the word if the last layer ticks in this step,
        its modulators and flags by name (those of `PlasticLayer.step`); those that are missing are
        0.
        """
        word = integers("x", x, (self.n_inputs,))
        if ((word != 0) & (word != 1)).any():
            raise ValueError(
                f"x must hold spikes, 0 or 1, not {word[(word != 0) & (word != 1)][0]}."
            )
        self.steps += 1
        fresh = True
        for spec in self.spec.layers:
            layer, crossing = self.layers[spec.name], self.crossings[spec.name]
            if fresh:
                crossing.put(word)
            fresh = self.steps % spec.tick_interval == 0
            if fresh:
                self.outputs[spec.name] = layer.step(crossing.take())
            word = self.outputs[spec.name]
        if fresh and self.plastic is not None:
            given = dict(teach or {})
            modulators = {name: given.pop(name, 0) for name in self.plastic.names.modulators}
            flags = {name: bool(value) for name, value in given.items()}
            self.outputs[PLASTIC] = self.plastic.step(word, modulators, **flags).astype(np.uint8)
        return self.outputs[self.last].copy()

    def run(
        self, inputs: ArrayLike, teach: Mapping[str, ArrayLike] | None = None
    ) -> NDArray[np.uint8]:
        """Many steps: spikes (T, inputs) to outputs (T, neurons); `teach`: of each step, scalars or
        (T,) by name (see `step`).
        """
        steps = np.asarray(inputs)
        if steps.ndim != 2 or steps.shape[1] != self.n_inputs:
            raise ValueError(f"inputs must have shape (T, {self.n_inputs}), not {steps.shape}.")
        rows = {
            name: integers(name, values, (len(steps),)) for name, values in (teach or {}).items()
        }
        found = [
            self.step(x, {name: int(row[step]) for name, row in rows.items()})
            for step, x in enumerate(steps)
        ]
        return np.array(found, np.uint8).reshape(len(steps), len(self.outputs[self.last]))
