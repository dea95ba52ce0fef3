"""Recordings of a run: spikes, state, rates. What they hold grows with time, unlike the network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from sc_model.checks import integer, positive_number
from sc_model.network.csr import Ints
from sc_model.network.models.model import Floats
from sc_model.network.population import Population
from sc_model.spec.errors import did_you_mean


class Monitor(ABC):
    """Something that looks at a population after each step."""

    def __init__(self, population: Population) -> None:
        if not isinstance(population, Population):
            raise TypeError(
                f"population must be a Population, not {population!r} ({type(population).__name__})"
            )
        self.population = population
        self.reset()

    @abstractmethod
    def reset(self) -> None:
        """Forget everything."""

    @abstractmethod
    def record(self, step: int, dt_ms: float) -> None:
        """Look at what step 0, 1, ... has left."""


class SpikeMonitor(Monitor):
    """Who spiked when.

    Members
    -------
    steps, neurons : int64, one a spike, in order.
    times_ms : float64; the end of the step, or where a model knows better (`HodgkinHuxleyNeuron`) within
        it.
    counts : spikes of each neuron.
    """

    def reset(self) -> None:
        """Forget everything."""
        self._neurons: list[Ints] = []
        self._steps: list[Ints] = []
        self._times: list[Floats] = []

    def record(self, step: int, dt_ms: float) -> None:
        """This step's spikes."""
        fired = np.flatnonzero(self.population.spikes)
        if len(fired):
            self._neurons.append(fired)
            self._steps.append(np.full(len(fired), step))
            crossing = self.population.state.get("crossing")
            within = np.ones(len(fired)) if crossing is None else crossing[fired]
            self._times.append((step + within) * dt_ms)

    @property
    def neurons(self) -> Ints:
        """Who."""
        return np.concatenate([np.empty(0, dtype=np.int64), *self._neurons])

    @property
    def steps(self) -> Ints:
        """In which step, from 0."""
        return np.concatenate([np.empty(0, dtype=np.int64), *self._steps])

    @property
    def times_ms(self) -> Floats:
        """When."""
        return np.concatenate([np.empty(0), *self._times])

    @property
    def counts(self) -> Ints:
        """Spikes of each neuron, (n,)."""
        counts: Ints = np.bincount(self.neurons, minlength=self.population.n)
        return counts

    def of(self, neuron: int) -> Floats:
        """Spike times of one neuron, ms."""
        times: Floats = self.times_ms[self.neurons == neuron]
        return times


class StateMonitor(Monitor):
    """Values of state, every `every` steps.

    Parameters
    ----------
    population.
    names : fields of its state, or "output".
    every : steps, >= 1.
    neurons : which; all by default.

    Members
    -------
    `monitor[name]` : (recordings, neurons).
    steps : after which steps.
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
        known = [*population.state, "output"]
        for name in self.names:
            if name not in known:
                hint = did_you_mean(name, known) or f"; it has {', '.join(known)}"
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
        """Forget everything."""
        self._values: dict[str, list[Floats]] = {name: [] for name in self.names}
        self._steps: list[int] = []

    def record(self, step: int, dt_ms: float) -> None:
        """The values now."""
        if step % self.every == 0:
            self._steps.append(step)
            for name, values in self._values.items():
                source = self.population.output if name == "output" else self.population.state[name]
                values.append(source[self._which].copy())

    @property
    def steps(self) -> Ints:
        """Numbers of the steps recorded."""
        return np.array(self._steps, dtype=np.int64)

    def __getitem__(self, name: str) -> Floats:
        values = self._values[name]
        return (
            np.array(values)
            if values
            else np.empty((0, len(np.arange(self.population.n)[self._which])))
        )


class RateMonitor(Monitor):
    """Mean rate of a population in windows of time.

    Parameters
    ----------
    population.
    window_ms : > 0, rounded to steps.

    Members
    -------
    rates_hz : one a full window, spikes per neuron and second.
    """

    def __init__(self, population: Population, window_ms: float = 10.0) -> None:
        self.window_ms = positive_number("window_ms", window_ms)
        super().__init__(population)

    def reset(self) -> None:
        """Forget everything."""
        self._rates: list[float] = []
        self._spikes = self._steps = 0

    def record(self, step: int, dt_ms: float) -> None:
        """Count."""
        self._spikes += int(self.population.spikes.sum())
        self._steps += 1
        window = max(1, round(self.window_ms / dt_ms))
        if self._steps == window:
            self._rates.append(1000.0 * self._spikes / (self.population.n * window * dt_ms))
            self._spikes = self._steps = 0

    @property
    def rates_hz(self) -> Floats:
        """Of each full window."""
        return np.array(self._rates, dtype=np.float64)
