"""What the bit-exact layers of a network have in common: parameters, columns, neurons, and the
course of a tick.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.arithmetic import neuron_of
from sc_model.golden.arrays import checked
from sc_model.golden.trained.columns import Columns
from sc_model.graph import NumpyOps, trace_function
from sc_model.graph.algebra import array_dtype
from sc_model.spec import CrossingSpec, DenseSpec, HetSynSpec

Spec = TypeVar("Spec", HetSynSpec, DenseSpec)


class TrainedLayer(ABC, Generic[Spec]):
    """A layer in fixed point, a tick at a time: in 64 bits, or in Python integers where that is too
    narrow.

    Parameters
    ----------
    spec : size and formats.
    crossing : what lies in front of it, which sets the format of x.
    tick_ms : length of a step, in ms.
    parameters : by name, scalars or (neurons, columns) for synapses, (neurons,) for neurons
        (`TrainedLayerSpec.synapse_parameters`, `TrainedLayerSpec.neuron_parameters`); missing ones
        of synapses are 0, those of neurons must be given (or none is given at all they are the
        least that is allowed).

    Members
    -------
    parameters : all of them as arrays.
    columns : what came in.
    neuron : the neurons' state by name, (neurons,) each; the potential is that before the reset of
        a spike, which comes in the tick after.
    fired : (neurons,), in the last tick.

    Raises TypeError or ValueError for parameters of another name, shape, kind or range.
    """

    def __init__(
        self,
        spec: Spec,
        crossing: CrossingSpec,
        tick_ms: float,
        parameters: Mapping[str, ArrayLike] | None = None,
    ) -> None:
        self.spec: Spec = spec
        self.crossing, self.tick_ms = crossing, tick_ms
        self.n_inputs, self.n_neurons = spec.inputs, spec.neurons
        self._unit = neuron_of(spec, crossing.value)
        graph = trace_function(
            self._unit.name, self._unit.inputs, self._unit.outputs, self._unit.apply
        )
        wide = max(self._widest(), spec.current_format(crossing.value).width)
        self._dtype = (
            np.dtype(np.int64) if wide < 63 and array_dtype(graph) == np.int64 else np.dtype(object)
        )
        self._ops = NumpyOps(self._dtype)
        self.load(parameters or {})

    def _widest(self) -> int:
        """Bits of the widest number of a synapse."""
        return 0

    @abstractmethod
    def _current(self, taken: NDArray[Any]) -> NDArray[Any]:
        """What the synapses (neurons, columns) add up to, (neurons,), for what each takes in."""

    def load(self, parameters: Mapping[str, ArrayLike]) -> None:
        """Write all parameters and put everything else to its state after reset."""
        spec = self.spec
        tables = (
            (spec.synapse_parameters(self.tick_ms), (spec.neurons, spec.columns)),
            (spec.neuron_parameters, (spec.neurons,)),
        )
        known = {name: (bounds, shape) for table, shape in tables for name, bounds in table.items()}
        for name in parameters:
            if name not in known:
                raise ValueError(
                    f"layer '{spec.name}': parameters must be among {', '.join(known)}, not"
                    f" '{name}'."
                )
        self.parameters: dict[str, NDArray[Any]] = {}
        for name, ((low, high), shape) in known.items():
            if parameters and name in spec.neuron_parameters and name not in parameters:
                raise ValueError(
                    f"layer '{spec.name}': {name} must be given, in [{low}, {high}], where other"
                    " parameters are."
                )
            given = parameters.get(name, max(low, 0))
            self.parameters[name] = checked(
                f"layer '{spec.name}': {name}", given, shape, low, high
            ).astype(self._dtype)
        delay = self.parameters["delay"].astype(np.int64) if spec.max_delay else 0
        self.columns = Columns(spec, self.crossing.value, delay)
        self._loaded()
        self.reset()

    def _loaded(self) -> None:
        """Parameters have changed."""

    def reset(self) -> None:
        """State after reset: nothing has come, potentials 0; parameters stay."""
        self.columns.reset()
        self.neuron = {
            name: np.full(self.spec.neurons, value, self._dtype)
            for name, value in self._unit.state.items()
        }
        self.fired = np.zeros(self.spec.neurons, self._dtype)

    @property
    def state(self) -> dict[str, NDArray[Any]]:
        """All that changes from tick to tick, by name: `history` as (columns, max_delay), the
        latest first, and the neurons'.
        """
        history = {"history": self.columns.history[:-1].T.copy()} if self.spec.max_delay else {}
        return {**history, "fired": self.fired.copy(), **self.neuron}

    @property
    def saturations(self) -> int | None:
        """How many traces were cut at their largest value so far; None where there are none."""
        return None

    def step(self, x: ArrayLike, dt: float | None = None) -> NDArray[np.uint8]:
        """One tick: values (inputs,) in the crossing's format to spikes (neurons,).

        `dt` is there for networks, which pass it to all their layers; here the parameters already
        stand for it.
        """
        taken = self.columns.take(x, self.fired)
        given = {
            **self.neuron,
            **{name: self.parameters[name] for name in self.spec.neuron_parameters},
        }
        result = self._unit.apply(
            self._ops,
            {
                **given,
                "fired": self.fired,
                "cleared": 0,
                "current": self._current(taken.astype(self._dtype)),
            },
        )
        self.neuron = {name: result[name] for name in self._unit.state}
        self.fired = result["ready"]
        spikes: NDArray[np.uint8] = self.fired.astype(np.uint8)
        return spikes
