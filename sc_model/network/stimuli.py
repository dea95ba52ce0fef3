"""Stimuli: currents, spikes at given times and Poisson spikes that drive a population.

A stimulus adds to the current of its target. A `Relay` population makes a spiking input of it; any
other model integrates it as an injected current. A stimulus depends on its parameters and the
number of the step alone. So it has no state, and a run that goes on from a saved state gets the
same stimulus.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike

from sc_model.checks import instance, integer, positive_number, real_array
from sc_model.network.models.model import Floats
from sc_model.network.population import Population


class Stimulus(ABC):
    """Current into a population.

    Parameters
    ----------
    target : must be in the network to which the stimulus is added.
    """

    def __init__(self, target: Population) -> None:
        self.target = instance("target", target, Population)

    def check_dt(self, dt_ms: float) -> None:  # noqa: B027 (most stimuli have no limit)
        """ValueError where the stimulus needs shorter steps than `dt_ms`."""

    @abstractmethod
    def current(self, step: int, dt_ms: float) -> Floats:
        """Current of each neuron in step 0, 1, ..., float64 (n,)."""


class CurrentStimulus(Stimulus):
    """A current that is constant, or has a value for each step.

    Parameters
    ----------
    target : population.
    current : one number, or (n,) with one for each neuron, or (steps, n) with one row for each step
        from `start_step` on.
    start_step : first step of the current, >= 0.
    stop_step : first step without it; None: it never stops, or stops after its last row.
    """

    def __init__(
        self,
        target: Population,
        current: ArrayLike,
        start_step: int = 0,
        stop_step: int | None = None,
    ) -> None:
        super().__init__(target)
        shape: tuple[int | str, ...] = ((), (target.n,), ("steps", target.n))[
            min(np.ndim(current), 2)
        ]
        self._current = real_array("current", current, shape).copy()
        self.start_step = integer("start_step", start_step, 0)
        self.stop_step = (
            None if stop_step is None else integer("stop_step", stop_step, self.start_step)
        )
        self._none = np.zeros(target.n)

    def current(self, step: int, dt_ms: float) -> Floats:
        """The current, or 0 before `start_step` and after its end."""
        since = step - self.start_step
        if since < 0 or (self.stop_step is not None and step >= self.stop_step):
            return self._none
        if self._current.ndim < 2:
            return np.broadcast_to(self._current, (self.target.n,))
        return self._current[since] if since < len(self._current) else self._none


class SpikeStimulus(Stimulus):
    """Spikes at given times.

    Parameters
    ----------
    target : population.
    steps, neurons : (spikes,), step and neuron of each spike, integers >= 0; two spikes of one
        neuron in a step add up.
    weight : current of a spike.
    """

    def __init__(
        self, target: Population, steps: ArrayLike, neurons: ArrayLike, weight: float = 1.0
    ) -> None:
        super().__init__(target)
        when, who = (
            real_array("steps", steps, ("spikes",)),
            real_array("neurons", neurons, ("spikes",)),
        )
        if len(when) != len(who):
            raise ValueError(
                f"steps and neurons must be equally long, not {len(when)} and {len(who)}"
            )
        for what, values, below in (("steps", when, np.inf), ("neurons", who, target.n)):
            wrong = (values < 0) | (values >= below) | (values != np.rint(values))
            if wrong.any():
                bounds = ">= 0" if below == np.inf else f"from 0 to {below - 1}"
                raise ValueError(
                    f"{what} must be integers {bounds}, not {float(values[wrong][0])!r}"
                )
        order = np.argsort(when, kind="stable")
        self._steps, self._neurons = when[order].astype(np.int64), who[order].astype(np.int64)
        self._weight = float(real_array("weight", weight, ()))

    @classmethod
    def from_raster(
        cls, target: Population, raster: ArrayLike, weight: float = 1.0
    ) -> SpikeStimulus:
        """The stimulus with a spike for each element of an array (steps, n) that is not 0."""
        steps, neurons = np.nonzero(real_array("raster", raster, ("steps", target.n)))
        return cls(target, steps, neurons, weight)

    def current(self, step: int, dt_ms: float) -> Floats:
        """Weight times the number of spikes in this step."""
        first, last = np.searchsorted(self._steps, [step, step + 1])
        counts: Floats = np.bincount(self._neurons[first:last], minlength=self.target.n).astype(
            np.float64
        )
        return self._weight * counts


class PoissonStimulus(Stimulus):
    """Independent random spikes: one for a neuron and step with probability rate_hz * dt_ms / 1000.

    Parameters
    ----------
    target : population.
    rate_hz : one number or (n,), in [0, 1000 / dt_ms]: at most one spike a step.
    weight : current of a spike.
    seed : >= 0; the same seed gives the same spikes, so two stimuli need two seeds.
    """

    def __init__(
        self, target: Population, rate_hz: ArrayLike, weight: float = 1.0, seed: int = 42
    ) -> None:
        super().__init__(target)
        rates = real_array("rate_hz", rate_hz, ((target.n,) if np.ndim(rate_hz) else ()))
        if np.any(rates < 0):
            raise ValueError(f"rate_hz must be >= 0, not {float(rates.min())!r}")
        self.rate_hz, self.seed = rates.copy(), integer("seed", seed, 0)
        self._weight = float(real_array("weight", weight, ()))

    def check_dt(self, dt_ms: float) -> None:
        """ValueError where a rate is above one spike a step."""
        fastest = float(np.max(self.rate_hz))
        if fastest * dt_ms > 1000:
            raise ValueError(
                f"rate_hz must be <= a spike a step ({1000 / dt_ms:g} Hz), not {fastest:g}; take a"
                " shorter dt_ms"
            )

    def current(self, step: int, dt_ms: float) -> Floats:
        """The weight for each neuron with a spike, otherwise 0."""
        # Philox is a function of key and counter. The step is the counter's highest word, so the
        # numbers of all steps differ, and a step's do not depend on the steps before.
        philox = np.random.Philox(key=self.seed, counter=[0, 0, 0, step])
        numbers = np.random.Generator(philox).random(self.target.n)
        return np.where(
            numbers < self.rate_hz * positive_number("dt_ms", dt_ms) / 1000.0, self._weight, 0.0
        )
