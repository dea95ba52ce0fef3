"""Compare with a threshold, spike, reset: what integrate-and-fire models share.

    s  = v > threshold                                              (strictly above)
    v <- v_reset                        where s, with reset "zero"
    v <- v - (threshold - v_reset)      where s, with reset "subtract"

With `reset_delay` the potential keeps its value after a spike, and the reset is done in the next
step: "zero" puts v to v_reset before leak and input of that step, "subtract" takes the difference
off behind leak and input. That is what snnTorch does by default; a reset at the spike is what NIR
describes.

For `refractory_ms` (rounded to steps) after a spike the potential stays where the reset put it, and
nothing is integrated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sc_model.network.models.model import Floats, Model, NotNegative, Parameter, Real, State, filled


@dataclass(frozen=True, eq=False, kw_only=True)
class Firing(Model):
    """Threshold and reset. State: `v`; `fired`, the last step's spikes; `held`, refractory steps
    still to come.
    """

    threshold: Real = 1.0
    v_reset: Real = 0.0
    reset: Literal["zero", "subtract"] = "zero"
    reset_delay: bool = False
    refractory_ms: NotNegative = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        name = type(self).__name__
        if np.any(np.asarray(self.v_reset) >= self.threshold):
            raise ValueError(
                f"{name}.v_reset must be < threshold ({self.threshold}), not {self.v_reset}"
            )
        if self.reset_delay and np.any(self.refractory_ms):
            raise ValueError(
                f"{name}.refractory_ms must be 0 with reset_delay, not {self.refractory_ms}; reset"
                " at the spike instead"
            )

    def _begin(self, n: int, v: Parameter) -> State:
        return {"v": filled(n, v), "fired": filled(n), "held": filled(n)}

    def _fire(
        self,
        before: State,
        integrate: Callable[[Floats], Floats],
        threshold: Parameter,
        dt_ms: float,
    ) -> tuple[State, Floats]:
        """Reset that is due, integration, spike, reset: the part of the state that is kept here,
        and the spikes.

        `threshold` is what v is compared with in this step; what "subtract" takes off is always
        that of the parameters.
        """
        v, last, held = before["v"], before["fired"] > 0, before["held"]
        step_down = self.threshold - np.asarray(self.v_reset)
        if self.reset_delay and self.reset == "zero":
            v = np.where(last, self.v_reset, v)
        risen = integrate(v)
        if self.reset_delay and self.reset == "subtract":
            risen = np.where(last, risen - step_down, risen)
        risen = np.where(held > 0, v, risen)
        fired = (risen > threshold) & (held == 0)
        if not self.reset_delay:
            risen = np.where(
                fired, self.v_reset if self.reset == "zero" else risen - step_down, risen
            )
        held = np.where(
            fired, np.rint(np.asarray(self.refractory_ms) / dt_ms), np.maximum(held - 1, 0)
        )
        spikes = fired.astype(np.float64)
        return {"v": risen, "fired": spikes, "held": held}, spikes
