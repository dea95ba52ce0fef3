"""The bit-exact trained layer, tick by tick, with the synapse and the neuron of its kind.

The kind's synapse is computed in its plain form (`LayerKind.synapse`), not in the form that
hardware computes (`LayerKind.pipeline`): a decay, for example, is multiplied out here, where
hardware adds shifted copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.arithmetic import Unit
from sc_model.golden.arrays import checked
from sc_model.golden.trained.columns import Columns
from sc_model.graph import NumpyOps, trace_function
from sc_model.graph.algebra import array_dtype
from sc_model.layer_kinds import kind_of
from sc_model.spec import CrossingSpec, TrainedLayerSpec

# Largest width, with sign, of a sum of products that is computed in int64: 2 bits are left free.
SUM_BITS = 62


class ClampCounter(NumpyOps):
    """`NumpyOps` that also count the values that a clamp changes.

    Members
    -------
    count : values changed so far.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        super().__init__(dtype)
        self.count = 0

    def clamp(self, value: Any, lo: int, hi: int) -> Any:
        """See :class:`sc_model.spec.rule.Ops`."""
        clamped = super().clamp(value, lo, hi)
        self.count += int(np.count_nonzero(clamped != value))
        return clamped


class TrainedLayer:
    """A trained layer of any kind in fixed point, computed tick by tick.

    Arithmetic is in int64 where every intermediate fits, else in Python integers (exact, slow).

    Parameters
    ----------
    spec : size and formats.
    crossing : the crossing in front of the layer; it sets the format of the input values.
    tick_ms : length of a step, in ms.
    parameters : by name, scalars or arrays of `TrainedLayerSpec.parameter_shape`. Missing
        parameters of synapses are 0. If any parameter is given, all neuron parameters must be;
        otherwise they take their minimum.

    Members
    -------
    parameters : all parameters by name, as arrays.
    synapse_constants : what goes into the arithmetic of synapses beside values and state.
    neuron_constants : the parameters of neurons, with a value for each neuron.
    columns : the last values of the layer's columns.
    synapse : state of the synapses by name, (neurons, columns) each.
    neuron : state of the neurons by name, (neurons,) each. The potential is that before the reset
        of a spike, which takes place in the next tick.
    fired : (neurons,), 1 where the neuron fired in the last tick.

    Raises
    ------
    TypeError, ValueError
        a parameter of unknown name, or of wrong kind, shape or range.
    """

    def __init__(
        self,
        spec: TrainedLayerSpec,
        crossing: CrossingSpec,
        tick_ms: float,
        parameters: Mapping[str, ArrayLike] | None = None,
    ) -> None:
        self.spec, self.crossing, self.tick_ms = spec, crossing, tick_ms
        self.synapse: dict[str, NDArray[Any]] = {}
        self.n_inputs, self.n_neurons = spec.inputs, spec.neurons
        kind = kind_of(spec)
        self._synapse = kind.synapse(spec, crossing.value, tick_ms)
        self._neuron = kind.neuron(spec, crossing.value)
        narrow = (
            _fits_int64(self._synapse.unit)
            and _fits_int64(self._neuron)
            and spec.current_format(crossing.value).width <= SUM_BITS
        )
        self._dtype = np.dtype(np.int64 if narrow else object)
        self._ops = NumpyOps(self._dtype)
        self._synapse_ops = ClampCounter(self._dtype)
        self.load(parameters or {})

    def load(self, parameters: Mapping[str, ArrayLike]) -> None:
        """Write all parameters, and reset the state."""
        spec = self.spec
        known = {**spec.synapse_parameters(self.tick_ms), **spec.neuron_parameters}
        for name in parameters:
            if name not in known:
                raise ValueError(
                    f"layer '{spec.name}': parameters must be among {', '.join(known)}, not"
                    f" '{name}'."
                )
        self.parameters: dict[str, NDArray[Any]] = {}
        for name, (low, high) in known.items():
            if parameters and name in spec.neuron_parameters and name not in parameters:
                raise ValueError(
                    f"layer '{spec.name}': {name} must be given, in [{low}, {high}], where other"
                    " parameters are."
                )
            values = parameters.get(name, max(low, 0))
            shape = spec.parameter_shape(name)
            self.parameters[name] = checked(
                f"layer '{spec.name}': {name}", values, shape, low, high
            ).astype(self._dtype)
        self._connect(given=bool(parameters))
        self.neuron_constants = {
            name: self._of_neurons(self.parameters[name]) for name in spec.neuron_parameters
        }
        self.synapse_constants = {
            name: self.parameters[name]
            for name in spec.synapse_parameters(self.tick_ms)
            if name in self._synapse.unit.inputs
        }
        for parameter, table in self._synapse.tables.items():
            rows = self.parameters[parameter].astype(np.int64)
            for name in table.formats:
                column = np.array([row[name] for row in table.rows], self._dtype)
                self.synapse_constants[name] = column[rows]
        self.reset()

    def _connect(self, *, given: bool) -> None:
        """Take up which synapse is where; `given`: the parameters are a user's, and not all 0."""
        delay = self.parameters["delay"].astype(np.int64) if self.spec.max_delay else 0
        self.columns = Columns(self.spec, self.crossing.value, delay)

    def _of_neurons(self, values: NDArray[Any]) -> NDArray[Any]:
        """A parameter of neurons as one value for each neuron, (neurons,)."""
        return values

    def _current(self, x: ArrayLike) -> NDArray[Any]:
        """The sum of products of each neuron, (neurons,); synapses take their next state."""
        values = self.columns.take(x, self.fired).astype(self._dtype)
        current: NDArray[Any] = self._products(self.synapse_constants, values).sum(axis=1)
        return current

    def _products(
        self, constants: Mapping[str, NDArray[Any]], values: NDArray[Any]
    ) -> NDArray[Any]:
        """The products of synapses with these constants and values; they take their next state."""
        synapse = self._synapse.unit.apply(
            self._synapse_ops, {**constants, **self.synapse, "value": values}
        )
        self.synapse = {name: synapse[name] for name in self.synapse}
        products: NDArray[Any] = synapse["product"]
        return products

    def reset(self) -> None:
        """Set all state to 0; parameters stay."""
        spec = self.spec
        self.columns.reset()
        self.synapse = {
            name: np.zeros((spec.neurons, spec.columns), self._dtype)
            for name in self._synapse.unit.state
        }
        self.neuron: dict[str, NDArray[Any]] = {
            name: np.full(spec.neurons, value, self._dtype)
            for name, value in self._neuron.state.items()
        }
        self.fired: NDArray[Any] = np.zeros(spec.neurons, self._dtype)
        self._synapse_ops.count = 0

    @property
    def state(self) -> dict[str, NDArray[Any]]:
        """A copy of everything that changes from tick to tick, by name.

        With delays ``history`` holds the columns' past, (columns, max_delay), the latest first.
        """
        synapse = {name: values.copy() for name, values in self.synapse.items()}
        history = {"history": self.columns.history[:-1].T.copy()} if self.spec.max_delay else {}
        return {**synapse, **history, "fired": self.fired.copy(), **self.neuron}

    @property
    def saturations(self) -> int | None:
        """Number of values in synapses that a clamp has changed since the last reset.

        None for synapses without state.
        """
        return self._synapse_ops.count if self._synapse.unit.state else None

    def step(self, x: ArrayLike, dt: float | None = None) -> NDArray[np.uint8]:
        """Compute one tick, and return the spikes, (neurons,).

        Parameters
        ----------
        x : (inputs,), values in the crossing's format.
        dt : ignored. Float networks pass a time step to all layers; here it is in the parameters.
        """
        current = self._current(x)
        neuron = self._neuron.apply(
            self._ops,
            {
                **self.neuron_constants,
                **self.neuron,
                "fired": self.fired,
                "cleared": 0,
                "current": current,
            },
        )
        self.neuron = {name: neuron[name] for name in self.neuron}
        self.fired = neuron["ready"]
        spikes: NDArray[np.uint8] = self.fired.astype(np.uint8)
        return spikes


def _fits_int64(unit: Unit) -> bool:
    """Whether every intermediate of a unit fits int64."""
    graph = trace_function(unit.name, unit.inputs, unit.outputs, unit.apply)
    return array_dtype(graph) == np.int64
