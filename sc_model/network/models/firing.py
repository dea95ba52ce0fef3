"""Threshold, reset and refractory period: what the integrate-and-fire models share.

    s  = v > threshold                                              (strictly above)
    v <- v_reset                        where s, with reset "zero"
    v <- v - (threshold - v_reset)      where s, with reset "subtract"
    v stays                             with reset "none"

With `reset_delay` the potential keeps its value in the step of the spike, and the next step does
the reset: "zero" sets v to v_reset before leak and input of that step, "subtract" takes the
difference off after leak and input. snnTorch does that by default; NIR describes a reset in the
step of the spike.

For `refractory_ms` (rounded to steps) after a spike the potential stays where the reset put it, and
the neuron neither integrates nor fires.

The step itself is `sc_model.firing.IntegrateAndFire.step`, the same text as in training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sc_model.firing import IntegrateAndFire, Reset, ResetTime, countdown
from sc_model.network.models.model import Floats, Model, NotNegative, Parameter, Real, State, filled


def above(distance: Floats) -> Floats:
    """1 where a potential is above its threshold by a `distance` > 0, else 0."""
    return (distance > 0).astype(np.float64)


@dataclass(frozen=True, eq=False, kw_only=True)
class Firing(Model):
    """A model with a threshold and a reset.

    Its state has `v`, the potential; `fired`, the spikes of the last step (0 or 1); and `held`, the
    number of refractory steps that are left.

    Parameters
    ----------
    threshold : potential above which a neuron fires; any finite number.
    v_reset : potential after a spike with reset "zero"; below the threshold, but with "none".
    reset : "zero", "subtract" or "none".
    reset_delay : whether the step after the spike does the reset.
    refractory_ms : >= 0; must be 0 with `reset_delay`.

    Raises ValueError for a reset that is not below the threshold, and for a refractory period with
    `reset_delay`.
    """

    threshold: Real = 1.0
    v_reset: Real = 0.0
    reset: Literal["zero", "subtract", "none"] = "zero"
    reset_delay: bool = False
    refractory_ms: NotNegative = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        name = type(self).__name__
        if self.reset != "none" and np.any(np.asarray(self.v_reset) >= self.threshold):
            raise ValueError(
                f"{name}.v_reset must be < threshold ({self.threshold}), not {self.v_reset}"
            )
        if self.reset_delay and np.any(self.refractory_ms):
            raise ValueError(
                f"{name}.refractory_ms must be 0 with reset_delay, not {self.refractory_ms}; reset"
                " at the spike instead"
            )

    @property
    def reset_time(self) -> ResetTime:
        """When a step does the reset, see `sc_model.firing.Reset`."""
        if not self.reset_delay:
            return "spike"
        return "before" if self.reset == "zero" else "after"

    def _begin(self, n: int, v: Parameter) -> State:
        """The state of n neurons at potential `v` that have not fired."""
        return {"v": filled(n, v), "fired": filled(n), "held": filled(n)}

    def _fire(
        self,
        state: State,
        integrate: Callable[[Floats, Floats], Floats],
        drive: Floats,
        threshold: Parameter,
        dt_ms: float,
    ) -> tuple[State, Floats]:
        """One step: the part of the state that is kept here, and the spikes.

        Parameters
        ----------
        state : before the step.
        integrate : from v and `drive` to v: leak and input.
        threshold : that of this step. What "subtract" takes off is always computed from the
            threshold of the parameters, also where this one is raised by adaptation.
        dt_ms : length of the step.
        """
        drop = self.threshold - np.asarray(self.v_reset)
        reset = Reset(self.reset, self.reset_time, drop, self.v_reset)
        neurons = IntegrateAndFire(integrate, above, threshold, reset)
        held = state["held"]
        after = neurons.step(state["v"], state["fired"], drive, resting=held > 0)
        pause = np.rint(np.asarray(self.refractory_ms) / dt_ms)
        held = countdown(held, after.spikes, pause)
        return {"v": after.potential, "fired": after.spikes, "held": held}, after.spikes
