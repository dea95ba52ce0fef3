r"""`HetSynLayer`: every synapse has a time constant of its own.

One step of `dt` milliseconds, for inputs x and spikes s::

    trace[j,i] <- exp(-dt / tau[j,i]) * trace[j,i] + x[i]
    v[j]       <- exp(-dt / leak_tau) * v[j] + sum_i weight[j,i] * trace[j,i]          (without leak_tau: v[j] + ...)
    s[j]        = v[j] >= threshold;   v[j] <- v[j] - threshold * s[j]

After HetSyn (NeurIPS 2025), heterogeneous synaptic integration; cortical time constants are spread
log-normally over decades.

Neurons don't feed back into traces. So `run` takes the synapses in blocks of rows that stay in the
cache and goes through all steps of a block before the next one; `step` goes through the same blocks
with the same operations, so both give the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import integer, positive_number, real_array
from sc_model.firing import IntegrateAndFire, Reset, decayed

Floats = NDArray[np.float64]

TAU_RANGE = (0.5, 100.0)  # ms, of the random draws
BLOCK = (
    1 << 15
    # Synapses in a block: trace, decay and weight are 768 KB together, for a second-level cache of 1 MB
)
CURRENTS = 1 << 22  # currents that `run` holds at a time (32 MB)
# A trace that nobody feeds would shrink into the subnormal numbers, where a CPU is some hundred
# times slower, and stay there. Every FLUSH steps what is below TINY becomes 0, which no sum with an
# input or a threshold can show.
FLUSH, TINY = 64, 1e-250


class HetSynLayer:
    """A dense layer in float64 whose time constants and weights are random draws of a seed.

    log(tau) is normal with mean log(`tau_mean`) and standard deviation `tau_std`, tau clipped to
    [0.5, 100] ms; weights are normal with standard deviation sqrt(2 / `n_inputs`). The same seed
    gives the same layer everywhere.

    Parameters
    ----------
    n_inputs, n_neurons : >= 1.
    tau_mean : ms, > 0.
    tau_std : >= 0.
    threshold : > 0.
    seed : in [0, 2^32).
    leak_tau : time constant of the membrane, ms; None (default) for a membrane that doesn't leak.

    Members
    -------
    tau (ms), weight, trace : shape (n_neurons, n_inputs); tau can't be written. potential : shape
    (n_neurons,).

    Raises TypeError for the wrong kind, ValueError for a value out of range.
    """

    def __init__(
        self,
        n_inputs: int,
        n_neurons: int,
        tau_mean: float = 5.0,
        tau_std: float = 1.0,
        threshold: float = 1.0,
        *,
        seed: int = 42,
        leak_tau: float | None = None,
    ) -> None:
        shape = (integer("n_neurons", n_neurons), integer("n_inputs", n_inputs))
        mean, spread = (
            positive_number("tau_mean", tau_mean),
            positive_number("tau_std", tau_std, zero=True),
        )
        if integer("seed", seed, 0) >= 1 << 32:
            raise ValueError(f"seed must be < 2^32, not {seed}")
        draws = np.random.RandomState(seed)  # the legacy generator, whose stream is frozen
        tau = np.clip(np.exp(np.log(mean) + spread * draws.standard_normal(shape)), *TAU_RANGE)
        self._begin(
            tau, draws.standard_normal(shape) * np.sqrt(2.0 / shape[1]), threshold, leak_tau
        )

    @classmethod
    def from_arrays(
        cls,
        tau: ArrayLike,
        weight: ArrayLike,
        threshold: float = 1.0,
        *,
        leak_tau: float | None = None,
    ) -> HetSynLayer:
        """A layer of given time constants (ms, > 0) and weights, both of shape (n_neurons,
        n_inputs), which are copied.
        """
        taus = real_array("tau", tau, ("n_neurons", "n_inputs"))
        if not taus.size:
            raise ValueError(
                f"tau must hold a neuron and an input at least, not shape {taus.shape}"
            )
        if taus.min() <= 0:
            raise ValueError(f"tau must be > 0 ms, not {float(taus.min())!r}")
        layer = cls.__new__(cls)
        layer._begin(
            taus.copy(), real_array("weight", weight, taus.shape).copy(), threshold, leak_tau
        )
        return layer

    def _begin(self, tau: Floats, weight: Floats, threshold: float, leak_tau: float | None) -> None:
        self.n_neurons, self.n_inputs = tau.shape
        self.threshold = positive_number("threshold", threshold)
        self.leak_tau = None if leak_tau is None else positive_number("leak_tau", leak_tau)
        self.tau = np.ascontiguousarray(tau)
        self.tau.flags.writeable = False  # its decay factors are kept
        self.weight = np.ascontiguousarray(weight)
        rows = max(1, BLOCK // self.n_inputs)
        self._blocks = [slice(first, first + rows) for first in range(0, self.n_neurons, rows)]
        self._decay_of: tuple[float, Floats] | None = None
        self.reset()

    @property
    def tau_stats(self) -> dict[str, float]:
        """Mean, standard deviation, least, greatest and median time constant, ms."""
        statistics: dict[str, Any] = {
            "mean": np.mean,
            "std": np.std,
            "min": np.min,
            "max": np.max,
            "median": np.median,
        }
        return {name: float(of(self.tau)) for name, of in statistics.items()}

    def reset(self) -> None:
        """Traces and potentials to 0."""
        self.trace = np.zeros((self.n_neurons, self.n_inputs))
        self.potential = np.zeros(self.n_neurons)
        self._steps = 0

    def step(self, x: ArrayLike, dt: float = 1.0) -> Floats:
        """One step of `dt` ms with inputs of shape (n_inputs,): spikes 0 or 1 of shape
        (n_neurons,).
        """
        spikes: Floats = self.run(real_array("x", x, (self.n_inputs,))[None, :], dt)[0]
        return spikes

    def run(self, inputs: ArrayLike, dt: float = 1.0) -> Floats:
        """T steps of `dt` ms each with inputs of shape (T, n_inputs): spikes 0 or 1 of shape (T,
        n_neurons).
        """
        given = real_array("inputs", inputs, ("T", self.n_inputs))
        length = positive_number("dt", dt)
        decay = self._decay(length)
        leak = 1.0 if self.leak_tau is None else float(np.exp(-length / self.leak_tau))
        spikes = np.empty((len(given), self.n_neurons))
        at_once = max(1, CURRENTS // self.n_neurons)
        for first in range(0, len(given), at_once):
            part = slice(first, first + at_once)
            self._fire(self._currents(given[part], decay), leak, spikes[part])
        return spikes

    def _decay(self, dt: float) -> Floats:
        if self._decay_of is None or self._decay_of[0] != dt:
            self._decay_of = dt, np.exp(-dt / self.tau)
        return self._decay_of[1]

    def _currents(self, inputs: Floats, decay: Floats) -> Floats:
        """What the synapses add to each potential, step by step, shape (T, n_neurons)."""
        currents = np.empty((len(inputs), self.n_neurons))
        for rows in self._blocks:
            trace, factors, weight, sums = (
                self.trace[rows],
                decay[rows],
                self.weight[rows],
                currents[:, rows],
            )
            for t, x in enumerate(inputs):
                np.multiply(trace, factors, out=trace)
                np.add(trace, x, out=trace)
                if (self._steps + t) % FLUSH == FLUSH - 1:
                    trace[np.abs(trace) < TINY] = 0.0
                np.einsum("ji,ji->j", weight, trace, out=sums[t])
        self._steps += len(inputs)
        return currents

    def _fire(self, currents: Floats, leak: float, spikes: Floats) -> None:
        """Integrate, compare, subtract, for currents (T, n_neurons); write the spikes into
        `spikes`, of the same shape.
        """
        neurons = IntegrateAndFire(
            lambda v, current: decayed(v, leak, current),
            lambda distance: (distance >= 0).astype(np.float64),
            self.threshold,
            Reset("subtract", "spike", self.threshold),
        )
        for t, current in enumerate(currents):
            after = neurons.step(self.potential, None, current)
            self.potential, spikes[t] = after.potential, after.spikes
