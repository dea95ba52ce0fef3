r"""`ShortTermPlasticity`: synapses that tire and warm up within a second.

Two variables of each presynaptic line: u, the share of its resources that a spike releases, and x,
the share that is there::

    between spikes   du/dt = (U - u) / tau_f          dx/dt = (1 - x) / tau_d
    at a spike       u <- u + U (1 - u);   release = u x;   x <- x - release

Tsodyks & Markram 1997 (doi:10.1073/pnas.94.2.719), with facilitation as in Markram, Wang & Tsodyks
1998 (doi:10.1073/pnas.95.9.5323). A step first lets dt pass, then takes the spikes.

`method` says how the time passes. `euler` (default) is one explicit step, u <- u + dt (U - u) /
tau_f, which is what most simulators of this kind do; it is off by O(dt / tau). `exact` is the
solution, u <- U + (u - U) exp(-dt / tau_f).

Deviations: all lines begin rested (u = U, x = 1), and what is returned where no spike came is what
one *would* release next, u x; multiply by the spikes to have the release itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import positive_number, real_array
from sc_model.spec.errors import did_you_mean

Floats = NDArray[np.float64]
Method = Literal["euler", "exact"]


class ShortTermPlasticity:
    """Depression and facilitation of any number of presynaptic lines, as many as the first update
    has.

    Parameters
    ----------
    tau_d : recovery of the resources, ms.
    tau_f : decay of the facilitation, ms.
    u_se : U, in (0, 1].
    dt : of an update, ms; `euler` needs it to be at most both time constants.
    method : `euler` or `exact`.

    Members
    -------
    u, x : shape (n,), None before the first update.
    """

    def __init__(
        self,
        tau_d: float = 200.0,
        tau_f: float = 600.0,
        u_se: float = 0.2,
        *,
        dt: float = 1.0,
        method: Method = "euler",
    ) -> None:
        self.tau_d, self.tau_f, self.u_se, self.dt = (
            positive_number(name, value)
            for name, value in (("tau_d", tau_d), ("tau_f", tau_f), ("u_se", u_se), ("dt", dt))
        )
        if self.u_se > 1:
            raise ValueError(f"u_se must be in (0, 1], a share of the resources, not {self.u_se!r}")
        if method not in get_args(Method):
            raise ValueError(
                "method must be 'euler' or 'exact', not"
                f" {method!r}{did_you_mean(str(method), get_args(Method))}"
            )
        if method == "euler" and self.dt > min(self.tau_d, self.tau_f):
            raise ValueError(
                f"dt ({self.dt!r} ms) must be at most tau_d and tau_f ({self.tau_d!r},"
                f" {self.tau_f!r} ms) with method 'euler'; take 'exact'"
            )
        self.method: Method = method
        exact = method == "exact"
        # what a step takes of the distance to rest
        self._recovered, self._forgotten = (
            -math.expm1(-self.dt / tau) if exact else self.dt / tau
            for tau in (self.tau_d, self.tau_f)
        )
        self.u: Floats | None = None
        self.x: Floats | None = None

    def update(self, pre_spikes: ArrayLike) -> Floats:
        """One step with spikes (n,), nonzero where one came, to u x, shape (n,). ValueError for
        another shape.
        """
        if self.u is None or self.x is None:
            given = real_array("pre_spikes", pre_spikes, ("n",))
            self.u, self.x = np.full(len(given), self.u_se), np.ones(len(given))
        fired = real_array("pre_spikes", pre_spikes, (len(self.u),)) != 0
        self.u += (self.u_se - self.u) * self._forgotten
        self.x += (1.0 - self.x) * self._recovered
        self.u[fired] += self.u_se * (1.0 - self.u[fired])
        release = self.u * self.x
        self.x[fired] -= release[fired]
        return release

    def reset(self) -> None:
        """All lines rested."""
        if self.u is not None and self.x is not None:
            self.u[:], self.x[:] = self.u_se, 1.0

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint has to hold."""
        return {
            name: None if value is None else value.copy()
            for name, value in (("u", self.u), ("x", self.x))
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a checkpoint was made. ValueError for other keys or shapes."""
        if set(state) != {"u", "x"}:
            raise ValueError(f"short-term state must hold 'u' and 'x', not {sorted(state)}")
        if state["u"] is None or state["x"] is None:
            self.u = self.x = None
            return
        u = real_array("u", state["u"], ("n",))
        self.u, self.x = u.copy(), real_array("x", state["x"], (len(u),)).copy()
