r"""`ShortTermPlasticity`: synaptic depression and facilitation within a second.

Each presynaptic neuron has two variables: u, the fraction of its resources that a spike releases,
and x, the fraction that is available::

    between spikes   du/dt = (U - u) / tau_f          dx/dt = (1 - x) / tau_d
    at a spike       u <- u + U (1 - u);   release = u x;   x <- x - release

Tsodyks & Markram 1997 (doi:10.1073/pnas.94.2.719), with facilitation as in Markram, Wang & Tsodyks
1998 (doi:10.1073/pnas.95.9.5323). A step first integrates over dt, then applies the spikes.

`method` selects the integration over dt. `euler` (default) is one explicit step, u <- u + dt (U -
u) / tau_f, as in most simulators of this kind; its error is O(dt / tau). `exact` is the solution of
the equation, u <- U + (u - U) exp(-dt / tau_f).

Deviations: all neurons begin at rest (u = U, x = 1). A neuron without a spike also gets its u x,
which is no release; multiply by the spikes to get the release alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import choice, positive_number, real_array

Floats = NDArray[np.float64]
Method = Literal["euler", "exact"]


class ShortTermPlasticity:
    """Depression and facilitation of n presynaptic neurons; the first update sets n.

    Parameters
    ----------
    tau_d : time constant of the recovery from depression, ms, > 0.
    tau_f : time constant of the decay of facilitation, ms, > 0.
    u_se : U, fraction that a spike after long silence releases, in (0, 1].
    dt : duration of an update, ms, > 0; with `euler` at most both time constants.
    method : `euler` or `exact`.

    Members
    -------
    u : (n,), fraction that a spike releases; None before the first update.
    x : (n,), fraction that is available; None before the first update.

    Raises
    ------
    TypeError : a parameter is no number.
    ValueError : a parameter is out of range.
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
            raise ValueError(
                f"u_se must be in (0, 1], a fraction of the resources, not {self.u_se!r}"
            )
        choice("method", method, get_args(Method))
        if method == "euler" and self.dt > min(self.tau_d, self.tau_f):
            raise ValueError(
                f"dt ({self.dt!r} ms) must be at most tau_d and tau_f ({self.tau_d!r},"
                f" {self.tau_f!r} ms) with method 'euler'; take 'exact'"
            )
        self.method: Method = method
        exact = method == "exact"
        # Fraction of the distance to rest that one update covers, for x and for u.
        self._recovered, self._forgotten = (
            -math.expm1(-self.dt / tau) if exact else self.dt / tau
            for tau in (self.tau_d, self.tau_f)
        )
        self.u: Floats | None = None
        self.x: Floats | None = None

    def update(self, pre_spikes: ArrayLike) -> Floats:
        """Advance by dt with the spikes at its end, and return the release u x, (n,).

        Parameters
        ----------
        pre_spikes : (n,), nonzero where a neuron fires.

        Raises
        ------
        ValueError : another shape than in the first update.
        """
        if self.u is None or self.x is None:
            first = real_array("pre_spikes", pre_spikes, ("n",))
            self.u, self.x = np.full(len(first), self.u_se), np.ones(len(first))
        fired = real_array("pre_spikes", pre_spikes, (len(self.u),)) != 0
        self.u += (self.u_se - self.u) * self._forgotten
        self.x += (1.0 - self.x) * self._recovered
        self.u[fired] += self.u_se * (1.0 - self.u[fired])
        # u already holds this spike's facilitation (Markram et al. 1998); x not yet its depression.
        release = self.u * self.x
        self.x[fired] -= release[fired]
        return release

    def reset(self) -> None:
        """Set all neurons to rest."""
        if self.u is not None and self.x is not None:
            self.u[:], self.x[:] = self.u_se, 1.0

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint has to hold."""
        return {
            name: None if value is None else value.copy()
            for name, value in (("u", self.u), ("x", self.x))
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a checkpoint; ValueError for other keys or shapes."""
        if set(state) != {"u", "x"}:
            raise ValueError(f"short-term state must hold 'u' and 'x', not {sorted(state)}")
        if state["u"] is None or state["x"] is None:
            self.u = self.x = None
            return
        u = real_array("u", state["u"], ("n",))
        self.u, self.x = u.copy(), real_array("x", state["x"], (len(u),)).copy()
