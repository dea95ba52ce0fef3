"""A layer as training leaves it: weights, delays, leaks and thresholds in floating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FloatLayer:
    """A spiking layer in floating point; one tick is that of `sc_model.golden` without the
    rounding.

    Parameters
    ----------
    name : of the layer in the network.
    weight : (neurons, inputs).
    recurrent : (neurons, neurons) for the layer's own spikes of the tick before, or None.
    bias : (neurons,), added in every tick.
    delay : (neurons, inputs), recurrent_delay : (neurons, neurons), ticks >= 0; None: none. They
        are rounded to the nearest. A recurrent delay of 0 is the tick before.
    threshold : (neurons,) or scalar, > 0.
    leak : (neurons,) or scalar in [0, 1], what is left of a potential after a tick.
    synaptic_leak : the same for a synaptic current in front of the potential; None: there is none.
    reset : at a spike the threshold is taken off (``subtract``) or the potential goes to ``zero``;
    reset_delay : not at the spike but in the next tick, behind leak and input.
    refractory : ticks without integrating or firing after a spike.
    tau : (neurons, inputs), ms, > 0: each synapse has a trace with that time constant (a HetSyn
        layer); None: a dense layer.
    strict : a neuron fires above its threshold; False: also at it.

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
    reset: Literal["subtract", "zero"] = "subtract"
    reset_delay: bool = False
    refractory: int = 0
    tau: Floats | None = None
    strict: bool = True

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
                given = np.asarray(getattr(self, field), dtype=np.float64)
                self._set(field, (neurons,), np.full(neurons, given) if given.ndim == 0 else given)
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
        """Neurons of the layer."""
        return int(self.weight.shape[0])

    @property
    def inputs(self) -> int:
        """Inputs of the layer, without recurrent ones and bias."""
        return int(self.weight.shape[1])

    def per_neuron(self, field: Literal["threshold", "leak", "synaptic_leak"]) -> Floats:
        """A field that may be given as a scalar, (neurons,)."""
        return np.asarray(getattr(self, field), dtype=np.float64)

    def _set(self, field: str, shape: tuple[int, ...], values: ArrayLike) -> None:
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
        object.__setattr__(
            self, field, array
        )  # as an array of its own: the one way in while frozen

    def _in(
        self, field: str, low: float, high: float, allowed: str, open_low: bool = False
    ) -> None:
        values = getattr(self, field)
        if values is None:
            return
        outside = (values < low) | (values > high) | (open_low & (values == low))
        if outside.any():
            where = tuple(int(index) for index in np.argwhere(outside)[0])
            raise ValueError(
                f"layer '{self.name}': {field} must be {allowed}, not {values[where]} at {where}"
            )
