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


def past_form(spec: TrainedLayerSpec, state: Mapping[str, ArrayLike]) -> str | None:
    """Which field of a state has what delays need of the past; None without delays.

    ValueError for sums to come where the layer sweeps its columns' past.
    """
    if spec.past == "history" and "history" not in state:
        raise ValueError(
            f"layer '{spec.name}': a state of engine 'sweep' must have 'history', the past of its"
            " columns; that of engine 'events' has 'arriving', sums that do not tell it. Go on with"
            " engine 'events'."
        )
    return "history" if spec.past and "history" in state else spec.past


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
        self._connect(by_user=bool(parameters))
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
        self._arriving: NDArray[Any] | None
        self.reset()

    def _connect(self, *, by_user: bool) -> None:
        """Take up which synapse is where; `by_user`: the parameters are a user's, and not all 0."""
        delay = self.parameters["delay"].astype(np.int64) if self.spec.max_delay else 0
        self.columns = Columns(self.spec, self.crossing.value, delay)

    def _of_neurons(self, values: NDArray[Any]) -> NDArray[Any]:
        """A parameter of neurons as one value for each neuron, (neurons,)."""
        return values

    def _current(self, x: ArrayLike) -> NDArray[Any]:
        """The sum of products of each neuron, (neurons,); synapses take their next state."""
        current = self._summed(self.columns.take(x, self.fired))
        if self._arriving is not None:
            current = current + self._arriving[:, 0]
            self._arriving = np.roll(self._arriving, -1, axis=1)
            self._arriving[:, -1] = 0
        return current

    def _summed(self, values: NDArray[Any]) -> NDArray[Any]:
        """The sum of products of each neuron, where the synapses take in these values."""
        products = self._products(self.synapse_constants, values.astype(self._dtype))
        current: NDArray[Any] = products.sum(axis=1)
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
        self._arriving = None  # beside what the columns' past makes
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

        With delays ``history`` holds the columns' past, (columns, max_delay), the latest first; in
        a layer that works by events ``arriving`` holds the sums so far of the next `max_delay`
        ticks, (neurons, max_delay), the next tick first (`TrainedLayerSpec.past`).
        """
        synapse = {name: values.copy() for name, values in self.synapse.items()}
        past = {} if self.spec.past is None else {self.spec.past: self._past()}
        return {**synapse, **past, "fired": self.fired.copy(), **self.neuron}

    def _past(self) -> NDArray[Any]:
        """What delays need of the past, in the form of the layer's engine."""
        if self.spec.past == "history":
            return self.columns.history[:-1].T.copy()
        ahead = range(1, self.spec.max_delay + 1)
        sums = np.stack([self._summed(self.columns.after(ticks)) for ticks in ahead], axis=1)
        return sums if self._arriving is None else sums + self._arriving

    def restore_past(self, state: Mapping[str, ArrayLike]) -> None:
        """Take up what delays need of the past, from a state in either form.

        A history is enough for both engines, for what it makes arrive follows from it. The other
        way round there is none: sums do not tell what they are made of.

        Raises
        ------
        ValueError
            the state has sums to come, and the layer sweeps its columns' past.
        """
        form = past_form(self.spec, state)
        self.columns.reset()
        self._arriving = None
        if form == "history":
            self.columns.history[:-1] = np.asarray(state["history"]).T
        elif form == "arriving":
            self._arriving = np.asarray(state["arriving"]).astype(self._dtype)

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
