"""A layer as training leaves it: weights, delays, leaks and thresholds in floating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.quantisation.connections import Kernel, Lists

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FloatLayer:
    """A spiking layer in floating point; its tick is that of `sc_model.golden` without rounding.

    Parameters
    ----------
    name : of the layer in the network.
    weight : (neurons, inputs), in the unit of the potential.
    recurrent : (neurons, neurons), weights of the layer's own spikes of the tick before, or None.
    bias : (neurons,), added to the potential in every tick, or None.
    delay : (neurons, inputs), ticks >= 0, rounded to the nearest; None: no delays.
    recurrent_delay : (neurons, neurons), ticks >= 0 behind the tick before; None: no delays.
    threshold : (neurons,) or scalar, > 0, in the unit of the potential.
    leak : (neurons,) or scalar in [0, 1], the share of a potential that is left after a tick.
    synaptic_leak : the same for a synaptic current in front of the potential; None: no current.
    reset : ``subtract`` takes the threshold off the potential; ``zero`` sets the potential to 0;
        ``none`` leaves it as it is.
    reset_delay : whether the tick after the spike does the reset, after leak and input.
    refractory : ticks after a spike in which the neuron neither integrates nor fires.
    tau : (neurons, inputs), ms, > 0: time constants of the synapses' traces (a HetSyn layer). None:
        a layer without traces.
    strict : whether a neuron fires above its threshold only, and not at it.
    connections : which synapses the numbers are of; None: one from each input to each neuron. With
        it all shapes above are those of rows (`sc_model.quantisation.connections`).
    fires : whether neurons fire at all; integrators do not, and their threshold is what errors are
        measured by, and nothing else.

    Raises ValueError for another shape, a number that is not finite, or one out of range.
    """

    name: str
    weight: Floats
    recurrent: Floats | None = None
    bias: Floats | None = None
    delay: Floats | None = None
    recurrent_delay: Floats | None = None
    threshold: Floats | float = 1.0
    leak: Floats | float = 1.0
    synaptic_leak: Floats | float | None = None
    reset: Literal["subtract", "zero", "none"] = "subtract"
    reset_delay: bool = False
    refractory: int = 0
    tau: Floats | None = None
    strict: bool = True
    connections: Kernel | Lists | None = None
    fires: bool = True

    def __post_init__(self) -> None:
        shape = np.shape(self.weight)
        if len(shape) != 2 or 0 in shape:
            raise ValueError(
                f"layer '{self.name}': weight must have shape (neurons, inputs), none of them 0,"
                f" not {shape}"
            )
        neurons, inputs = shape
        own = (neurons, neurons)
        for field, size in (
            ("weight", shape),
            ("recurrent", own),
            ("bias", (neurons,)),
            ("delay", (neurons, inputs)),
            ("recurrent_delay", own),
            ("tau", (neurons, inputs)),
        ):
            if getattr(self, field) is not None:
                self._set(field, size, getattr(self, field))
        for field in ("threshold", "leak", "synaptic_leak"):
            if getattr(self, field) is not None:
                values = np.asarray(getattr(self, field), dtype=np.float64)
                self._set(field, (neurons,), values if values.ndim else np.full(neurons, values))
        if self.recurrent_delay is not None and self.recurrent is None:
            raise ValueError(
                f"layer '{self.name}': recurrent_delay must go with recurrent weights; there are"
                " none"
            )
        self._in("threshold", 0.0, np.inf, "> 0", open_low=True)
        self._in("tau", 0.0, np.inf, "> 0", open_low=True)
        self._in("leak", 0.0, 1.0, "in [0, 1]")
        self._in("synaptic_leak", 0.0, 1.0, "in [0, 1]")
        self._in("delay", 0.0, np.inf, ">= 0")
        self._in("recurrent_delay", 0.0, np.inf, ">= 0")

    @property
    def neurons(self) -> int:
        """Number of neurons, or of rows of `connections`."""
        return int(self.weight.shape[0])

    @property
    def inputs(self) -> int:
        """Number of inputs without recurrent ones and the bias, or numbers of a row."""
        return int(self.weight.shape[1])

    @property
    def spikes_in(self) -> int:
        """Number of inputs, whatever the connections."""
        return self.inputs if self.connections is None else self.connections.inputs

    @property
    def spikes_out(self) -> int:
        """Number of neurons, whatever the connections."""
        return self.neurons if self.connections is None else self.connections.neurons

    def of_neurons(self, field: Literal["threshold", "leak", "synaptic_leak"]) -> Floats:
        """A field as an array with a number for each neuron, whatever the connections."""
        values = self.per_neuron(field)
        return values if self.connections is None else np.repeat(values, self.connections.repeated)

    def per_neuron(self, field: Literal["threshold", "leak", "synaptic_leak"]) -> Floats:
        """A field that may be a scalar in the constructor, as an array (neurons,)."""
        return np.asarray(getattr(self, field), dtype=np.float64)

    def _set(self, field: str, shape: tuple[int, ...], values: ArrayLike) -> None:
        """Store a read-only float64 copy. ValueError for another shape or a number not finite."""
        array = np.array(values, dtype=np.float64)
        if array.shape != shape:
            raise ValueError(
                f"layer '{self.name}': {field} must have shape {shape}, not {array.shape}"
            )
        if not np.isfinite(array).all():
            where = tuple(int(index) for index in np.argwhere(~np.isfinite(array))[0])
            raise ValueError(
                f"layer '{self.name}': {field} must be finite, not {array[where]} at {where}"
            )
        array.setflags(write=False)
        object.__setattr__(self, field, array)  # the class is frozen

    def _in(
        self, field: str, low: float, high: float, allowed: str, open_low: bool = False
    ) -> None:
        """ValueError unless a field's values, if it has any, are in [low, high]."""
        values = getattr(self, field)
        if values is None:
            return
        outside = (values < low) | (values > high) | (open_low & (values == low))
        if outside.any():
            where = tuple(int(index) for index in np.argwhere(outside)[0])
            raise ValueError(
                f"layer '{self.name}': {field} must be {allowed}, not {values[where]} at {where}"
            )
