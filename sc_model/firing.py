"""Integrate, compare, reset: one step of spiking neurons, for NumPy arrays and torch tensors alike.

Every floating-point neuron of this project fires by the text of `IntegrateAndFire.step`::

    v0 = v                                    with a reset of time "before": v reset by s_last
    v1 = integrate(v0, current)               with a reset of time "after": then reset by s_last
    v1 = v0                                   where the neuron is refractory
    s  = spike(v1 - threshold)                where it is not refractory, else 0
    v2 = v1                                   with a reset of time "spike": v1 reset by s

s_last are the spikes of the step before. A reset of v by spikes s is one of::

    zero      v (1 - s) + v_reset s
    subtract  v - (threshold - v_reset) s
    none      v

Both are products and not selections, so that a gradient can pass through s, and so that a smooth
function can stand in place of the step function. For finite v and s of 0 or 1 they give the same
bits as a selection: the products are exact.

The text uses operators, and functions of the package that the arrays come from. So this module
imports neither NumPy nor torch, and either kind of simulator can import it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

Array: TypeAlias = Any
"""A NumPy array or a torch tensor; all arrays of one call are of the same package."""

ResetKind = Literal["zero", "subtract", "none"]
ResetTime = Literal["before", "after", "spike"]


class Reset(NamedTuple):
    """What a spike does to the potential, and when.

    Members
    -------
    kind : "zero" sets the potential to `low`; "subtract" takes `drop` off it; "none" leaves it.
    time : "spike", in the step of the spike; or in the next step, "before" or "after" integration.
    drop : threshold - v_reset, in units of the potential; used by "subtract" only.
    low : v_reset, in units of the potential; None stands for 0 and saves the addition.
    """

    kind: ResetKind
    time: ResetTime
    drop: Array = None
    low: Array = None

    def apply(self, v: Array, fired: Array) -> Array:
        """The potentials `v` after a reset by the spikes `fired`, of the same shape."""
        if self.kind == "none":
            return v
        if self.kind == "subtract":
            return v - self.drop * fired
        rest = v * (1 - fired)
        return rest if self.low is None else rest + self.low * fired


class Fired(NamedTuple):
    """The result of a step; arrays have the shape of the potentials.

    Members
    -------
    potential : after the step, and after a reset of time "spike".
    spikes : what `spike` returned, 0 where a neuron is refractory.
    peak : the potential that was compared with the threshold.
    distance : peak - threshold.
    """

    potential: Array
    spikes: Array
    peak: Array
    distance: Array


class IntegrateAndFire(NamedTuple):
    """The equations of neurons that fire; they stay the same from step to step.

    Members
    -------
    integrate : from potentials and currents to potentials: leak and input of one step.
    spike : from distances to the threshold to spikes. A step function gives 0 and 1; in torch it
        is a surrogate, whose gradient stands for the step's.
    threshold : what the potential is compared with, in its units.
    reset : what a spike does to the potential.
    detach : applied to the spikes that a reset uses; `torch.Tensor.detach` lets no gradient pass
        through resets (Zenke & Vogels 2021, doi:10.1162/neco_a_01367). None: nothing.
    limit : applied to a potential before the comparison, such as a saturation; None: nothing.
    """

    integrate: Callable[[Array, Array], Array]
    spike: Callable[[Array], Array]
    threshold: Array
    reset: Reset
    detach: Callable[[Array], Array] | None = None
    limit: Callable[[Array], Array] | None = None

    def step(self, v: Array, last: Array, current: Array, resting: Array | None = None) -> Fired:
        """One step of neurons with potentials `v`.

        Parameters
        ----------
        v : potentials after the step before, any shape.
        last : spikes of the step before; not looked at with a reset of time "spike".
        current : the second argument of `integrate`.
        resting : booleans, True where a neuron is refractory; None where no neuron ever is.
        """
        detach, reset = self.detach, self.reset
        if detach is not None and reset.time != "spike":
            last = detach(last)
        if reset.time == "before":
            v = reset.apply(v, last)
        peak = self.integrate(v, current)
        if reset.time == "after":
            peak = reset.apply(peak, last)
        if self.limit is not None:
            peak = self.limit(peak)
        if resting is not None:
            peak = _package_of(peak).where(resting, v, peak)
        distance = peak - self.threshold
        spikes = self.spike(distance)
        if resting is not None:
            spikes = spikes * ~resting
        potential = peak
        if reset.time == "spike":
            potential = reset.apply(peak, spikes if detach is None else detach(spikes))
        return Fired(potential, spikes, peak, distance)


def approach(v: Array, target: Array, share: Array) -> Array:
    """`v` after a step in which it has gone `share` (0 to 1) of the way to `target`.

    With share = 1 - exp(-dt / tau) that is the exact solution of tau dv/dt = target - v for a
    target that is constant in the step; with share = dt / tau it is Euler's method.
    """
    return v + share * (target - v)


def decayed(v: Array, leak: Array, current: Array) -> Array:
    """`v` after a step in which `leak` (0 to 1) of it is left and `current` is added."""
    return leak * v + current


def countdown(remaining: Array, spikes: Array, pause: Array) -> Array:
    """Refractory steps that are left: `pause` after a spike, otherwise one fewer, and at least 0.

    Parameters
    ----------
    remaining : steps that were left before this step.
    spikes : of this step.
    pause : length of the refractory period in steps, a number or an array.
    """
    package = _package_of(remaining)
    return package.where(spikes > 0, pause, package.clip(remaining - 1, 0, None))


def _package_of(array: Array) -> Any:
    """The module `numpy` or `torch`: the package that defines the array's class."""
    return sys.modules[type(array).__module__.partition(".")[0]]
