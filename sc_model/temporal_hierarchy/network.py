"""`MultiClockSNN`: layers in a row, each of which ticks at a rate of its own.

    step n = 1, 2, 3, ...: for each layer l in order, if n % interval[l] == 0: out[l] <-
    layer[l].step(h, dt * interval[l])

h is what the crossing in front of the layer gives (`sc_model.temporal_hierarchy.crossing`); with
`hold` that is the last output of the layer before, or the input x of this step for the first layer.
Result of a step: the last layer's output. All outputs are 0 at first, and hold between ticks.

Nothing flows back, so `run` takes the whole sequence through one layer after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from sc_model.checks import integer, positive_number, real_array
from sc_model.temporal_hierarchy.crossing import Crossing, Floats, crossing
from sc_model.temporal_hierarchy.layer import HetSynLayer


@dataclass(frozen=True)
class ClockDomain:
    """Layers that tick together, every `tick_interval` steps."""

    name: str
    tick_interval: int = 1
    layers: Sequence[HetSynLayer] = field(default_factory=list)


class MultiClockSNN:
    """Layers in a row, each with its clock.

    Parameters
    ----------
    layers : at least one; each has as many inputs as the one before has neurons.
    layer_names : one for each layer, all different.
    clock_intervals : steps from tick to tick, >= 1, one for each layer; all 1 by default.
    policies : `hold`, `accumulate` or `once`, one for all crossings or one for each layer: that of
        the crossing in front of it. With `once` in front of the first layer inputs must be 0 or 1.
    pending_limit : how many spikes of a channel can wait in a crossing with `once`; None (default)
        for any number.

    Members
    -------
    n_inputs, n_outputs : of the first and last layer.
    steps : since the last reset.
    outputs : last output of each layer, by name.
    lost : spikes that each layer's crossing has lost, by name; only `once` with a limit can lose
        any.

    Raises TypeError for the wrong kind, ValueError for lengths, intervals or sizes that don't fit,
    naming the layer.
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
        for what, given in (
            ("layer_names", self.layer_names),
            ("clock_intervals", intervals),
            ("policies", names),
        ):
            if len(given) != size:
                raise ValueError(
                    f"{what} must hold one for each of the {size} layers, not {len(given)}"
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
        """A network of domains in a row, with a policy for all crossings or one for each domain:
        that of the crossing in front.

        The layer of a domain has the domain's name; where there are several, they are `name.0`,
        `name.1`, ... Within a domain each word is seen once, whatever the policy.
        """
        given = (policies,) * len(domains) if isinstance(policies, str) else tuple(policies)
        if len(given) != len(domains):
            raise ValueError(
                f"policies must hold one for each of the {len(domains)} domains, not {len(given)}"
            )
        layers, names, intervals, of_layers = [], [], [], []
        for domain, policy in zip(domains, given, strict=True):
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
        for place, name in enumerate(self.layer_names):
            if not isinstance(name, str):
                raise TypeError(
                    f"layer_names[{place}] must be a string, not {name!r} ({type(name).__name__})"
                )
            if not name:
                raise ValueError(
                    f"layer_names[{place}] must not be empty: errors and outputs go by it"
                )
            if name in self.layer_names[:place]:
                raise ValueError(f"layer_names must all be different, not '{name}' twice")

    def _check_layers(self) -> None:
        before: HetSynLayer | None = None
        for place, (layer, name) in enumerate(zip(self.layers, self.layer_names, strict=True)):
            if not isinstance(layer, HetSynLayer):
                raise TypeError(
                    f"layer '{name}' must be a HetSynLayer, not {layer!r} ({type(layer).__name__})"
                )
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
        """Spikes that the crossing in front of each layer has lost since the last reset, by the
        layer's name.
        """
        return {
            name: state.lost for name, state in zip(self.layer_names, self._states, strict=True)
        }

    def reset(self) -> None:
        """All layers, crossings and outputs to 0, and the count of steps."""
        self.steps = 0
        for layer in self.layers:
            layer.reset()
        self._out = [np.zeros(layer.n_neurons) for layer in self.layers]
        self._states = [
            each.start(layer.n_inputs)
            for each, layer in zip(self._crossings, self.layers, strict=True)
        ]

    def step(self, x: ArrayLike, dt: float = 1.0) -> Floats:
        """One step of `dt` ms with inputs of shape (n_inputs,): the last layer's output, shape
        (n_outputs,).
        """
        out: Floats = self.run(real_array("x", x, (self.n_inputs,))[None, :], dt)[0]
        return out

    def run(self, inputs: ArrayLike, dt: float = 1.0) -> Floats:
        """T steps of `dt` ms each with inputs of shape (T, n_inputs): the last layer's outputs,
        shape (T, n_outputs).
        """
        words = real_array("inputs", inputs, ("T", self.n_inputs))
        length = positive_number("dt", dt)
        if self._crossings[0].bits and not ((words == 0) | (words == 1)).all():
            wrong = float(words[(words != 0) & (words != 1)][0])
            raise ValueError(
                "inputs must be 0 or 1 with policy 'once' in front of layer"
                f" '{self.layer_names[0]}', not {wrong!r}"
            )
        now = range(self.steps + 1, self.steps + 1 + len(words))
        given = [True] * len(words)
        for place, interval in enumerate(self.clock_intervals):
            ticks = [n % interval == 0 for n in now]
            words, given = self._layer(place, words, given, ticks, length), ticks
        self.steps += len(words)
        return words

    def _layer(
        self, place: int, words: Floats, given: list[bool], ticks: list[bool], dt: float
    ) -> Floats:
        """Take T steps through a layer: its output after each, shape (T, n_neurons). `given` says
        when `words` are new ones.
        """
        layer, policy, state = self.layers[place], self._crossings[place], self._states[place]
        seen = []
        for word, new, tick in zip(words, given, ticks, strict=True):
            if new:
                state = policy.word(state, word)
            if tick:
                state, h = policy.tick(state)
                seen.append(h)
        self._states[place] = state
        fired = layer.run(
            np.reshape(seen, (len(seen), layer.n_inputs)), dt * self.clock_intervals[place]
        )
        out = np.concatenate([self._out[place][None], fired])
        self._out[place] = out[-1].copy()
        held: Floats = out[np.cumsum(ticks, dtype=np.intp)]
        return held
