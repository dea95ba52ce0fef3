r"""Leaky integrate and fire behind a synaptic current (CUBA), in NIR's order.

    tau_syn_ms * di/dt = -i + w_in * current
    tau_ms     * dv/dt = v_rest - v + resistance * i

By Euler's method, i first, and v from the new i::

    i <- i + dt / tau_syn_ms * (w_in * current - i)
    v <- v + dt / tau_ms * (v_rest + resistance * i - v)

snnTorch's Synaptic is syn <- alpha * syn + x; mem <- beta * mem + syn: tau_syn_ms = dt / (1 -
alpha), w_in = 1 / (1 - alpha), tau_ms = dt / (1 - beta), resistance = 1 / (1 - beta).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sc_model.network.models.firing import Firing
from sc_model.network.models.leaky import check_euler
from sc_model.network.models.model import Floats, Model, Positive, Real, State, filled


@dataclass(frozen=True, eq=False, kw_only=True)
class CubaLIF(Firing):
    """LIF with a synaptic current. State: `i`, `v`, `fired`, `held`; it begins at `v_rest` without
    current.

    Parameters
    ----------
    tau_syn_ms, tau_ms : of current and membrane, > 0.
    w_in : gain of the input.
    resistance, v_rest : as LIF.
    threshold, v_reset, reset, reset_delay, refractory_ms : see `sc_model.network.models.firing`. A
        refractory neuron's current goes on.
    """

    tau_syn_ms: Positive = 5.0
    tau_ms: Positive = 20.0
    resistance: Real = 1.0
    v_rest: Real = 0.0
    w_in: Real = 1.0

    def check_dt(self, dt_ms: float) -> None:
        """ValueError where a step would be longer than a time constant."""
        check_euler(self, "tau_syn_ms", dt_ms)
        check_euler(self, "tau_ms", dt_ms)

    def initial(self, n: int) -> State:
        """At rest."""
        return {"i": filled(n), **self._begin(n, self.v_rest)}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Current, leak and input, spike, reset."""
        i = state["i"] + dt_ms / self.tau_syn_ms * (self.w_in * current - state["i"])
        gone, drive = dt_ms / self.tau_ms, self.v_rest + self.resistance * i
        firing, spikes = self._fire(state, lambda v: v + gone * (drive - v), self.threshold, dt_ms)
        return {"i": i, **firing}, spikes


@dataclass(frozen=True, eq=False, kw_only=True)
class CubaLI(Model):
    """The same without spikes: puts out its potential. State: `i`, `v`."""

    spiking: ClassVar[bool] = False
    tau_syn_ms: Positive = 5.0
    tau_ms: Positive = 20.0
    resistance: Real = 1.0
    v_rest: Real = 0.0
    w_in: Real = 1.0

    def check_dt(self, dt_ms: float) -> None:
        """ValueError where a step would be longer than a time constant."""
        check_euler(self, "tau_syn_ms", dt_ms)
        check_euler(self, "tau_ms", dt_ms)

    def initial(self, n: int) -> State:
        """At rest."""
        return {"i": filled(n), "v": filled(n, self.v_rest)}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Current, leak and input."""
        i = state["i"] + dt_ms / self.tau_syn_ms * (self.w_in * current - state["i"])
        v = state["v"] + dt_ms / self.tau_ms * (self.v_rest + self.resistance * i - state["v"])
        return {"i": i, "v": v}, v
