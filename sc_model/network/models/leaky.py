r"""Integrate and fire, with and without leak, with and without spikes.

    tau_ms * dv/dt = v_rest - v + resistance * current        LIF, LI
             dv/dt = resistance * current                     IF, Integrator

The current of a step is constant in it. So the closed form is, with drive = v_rest + resistance *
current,

    v <- v + (1 - exp(-dt / tau_ms)) * (drive - v)            method "exact" v <- v + dt / tau_ms *
    (drive - v)                        method "euler", as NIR and snnTorch step v <- v + dt *
    resistance * current                        without leak: both

A current is thus no jump: a spike of weight w that arrives raises v by (1 - exp(-dt/tau_ms)) *
resistance * w. For v <- beta * v + x, where it does jump by x, take `LIF.from_beta`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from sc_model.network.models.firing import Firing
from sc_model.network.models.model import Floats, Model, Parameter, Positive, Real, State, filled


def share(tau_ms: Parameter, dt_ms: float, method: str) -> Parameter:
    """How much of the way to where it is driven a leaky variable goes in a step."""
    ratio = dt_ms / np.asarray(tau_ms)
    gone: Floats = ratio if method == "euler" else -np.expm1(-ratio)
    return gone


def check_euler(model: Model, name: str, dt_ms: float) -> None:
    """ValueError where a step is longer than the time constant of that name: Euler's method would
    overshoot.
    """
    shortest = float(np.min(getattr(model, name)))
    # a time constant made of a beta of 0 may lie a rounding below dt
    if shortest < dt_ms * (1 - 1e-9):
        subject = f"{type(model).__name__}.{name}"
        raise ValueError(
            f"{subject} must be >= dt_ms ({dt_ms}) with Euler's method, not {shortest}; take"
            " shorter steps"
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class LIF(Firing):
    """Leaky integrate and fire. State: `v`, `fired`, `held`; it begins at `v_rest`.

    Parameters
    ----------
    tau_ms : of the membrane, > 0.
    resistance : potential a unit of current drives it to.
    v_rest : where it leaks to.
    threshold, v_reset, reset, reset_delay, refractory_ms : see `sc_model.network.models.firing`.
    method : "exact" or "euler".
    """

    tau_ms: Positive = 20.0
    resistance: Real = 1.0
    v_rest: Real = 0.0
    method: Literal["exact", "euler"] = "exact"

    @classmethod
    def from_beta(cls, beta: ArrayLike, dt_ms: float, /, **others: Any) -> Self:
        """v <- beta * v + current, for steps of that length: tau_ms is dt_ms / (1 - beta), the
        resistance 1 / (1 - beta).

        ValueError unless 0 <= beta < 1; for a beta of 1 take `IF`.
        """
        betas = np.asarray(beta, dtype=np.float64)
        if not np.all((betas >= 0) & (betas < 1)):
            raise ValueError(
                f"{cls.__name__}.beta must be >= 0 and < 1, not {betas}; without leak take IF"
            )
        return cls(tau_ms=dt_ms / (1 - betas), resistance=1 / (1 - betas), method="euler", **others)

    def check_dt(self, dt_ms: float) -> None:
        """ValueError where Euler's step would be longer than `tau_ms`."""
        if self.method == "euler":
            check_euler(self, "tau_ms", dt_ms)

    def initial(self, n: int) -> State:
        """At rest."""
        return self._begin(n, self.v_rest)

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Leak and input, spike, reset."""
        gone = share(self.tau_ms, dt_ms, self.method)
        drive = self.v_rest + self.resistance * current
        return self._fire(state, lambda v: v + gone * (drive - v), self.threshold, dt_ms)


@dataclass(frozen=True, eq=False, kw_only=True)
class IF(Firing):
    """Integrate and fire without leak. State: `v`, `fired`, `held`; it begins at `v_reset`.
    `resistance` is per ms.
    """

    resistance: Real = 1.0

    def initial(self, n: int) -> State:
        """At the reset."""
        return self._begin(n, self.v_reset)

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Input, spike, reset."""
        rise = dt_ms * self.resistance * current
        return self._fire(state, lambda v: v + rise, self.threshold, dt_ms)


@dataclass(frozen=True, eq=False, kw_only=True)
class LI(Model):
    """Leaky integrator: puts out its potential. State: `v`; it begins at `v_rest`."""

    spiking: ClassVar[bool] = False
    tau_ms: Positive = 20.0
    resistance: Real = 1.0
    v_rest: Real = 0.0
    method: Literal["exact", "euler"] = "exact"

    def check_dt(self, dt_ms: float) -> None:
        """ValueError where Euler's step would be longer than `tau_ms`."""
        if self.method == "euler":
            check_euler(self, "tau_ms", dt_ms)

    def initial(self, n: int) -> State:
        """At rest."""
        return {"v": filled(n, self.v_rest)}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Leak and input."""
        gone = share(self.tau_ms, dt_ms, self.method)
        v = state["v"] + gone * (self.v_rest + self.resistance * current - state["v"])
        return {"v": v}, v


@dataclass(frozen=True, eq=False, kw_only=True)
class Integrator(Model):
    """Sum of what came in: puts out its potential. State: `v`; it begins at 0. `resistance` is per
    ms.
    """

    spiking: ClassVar[bool] = False
    resistance: Real = 1.0

    def initial(self, n: int) -> State:
        """Zero."""
        return {"v": filled(n)}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Input."""
        v = state["v"] + dt_ms * self.resistance * current
        return {"v": v}, v
