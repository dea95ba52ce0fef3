r"""Leaky integrate-and-fire neurons with a synaptic current (CUBA), in NIR's order of a step.

    tau_syn_ms * di/dt = -i + w_in * current
    tau_ms     * dv/dt = v_rest - v + resistance * i

By Euler's method, i first, and v from the new i::

    i <- i + dt / tau_syn_ms * (w_in * current - i)
    v <- v + dt / tau_ms * (v_rest + resistance * i - v)

snnTorch's Synaptic is syn <- alpha * syn + x; mem <- beta * mem + syn. In these terms it has
tau_syn_ms = dt / (1 - alpha), w_in = 1 / (1 - alpha), tau_ms = dt / (1 - beta) and
resistance = 1 / (1 - beta).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sc_model.firing import approach
from sc_model.network.models.firing import Firing
from sc_model.network.models.leaky import check_euler
from sc_model.network.models.model import Floats, Model, Positive, Real, State, filled


@dataclass(frozen=True, eq=False, kw_only=True)
class CubaLIF(Firing):
    """LIF with a synaptic current. State: `i`, `v`, `fired`, `held`; it begins at rest.

    Parameters
    ----------
    tau_syn_ms, tau_ms : time constants of current and membrane, ms, > 0.
    resistance : potential to which a unit of synaptic current drives the membrane.
    v_rest : potential to which the membrane leaks; it begins there, with i = 0.
    w_in : gain of the input.
    others : see `Firing`. The current of a refractory neuron goes on.
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
        """At rest, without current."""
        return {"i": filled(n), **self._begin(n, self.v_rest)}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Synaptic current, leak and input, spike, reset."""
        i = approach(state["i"], self.w_in * current, dt_ms / self.tau_syn_ms)
        target, share = self.v_rest + self.resistance * i, dt_ms / self.tau_ms
        fired, spikes = self._fire(
            state, lambda v, drive: approach(v, drive, share), target, self.threshold, dt_ms
        )
        return {"i": i, **fired}, spikes


@dataclass(frozen=True, eq=False, kw_only=True)
class CubaLI(Model):
    """The same without spikes: its output is its potential. State: `i`, `v`.

    Parameters
    ----------
    tau_syn_ms, tau_ms, resistance, v_rest, w_in : see `CubaLIF`.
    """

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
        """At rest, without current."""
        return {"i": filled(n), "v": filled(n, self.v_rest)}

    def step(self, state: State, current: Floats, dt_ms: float) -> tuple[State, Floats]:
        """Synaptic current, leak and input."""
        i = approach(state["i"], self.w_in * current, dt_ms / self.tau_syn_ms)
        v = approach(state["v"], self.v_rest + self.resistance * i, dt_ms / self.tau_ms)
        return {"i": i, "v": v}, v
