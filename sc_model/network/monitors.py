"""Recordings of a run: spikes, state, rates. Their memory grows with time, unlike the network's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from sc_model.checks import instance, integer, positive_number
from sc_model.network.csr import Ints
from sc_model.network.models.model import Floats
from sc_model.network.population import Population
from sc_model.spec.errors import did_you_mean


class Monitor(ABC):
    """Records something of a population after each step.

    Parameters
    ----------
    population : must be in the network to which the monitor is added.
    """

    def __init__(self, population: Population) -> None:
        self.population = instance("population", population, Population)
        self.reset()

    @abstractmethod
    def reset(self) -> None:
        """Forget all recordings."""

    @abstractmethod
    def record(self, step: int, dt_ms: float) -> None:
        """Record the population after step 0, 1, ... of `dt_ms`."""


class SpikeMonitor(Monitor):
    """Records neuron and time of each spike.

    Members
    -------
    neurons : int64 (spikes,), neuron of each spike.
    steps : int64 (spikes,), step of each spike, from 0; never falls.
    times_ms : float64 (spikes,), the end of that step. For a model that interpolates its spikes
        (`HodgkinHuxleyNeuron`) a time within the step.
    counts : int64 (n,), spikes of each neuron.
    """

    def reset(self) -> None:
        """Forget all recordings."""
        self._neurons: list[Ints] = []
        self._steps: list[Ints] = []
        self._times: list[Floats] = []

    def record(self, step: int, dt_ms: float) -> None:
        """Record the step's spikes."""
        fired = np.flatnonzero(self.population.spikes)
        if len(fired):
            self._neurons.append(fired)
            self._steps.append(np.full(len(fired), step))
            # the part of the step, in (0, 1], at which the potential crossed the threshold
            crossing = self.population.state.get("crossing")
            within = np.ones(len(fired)) if crossing is None else crossing[fired]
            self._times.append((step + within) * dt_ms)

    @property
    def neurons(self) -> Ints:
        """Neuron of each spike, (spikes,)."""
        return np.concatenate([np.empty(0, dtype=np.int64), *self._neurons])

    @property
    def steps(self) -> Ints:
        """Step of each spike, from 0, (spikes,)."""
        return np.concatenate([np.empty(0, dtype=np.int64), *self._steps])

    @property
    def times_ms(self) -> Floats:
        """Time of each spike, ms, (spikes,)."""
        return np.concatenate([np.empty(0), *self._times])

    @property
    def counts(self) -> Ints:
        """Number of spikes of each neuron, (n,)."""
        counts: Ints = np.bincount(self.neurons, minlength=self.population.n)
        return counts

    def of(self, neuron: int) -> Floats:
        """Spike times of that neuron, ms."""
        times: Floats = self.times_ms[self.neurons == neuron]
        return times


class StateMonitor(Monitor):
    """Records values of state at regular steps.

    Parameters
    ----------
    population : the neurons.
    names : one or more fields of its state, or "output".
    every : steps from one recording to the next, >= 1.
    neurons : numbers of the neurons to record; None: all.

    Members
    -------
    `monitor[name]` : float64 (recordings, neurons).
    steps : int64 (recordings,), steps after which the values were recorded.

    Raises ValueError for a name that the model has not, and for a neuron that is not there.
    """

    def __init__(
        self,
        population: Population,
        names: str | Sequence[str],
        every: int = 1,
        neurons: Sequence[int] | None = None,
    ) -> None:
        self.names = (names,) if isinstance(names, str) else tuple(names)
        self.every = integer("every", every)
        super().__init__(population)
        fields = [*population.state, "output"]
        for name in self.names:
            if name not in fields:
                hint = did_you_mean(name, fields) or f"; it has {', '.join(fields)}"
                raise ValueError(
                    f"names must be fields of {type(population.model).__name__}, not {name!r}{hint}"
                )
        self._which = (
            slice(None)
            if neurons is None
            else np.array([integer("neurons", each, 0) for each in neurons], dtype=np.int64)
        )
        if neurons is not None and np.any(np.asarray(neurons) >= population.n):
            raise ValueError(f"neurons must be < {population.n}, not {max(neurons)}")

    def reset(self) -> None:
        """Forget all recordings."""
        self._values: dict[str, list[Floats]] = {name: [] for name in self.names}
        self._steps: list[int] = []

    def record(self, step: int, dt_ms: float) -> None:
        """Record the values, in each step that `every` divides."""
        if step % self.every == 0:
            self._steps.append(step)
            for name, values in self._values.items():
                source = self.population.output if name == "output" else self.population.state[name]
                values.append(source[self._which].copy())

    @property
    def steps(self) -> Ints:
        """Numbers of the recorded steps, from 0, (recordings,)."""
        return np.array(self._steps, dtype=np.int64)

    def __getitem__(self, name: str) -> Floats:
        values = self._values[name]
        width = len(np.arange(self.population.n)[self._which])
        return np.array(values).reshape(-1, width)


class RateMonitor(Monitor):
    """Mean rate of a population in windows of time.

    Parameters
    ----------
    population : the neurons.
    window_ms : length of a window, ms, > 0; rounded to steps, at least one.

    Members
    -------
    rates_hz : float64 (full windows,), spikes per neuron and second.
    """

    def __init__(self, population: Population, window_ms: float = 10.0) -> None:
        self.window_ms = positive_number("window_ms", window_ms)
        super().__init__(population)

    def reset(self) -> None:
        """Forget all recordings."""
        self._rates: list[float] = []
        self._spikes = self._steps = 0

    def record(self, step: int, dt_ms: float) -> None:
        """Count the step's spikes."""
        self._spikes += int(self.population.spikes.sum())
        self._steps += 1
        window = max(1, round(self.window_ms / dt_ms))
        if self._steps == window:
            self._rates.append(1000.0 * self._spikes / (self.population.n * window * dt_ms))
            self._spikes = self._steps = 0

    @property
    def rates_hz(self) -> Floats:
        """Rate in each full window, Hz."""
        return np.array(self._rates, dtype=np.float64)
