r"""`HetSynLayer`: every synapse has a time constant of its own.

One step of `dt` milliseconds, for inputs x and spikes s::

    trace[j,i] <- exp(-dt / tau[j,i]) * trace[j,i] + x[i]
    v[j]       <- leak * v[j] + sum_i weight[j,i] * trace[j,i]
    s[j]        = v[j] >= threshold
    v[j]       <- v[j] - threshold * s[j]

with leak = exp(-dt / leak_tau), or 1 without `leak_tau`. After HetSyn (NeurIPS 2025), heterogeneous
synaptic integration; cortical time constants are spread log-normally over decades.

No neuron feeds back into a trace. So `run` computes the synapses in blocks of rows that stay in the
cache: all steps of a block, then the next block. `step` goes through the same blocks with the same
operations, so both give the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import integer, positive_number, real_array
from sc_model.firing import IntegrateAndFire, Reset, decayed

Floats = NDArray[np.float64]

TAU_RANGE = (0.5, 100.0)  # ms, to which random time constants are clipped
# Synapses in a block: trace, decay and weight take 768 KB, for a second-level cache of 1 MB.
BLOCK = 1 << 15
CURRENTS = 1 << 22  # currents that `run` stores at a time (32 MB)
# A trace without input would decay into the subnormal numbers, where a CPU is some hundred times
# slower, and stay there. Every FLUSH steps a trace below TINY becomes 0. That is too small to
# change a sum with an input or a comparison with a threshold.
FLUSH, TINY = 64, 1e-250


class HetSynLayer:
    """A dense layer in float64 whose time constants and weights are random draws of a seed.

    log(tau) is normal with mean log(`tau_mean`) and standard deviation `tau_std`, tau clipped to
    [0.5, 100] ms; weights are normal with standard deviation sqrt(2 / `n_inputs`). The same seed
    gives the same layer everywhere.

    Parameters
    ----------
    n_inputs, n_neurons : sizes, >= 1.
    tau_mean : median of the time constants, and exp of the mean of log(tau), ms, > 0.
    tau_std : standard deviation of log(tau), >= 0.
    threshold : at which a neuron fires, > 0, in the unit of weight * trace.
    seed : of the random generator, in [0, 2^32).
    leak_tau : time constant of the membrane, ms, > 0; None: the membrane does not leak.

    Members
    -------
    tau : float64 (n_neurons, n_inputs), ms; read-only.
    weight : float64 (n_neurons, n_inputs).
    trace : float64 (n_neurons, n_inputs).
    potential : float64 (n_neurons,).

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
        # NumPy promises that the legacy generator's numbers never change
        draws = np.random.RandomState(seed)
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
        """A layer with copies of these time constants and weights.

        Parameters
        ----------
        tau : (n_neurons, n_inputs), ms, > 0.
        weight : (n_neurons, n_inputs).
        threshold, leak_tau : see `HetSynLayer`.
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
        """Store the layer's numbers and reset it."""
        self.n_neurons, self.n_inputs = tau.shape
        self.threshold = positive_number("threshold", threshold)
        self.leak_tau = None if leak_tau is None else positive_number("leak_tau", leak_tau)
        self.tau = np.ascontiguousarray(tau)
        self.tau.flags.writeable = False  # `_decay` keeps factors that are computed from it
        self.weight = np.ascontiguousarray(weight)
        rows = max(1, BLOCK // self.n_inputs)
        self._blocks = [slice(first, first + rows) for first in range(0, self.n_neurons, rows)]
        self._decay_of: tuple[float, Floats] | None = None
        self.reset()

    @property
    def tau_stats(self) -> dict[str, float]:
        """`mean`, `std`, `min`, `max` and `median` of the time constants, ms."""
        statistics: dict[str, Any] = {
            "mean": np.mean,
            "std": np.std,
            "min": np.min,
            "max": np.max,
            "median": np.median,
        }
        return {name: float(of(self.tau)) for name, of in statistics.items()}

    def reset(self) -> None:
        """Set traces and potentials to 0."""
        self.trace = np.zeros((self.n_neurons, self.n_inputs))
        self.potential = np.zeros(self.n_neurons)
        self._steps = 0

    def step(self, x: ArrayLike, dt: float = 1.0) -> Floats:
        """One step of `dt` ms with inputs (n_inputs,): spikes of 0 or 1, (n_neurons,)."""
        spikes: Floats = self.run(real_array("x", x, (self.n_inputs,))[None, :], dt)[0]
        return spikes

    def run(self, inputs: ArrayLike, dt: float = 1.0) -> Floats:
        """T steps of `dt` ms with inputs (T, n_inputs): spikes of 0 or 1, (T, n_neurons)."""
        rows = real_array("inputs", inputs, ("T", self.n_inputs))
        length = positive_number("dt", dt)
        decay = self._decay(length)
        leak = 1.0 if self.leak_tau is None else float(np.exp(-length / self.leak_tau))
        spikes = np.empty((len(rows), self.n_neurons))
        at_once = max(1, CURRENTS // self.n_neurons)
        for first in range(0, len(rows), at_once):
            part = slice(first, first + at_once)
            self._fire(self._currents(rows[part], decay), leak, spikes[part])
        return spikes

    def _decay(self, dt: float) -> Floats:
        """Decay factors of the traces in `dt` ms, (n_neurons, n_inputs); those of the last dt are
        kept.
        """
        if self._decay_of is None or self._decay_of[0] != dt:
            self._decay_of = dt, np.exp(-dt / self.tau)
        return self._decay_of[1]

    def _currents(self, inputs: Floats, decay: Floats) -> Floats:
        """What the synapses add to the potentials in each step, (T, n_neurons)."""
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
        """Integrate, compare, subtract, for currents (T, n_neurons).

        The spikes are written into `spikes`, of the same shape.
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
