"""The bit-exact HetSyn layer: integers, a tick at a time.

A tick with the values x (inputs,), each >= 0, by the equations of `sc_model.units.hetsyn` and
`sc_model.units.integrate_and_fire`::

    trace'[j, i] = saturate(((trace[j, i] * D[code[j, i]]) >> factor_shift) + (x[i] << trace_fraction))
    I[j]         = sum_i weight[j, i] * trace'[j, i]
    spike        = the neuron's, for the current I

The decay is multiplied out here; hardware adds shifted copies. Everything is in 64 bits, or in Python integers where that
is too narrow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import integers
from sc_model.graph import NumpyOps, trace_text
from sc_model.graph.algebra import array_dtype
from sc_model.spec import CrossingSpec, HetSynSpec, IntFormat
from sc_model.units import neuron_unit


def checked(name: str, values: ArrayLike, shape: tuple[int, ...], form: IntFormat) -> NDArray[Any]:
    """Integers of that shape that fit a format; TypeError or ValueError says which does not."""
    array = integers(name, values, shape)
    outside = (array < form.lo) | (array > form.hi)
    if outside.any():
        where = tuple(int(index) for index in np.argwhere(outside)[0])
        raise ValueError(f"{name} must be in [{form.lo}, {form.hi}], not {array[where]} at {where}.")
    return array


class HetSyn:
    """A HetSyn layer in fixed point.

    Parameters
    ----------
    spec : size and formats. crossing : what lies in front of it, which sets the format of x. tick_ms : length of a step, in ms.
    weights, codes : scalars or shape (neurons, inputs), in their formats.

    Members
    -------
    trace : (neurons, inputs). potential, fired, ... : the neurons' state, (neurons,) each, in `neuron`; the potential is that
        before the reset of a spike, which is taken up in the tick after.
    saturations : how many traces were cut at their largest value so far.

    Raises TypeError or ValueError for weights or codes of another shape, kind or range.
    """

    def __init__(
        self, spec: HetSynSpec, crossing: CrossingSpec, tick_ms: float, weights: ArrayLike = 0, codes: ArrayLike = 0
    ) -> None:
        self.spec, self.crossing = spec, crossing
        self.codes = spec.codes(tick_ms)
        self.n_inputs, self.n_neurons = spec.inputs, spec.neurons
        self._unit = neuron_unit(spec.neuron, spec.current_format)
        graph = trace_text(self._unit.name, self._unit.inputs, self._unit.outputs, self._unit.apply)
        wide = max(
            spec.trace_bits + max(spec.factor_shift, crossing.value.width + spec.trace_fraction), spec.current_format.width
        )
        self._dtype = np.dtype(np.int64) if wide < 63 and array_dtype(graph) == np.int64 else np.dtype(object)
        self._ops = NumpyOps(self._dtype)
        self._factors = np.array(self.codes.factors, dtype=self._dtype)
        self.load(weights, codes)

    def load(self, weights: ArrayLike, codes: ArrayLike) -> None:
        """Write weights and decay codes and put everything else to its state after reset."""
        shape = (self.spec.neurons, self.spec.inputs)
        name = f"layer '{self.spec.name}'"
        self.weight = checked(f"{name}: weights", weights, shape, self.spec.weight_format).astype(self._dtype)
        self.code = integers(f"{name}: codes", codes, shape).astype(np.int64)
        if ((self.code < 0) | (self.code >= len(self._factors))).any():
            worst = int(self.code.min() if self.code.min() < 0 else self.code.max())
            raise ValueError(f"{name}: codes must be in [0, {len(self._factors) - 1}], not {worst}.")
        self._factor = self._factors[self.code]
        self.reset()

    def reset(self) -> None:
        """State after reset: no traces, potentials 0."""
        self.trace = np.zeros((self.spec.neurons, self.spec.inputs), self._dtype)
        self.neuron = {name: np.full(self.spec.neurons, value, self._dtype) for name, value in self._unit.state.items()}
        self.fired = np.zeros(self.spec.neurons, self._dtype)
        self.saturations = 0

    def step(self, x: ArrayLike, dt: float | None = None) -> NDArray[np.uint8]:
        """One tick: values (inputs,) in the crossing's format to spikes (neurons,).

        `dt` is there for networks, which pass it to all their layers; here the codes already stand for it.
        """
        spec = self.spec
        values = checked(f"layer '{spec.name}': x", x, (spec.inputs,), self.crossing.value).astype(self._dtype)
        risen = ((self.trace * self._factor) >> spec.factor_shift) + (values << spec.trace_fraction)
        self.trace = np.minimum(risen, spec.trace_format.hi)
        self.saturations += int((risen != self.trace).sum())
        current = (self.weight * self.trace).sum(axis=1)
        result = self._unit.apply(self._ops, {**self.neuron, "fired": self.fired, "cleared": 0, "current": current})
        self.neuron = {name: result[name] for name in self._unit.state}
        self.fired = result["ready"]
        spikes: NDArray[np.uint8] = self.fired.astype(np.uint8)
        return spikes
