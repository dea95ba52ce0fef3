r"""Integrate and fire, with and without leak, with and without spikes.

    tau_ms * dv/dt = v_rest - v + resistance * current        LIF, LI
             dv/dt = resistance * current                     IF, Integrator

The current is constant within a step. With drive = v_rest + resistance * current the closed form
is

    v <- v + (1 - exp(-dt / tau_ms)) * (drive - v)            method "exact"
    v <- v + dt / tau_ms * (drive - v)                        method "euler", that of NIR, snnTorch
    v <- v + dt * resistance * current                        without leak: both methods

So a spike of weight w that arrives raises v by (1 - exp(-dt / tau_ms)) * resistance * w, and not by
w. For v <- beta * v + x, where it does raise v by x, take `LIF.from_beta`.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from sc_model.firing import approach
from sc_model.network.models.firing import Firing
from sc_model.network.models.model import Floats, Model, Parameter, Positive, Real, State, filled


def share(tau_ms: Parameter, dt_ms: float, method: str) -> Parameter:
    """The share of its distance to the drive that a leaky variable covers in a step, in [0, 1]."""
    ratio = dt_ms / np.asarray(tau_ms)
    # expm1 keeps all digits of a share that is small
    covered: Floats = ratio if method == "euler" else -np.expm1(-ratio)
    return covered


def check_euler(model: Model, name: str, dt_ms: float) -> None:
    """ValueError where a step is longer than the model's time constant of that name.

    Euler's method would overshoot the drive.
    """
    shortest = float(np.min(getattr(model, name)))
    # `from_beta` makes a time constant of dt / (1 - beta); for a beta of 0 it may be a rounding
    # error below dt
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
    tau_ms : time constant of the membrane, ms, > 0.
    resistance : potential to which a unit of current drives the membrane.
    v_rest : potential to which the membrane leaks.
    method : "exact" or "euler".
    threshold, v_reset, reset, reset_delay, refractory_ms : see `Firing`.
    """

    tau_ms: Positive = 20.0
    resistance: Real = 1.0
    v_rest: Real = 0.0
    method: Literal["exact", "euler"] = "exact"

    @classmethod
    def from_beta(cls, beta: ArrayLike, dt_ms: float, /, **others: Any) -> Self:
        """The model v <- beta * v + current, for steps of `dt_ms`.

        It has tau_ms = dt_ms / (1 - beta), resistance = 1 / (1 - beta) and Euler's method.
        ValueError unless 0 <= beta < 1; for a beta of 1 take `IF`.
        """
        betas = np.asarray(beta, dtype=np.float64)
        if not np.all((betas >= 0) & (betas < 1)):
            raise ValueError(
                f"{cls.__name__}.beta must be >= 0 and < 1, not {betas}; without leak take IF"
            )
        return cls(tau_ms=dt_ms / (1 - betas), resistance=1 / (1 - betas), method="euler", **others)

    def check_dt(self, dt_ms: float) -> None:
        """ValueError where a step of Euler's method would be longer than `tau_ms`."""
        if self.method == "euler":
            check_euler(self, "tau_ms", dt_ms)

    def initial(self, n: int) -> State:
        """At rest."""
        return self._begin(n, self.v_rest)

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Leak and input, spike, reset."""
        return self._leak_and_fire(state, current, self.threshold, dt_ms)

    def _leak_and_fire(
        self, state: State, current: Floats, threshold: Parameter, dt_ms: float
    ) -> tuple[State, Floats]:
        """One step with the threshold of that step; see `Firing._fire`."""
        covered = share(self.tau_ms, dt_ms, self.method)
        target = self.v_rest + self.resistance * current
        return self._fire(
            state, lambda v, drive: approach(v, drive, covered), target, threshold, dt_ms
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class IF(Firing):
    """Integrate and fire without leak. State: `v`, `fired`, `held`; it begins at `v_reset`.

    Parameters
    ----------
    resistance : rise of the potential for a unit of current, per ms.
    others : see `Firing`.
    """

    resistance: Real = 1.0

    def initial(self, n: int) -> State:
        """At the reset potential."""
        return self._begin(n, self.v_reset)

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Input, spike, reset."""
        rise = dt_ms * self.resistance * current
        return self._fire(state, operator.add, rise, self.threshold, dt_ms)


@dataclass(frozen=True, eq=False, kw_only=True)
class LI(Model):
    """Leaky integrator: its output is its potential. State: `v`; it begins at `v_rest`.

    Parameters
    ----------
    tau_ms, resistance, v_rest, method : see `LIF`.
    """

    spiking: ClassVar[bool] = False
    tau_ms: Positive = 20.0
    resistance: Real = 1.0
    v_rest: Real = 0.0
    method: Literal["exact", "euler"] = "exact"

    def check_dt(self, dt_ms: float) -> None:
        """ValueError where a step of Euler's method would be longer than `tau_ms`."""
        if self.method == "euler":
            check_euler(self, "tau_ms", dt_ms)

    def initial(self, n: int) -> State:
        """At rest."""
        return {"v": filled(n, self.v_rest)}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Leak and input."""
        covered = share(self.tau_ms, dt_ms, self.method)
        v = approach(state["v"], self.v_rest + self.resistance * current, covered)
        return {"v": v}, v


@dataclass(frozen=True, eq=False, kw_only=True)
class Integrator(Model):
    """Sum of its input over time; its output is its potential. State: `v`; it begins at 0.

    Parameters
    ----------
    resistance : rise of the potential for a unit of current, per ms.
    """

    spiking: ClassVar[bool] = False
    resistance: Real = 1.0

    def initial(self, n: int) -> State:
        """At 0."""
        return {"v": filled(n)}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Add the input."""
        v = state["v"] + dt_ms * self.resistance * current
        return {"v": v}, v
