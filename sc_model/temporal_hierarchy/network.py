"""`MultiClockSNN`: layers in a row, each of which ticks at a rate of its own.

    in step n = 1, 2, 3, ..., for each layer l in order:
        if n % interval[l] == 0: out[l] <- layer[l].step(h, dt * interval[l])

h is the word that the crossing in front of the layer delivers
(`sc_model.temporal_hierarchy.crossing`); with policy `hold` that is the last output of the layer
before, or for the first layer the input x of this step. The result of a step is the last layer's
output. Outputs are 0 at first, and do not change between ticks.

No layer feeds back into one before it. So `run` computes the whole sequence of one layer after the
other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from sc_model.checks import instance, integer, positive_number, real_array, wrong_kind
from sc_model.temporal_hierarchy.crossing import Crossing, Floats, crossing
from sc_model.temporal_hierarchy.layer import HetSynLayer


@dataclass(frozen=True)
class ClockDomain:
    """Layers that tick together.

    Members
    -------
    name : of the domain.
    tick_interval : steps from tick to tick, >= 1.
    layers : in a row.
    """

    name: str
    tick_interval: int = 1
    layers: Sequence[HetSynLayer] = field(default_factory=list)


class MultiClockSNN:
    """Layers in a row, each with its clock.

    Parameters
    ----------
    layers : one or more; each has as many inputs as the one before has neurons.
    layer_names : a name for each layer, all different.
    clock_intervals : steps from tick to tick of each layer, >= 1; None: 1 for all.
    policies : `hold`, `accumulate` or `once`: one for all crossings, or one for the crossing in
        front of each layer. With `once` in front of the first layer inputs must be 0 or 1.
    pending_limit : how many spikes of a channel can wait in a crossing with `once`; None: any
        number.

    Members
    -------
    n_inputs : inputs of the first layer.
    n_outputs : neurons of the last layer.
    steps : number of steps since the last reset.
    outputs : last output of each layer, by name.
    lost : number of spikes that the crossing in front of each layer has lost, by the layer's name;
        only `once` with a limit loses any.

    Raises TypeError for the wrong kind; ValueError, with the layer's name, for lengths, intervals
    or sizes that do not fit.
    """

    def __init__(
        self,
        layers: Sequence[HetSynLayer],
        layer_names: Sequence[str],
        clock_intervals: Sequence[int] | None = None,
        *,
        policies: str | Sequence[str] = "hold",
        pending_limit: int | None = None,
    ) -> None:
        self.layers, self.layer_names = tuple(layers), tuple(layer_names)
        size = len(self.layers)
        if not size:
            raise ValueError("layers must hold at least one layer, not none")
        intervals = (1,) * size if clock_intervals is None else tuple(clock_intervals)
        names = (policies,) * size if isinstance(policies, str) else tuple(policies)
        for what, values in (
            ("layer_names", self.layer_names),
            ("clock_intervals", intervals),
            ("policies", names),
        ):
            if len(values) != size:
                raise ValueError(
                    f"{what} must hold one for each of the {size} layers, not {len(values)}"
                )
        self._check_names()
        self._check_layers()
        labels = [f"layer '{name}'" for name in self.layer_names]
        self.clock_intervals = tuple(
            integer(f"clock interval of {label}", value)
            for label, value in zip(labels, intervals, strict=True)
        )
        limit = None if pending_limit is None else integer("pending_limit", pending_limit)
        self.policies = names
        self._crossings: tuple[Crossing, ...] = tuple(
            crossing(name, f"policy of {label}", limit)
            for label, name in zip(labels, names, strict=True)
        )
        self.n_inputs, self.n_outputs = self.layers[0].n_inputs, self.layers[-1].n_neurons
        self.reset()

    @classmethod
    def from_domains(
        cls,
        domains: Sequence[ClockDomain],
        policies: str | Sequence[str] = "hold",
        *,
        pending_limit: int | None = None,
    ) -> MultiClockSNN:
        """A network of clock domains in a row.

        Parameters
        ----------
        domains : each with one layer or more. The layer of a domain gets the domain's name; several
            layers get `name.0`, `name.1` and so on.
        policies : one for all crossings, or one for the crossing in front of each domain. Within a
            domain each word is read once, whatever the policy.
        pending_limit : see `MultiClockSNN`.
        """
        crossing_policies = (
            (policies,) * len(domains) if isinstance(policies, str) else tuple(policies)
        )
        if len(crossing_policies) != len(domains):
            raise ValueError(
                f"policies must hold one for each of the {len(domains)} domains, not"
                f" {len(crossing_policies)}"
            )
        layers, names, intervals, of_layers = [], [], [], []
        for domain, policy in zip(domains, crossing_policies, strict=True):
            if not isinstance(domain, ClockDomain):
                raise TypeError(
                    f"domains must hold ClockDomain objects, not {domain!r}"
                    f" ({type(domain).__name__})"
                )
            if not domain.layers:
                raise ValueError(
                    f"Clock domain '{domain.name}' must hold at least one layer, not none"
                )
            several = len(domain.layers) > 1
            for place, layer in enumerate(domain.layers):
                layers.append(layer)
                names.append(f"{domain.name}.{place}" if several else domain.name)
                intervals.append(domain.tick_interval)
                of_layers.append(policy if place == 0 else "hold")
        return cls(layers, names, intervals, policies=of_layers, pending_limit=pending_limit)

    def _check_names(self) -> None:
        """Names are strings, not empty, all different."""
        for place, name in enumerate(self.layer_names):
            if not isinstance(name, str):
                raise wrong_kind(f"layer_names[{place}]", "a string", name)
            if not name:
                raise ValueError(
                    f"layer_names[{place}] must not be empty: errors and outputs go by it"
                )
            if name in self.layer_names[:place]:
                raise ValueError(f"layer_names must all be different, not '{name}' twice")

    def _check_layers(self) -> None:
        """Layers are different objects, and each has an input for each neuron before it."""
        before: HetSynLayer | None = None
        for place, (layer, name) in enumerate(zip(self.layers, self.layer_names, strict=True)):
            instance(f"layer '{name}'", layer, HetSynLayer)
            if any(layer is other for other in self.layers[:place]):
                raise ValueError(
                    f"layer '{name}' must be an object of its own, not one used before; its state"
                    " is its own"
                )
            if before is not None and layer.n_inputs != before.n_neurons:
                raise ValueError(
                    f"layer '{name}' must have {before.n_neurons} inputs, as many as layer"
                    f" '{self.layer_names[place - 1]}' has neurons, not {layer.n_inputs}"
                )
            before = layer

    @property
    def outputs(self) -> dict[str, Floats]:
        """The last output of each layer, by name."""
        return {name: out.copy() for name, out in zip(self.layer_names, self._out, strict=True)}

    @property
    def lost(self) -> dict[str, int]:
        """Number of spikes that the crossing in front of each layer has lost since the reset."""
        return {
            name: state.lost for name, state in zip(self.layer_names, self._states, strict=True)
        }

    def reset(self) -> None:
        """Set layers, crossings, outputs and the number of steps to 0."""
        self.steps = 0
        for layer in self.layers:
            layer.reset()
        self._out = [np.zeros(layer.n_neurons) for layer in self.layers]
        self._states = [
            each.start(layer.n_inputs)
            for each, layer in zip(self._crossings, self.layers, strict=True)
        ]

    def step(self, x: ArrayLike, dt: float = 1.0) -> Floats:
        """One step of `dt` ms with inputs (n_inputs,): the last layer's output, (n_outputs,)."""
        out: Floats = self.run(real_array("x", x, (self.n_inputs,))[None, :], dt)[0]
        return out

    def run(self, inputs: ArrayLike, dt: float = 1.0) -> Floats:
        """T steps of `dt` ms with inputs (T, n_inputs): the last layer's outputs (T, n_outputs)."""
        words = real_array("inputs", inputs, ("T", self.n_inputs))
        length = positive_number("dt", dt)
        if self._crossings[0].bits and not ((words == 0) | (words == 1)).all():
            wrong = float(words[(words != 0) & (words != 1)][0])
            raise ValueError(
                "inputs must be 0 or 1 with policy 'once' in front of layer"
                f" '{self.layer_names[0]}', not {wrong!r}"
            )
        numbers = range(self.steps + 1, self.steps + 1 + len(words))
        new = [True] * len(words)  # the network's input has a new word in each step
        for place, interval in enumerate(self.clock_intervals):
            ticks = [n % interval == 0 for n in numbers]
            words, new = self._layer(place, words, new, ticks, length), ticks
        self.steps += len(words)
        return words

    def _layer(
        self, place: int, words: Floats, new: list[bool], ticks: list[bool], dt: float
    ) -> Floats:
        """T steps of a layer and the crossing in front of it: its output after each step.

        Parameters
        ----------
        place : number of the layer.
        words : (T, n_inputs), output of the layer before after each step.
        new : (T,), whether the word of a step is new, and not that of the step before.
        ticks : (T,), whether the layer ticks in a step.
        dt : length of a step, ms.
        """
        layer, policy, state = self.layers[place], self._crossings[place], self._states[place]
        inputs = []
        for word, is_new, tick in zip(words, new, ticks, strict=True):
            if is_new:
                state = policy.word(state, word)
            if tick:
                state, arrivals = policy.tick(state)
                inputs.append(arrivals)
        self._states[place] = state
        rows = np.reshape(inputs, (len(inputs), layer.n_inputs))
        fired = layer.run(rows, dt * self.clock_intervals[place])
        # row k is the output after k ticks of this call; cumsum counts the ticks up to each step
        out = np.concatenate([self._out[place][None], fired])
        self._out[place] = out[-1].copy()
        outputs: Floats = out[np.cumsum(ticks, dtype=np.intp)]
        return outputs
