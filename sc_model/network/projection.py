r"""`Projection`: synapses from one population to another, with delays.

    current[j](t) = sum over synapses k from i to j of  weight[k] * x[i](t - delay[k])

for outputs x of the source: spikes, or any numbers. Delays are in *steps*, rounded to the nearest
(halves to even, as `numpy.rint` does) and never truncated: 3.999 is 4.

Currents that have not arrived yet wait in a ring of max_delay + 1 slots of n_target currents, so
memory grows neither with time nor with spikes. Where few synapses deliver in a step, each is added
to the ring on its own. Where many do, the synapses of the sources that fired form a sparse matrix
from sources to (delay, target), and one product with it is added.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from sc_model.checks import instance, integer, positive_number, real_array, wrong_kind
from sc_model.network.csr import Csr, Ints, ranges
from sc_model.network.models.model import Floats, State
from sc_model.network.population import Population, check_label
from sc_model.network.stdp import STDP
from sc_model.network.topology import connect


class Projection:
    """Weighted, delayed synapses, stored in compressed sparse rows (`sc_model.network.csr`).

    Parameters
    ----------
    source, target : populations; may be the same one.
    weight : one number for all synapses; or an array with one for each, in CSR order; or a function
        of (random generator, number of synapses) that returns such an array. With "all_to_all" and
        "explicit" also a matrix (n_source, n_target), with "explicit" also a SciPy sparse one.
    delay : steps, >= 0: one number for all synapses, or an array with one for each, in CSR order.
        For "all_to_all" that order is by source, then by target: `delays.T.ravel()` of a PyTorch
        layer's matrix (out, in).
    probability : of a synapse between two neurons, in [0, 1]; used by topology "random" only.
    topology : "random", "all_to_all", "one_to_one" or "explicit" (`sc_model.network.topology`).
    plasticity : an `STDP` that changes the weights, or None.
    seed : of the random generator for topology and weights, an integer >= 0.
    max_delay : longest delay that the ring has room for, steps; None: the longest one given.
    label : name in a network, without '/'; None: the network chooses one.

    Members
    -------
    delay_mode : "none" (no delay), "uniform" (one for all) or "per_synapse".
    max_delay : steps.
    size : number of synapses.
    weights : float64 (size,), in CSR order; may be written into at any time, and assigned to.
    indptr, indices : arrays of the CSR; read-only.
    delay_steps : int64 (size,), in CSR order.

    Raises TypeError for the wrong kind; ValueError for values that are out of range and for lengths
    that do not fit.
    """

    def __init__(
        self,
        source: Population,
        target: Population,
        weight: Any,
        delay: ArrayLike = 0.0,
        *,
        probability: float = 1.0,
        topology: str = "random",
        plasticity: STDP | None = None,
        seed: int = 42,
        max_delay: int | None = None,
        label: str | None = None,
    ) -> None:
        self.source = instance("source", source, Population)
        self.target = instance("target", target, Population)
        if plasticity is not None and not isinstance(plasticity, STDP):
            raise wrong_kind("plasticity", "an STDP or None", plasticity)
        if label is not None:
            check_label(label)
        self.plasticity, self.label = plasticity, label
        rng = np.random.default_rng(integer("seed", seed, 0))
        csr, weights = connect(topology, source.n, target.n, probability, weight, rng)
        steps = delays_in_steps(delay, csr.size)
        longest = int(steps.max(initial=0))
        self.max_delay = longest if max_delay is None else integer("max_delay", max_delay, 0)
        if steps.ndim:
            self.delay_mode = "per_synapse"
        else:
            self.delay_mode = "uniform" if longest else "none"
        self._check_delays(steps)
        self._store(csr, weights, steps)
        self.reset()

    def __repr__(self) -> str:
        return (
            f"Projection({self.source.label!r} -> {self.target.label!r}, {self.size} synapses,"
            f" delay_mode={self.delay_mode!r}, max_delay={self.max_delay})"
        )

    def _check_delays(self, steps: Ints) -> None:
        """ValueError for a delay that the ring has no room for."""
        longest = int(steps.max(initial=0))
        if longest > self.max_delay:
            raise ValueError(f"delay must be <= max_delay ({self.max_delay} steps), not {longest}")

    def _store(self, csr: Csr, weights: Floats, steps: Ints) -> None:
        """Take these synapses; make the matrix from sources to slots of the ring."""
        self.csr, self._weights, self._steps = csr, weights, steps
        self._by_delay: tuple[Ints, Ints] | None = None  # only plasticity needs it, see `arriving`
        # the column of a synapse is its target, or with a delay of its own its (delay, target)
        columns = (
            steps * csr.n_target + csr.indices if self.delay_mode == "per_synapse" else csr.indices
        )
        width = csr.n_target * (self.max_delay + 1 if self.delay_mode == "per_synapse" else 1)
        # 32-bit indices halve what SciPy's products read of the index arrays
        narrow = np.int32 if max(width, csr.size) < 2**31 else np.int64
        shape = (csr.n_source, width)
        self._to_slots = sparse.csr_array(
            (weights, columns.astype(narrow), csr.indptr.astype(narrow)), shape=shape, copy=False
        )

    def replace(
        self,
        indptr: ArrayLike,
        indices: ArrayLike,
        weights: ArrayLike,
        delay_steps: ArrayLike | None = None,
    ) -> None:
        """Put other synapses in place of these; currents that are on their way still arrive.

        Parameters
        ----------
        indptr : (n_source + 1,), see `sc_model.network.csr`.
        indices : (size,), targets, rising within each row.
        weights : (size,).
        delay_steps : (size,), each <= max_delay. Must be given with `delay_mode` "per_synapse", and
            only then; otherwise the delay stays as it is.

        Raises ValueError for arrays that do not fit.
        """
        csr = Csr(indptr, indices, self.source.n, self.target.n)
        values = real_array("weights", weights, (csr.size,)).copy()
        if (delay_steps is None) == (self.delay_mode == "per_synapse"):
            value = "given" if delay_steps is None else "None"
            raise ValueError(f"delay_steps must be {value} with delay_mode {self.delay_mode!r}")
        steps = (
            self._steps
            if delay_steps is None
            else delays_in_steps(real_array("delay_steps", delay_steps, ("n",)), csr.size)
        )
        self._check_delays(steps)
        self._store(csr, values, steps)

    @property
    def size(self) -> int:
        """Number of synapses."""
        return self.csr.size

    @property
    def indptr(self) -> Ints:
        """Number of each source's first synapse, int64 (n_source + 1,)."""
        return self.csr.indptr

    @property
    def indices(self) -> Ints:
        """Target neuron of each synapse, int64 (size,)."""
        return self.csr.indices

    @property
    def delay_steps(self) -> Ints:
        """Delay of each synapse, steps, int64 (size,)."""
        return np.broadcast_to(self._steps, (self.size,)).copy()

    def delay_of(self, synapses: Ints | slice) -> Ints:
        """Delays of these synapses, steps; one for all unless `delay_mode` is "per_synapse"."""
        return self._steps[synapses] if self._steps.ndim else self._steps

    @property
    def weights(self) -> Floats:
        """Weights, float64 (size,): the array itself, not a copy."""
        return self._weights

    @weights.setter
    def weights(self, values: ArrayLike) -> None:
        self._weights[:] = real_array("weights", values, (self.size,))

    def arriving(self, history: Floats) -> Ints:
        """Numbers of the synapses at which something arrives in this step.

        `history` has the outputs of the source in the last steps, latest first, shape (max_delay +
        1, n_source).
        """
        ages, sources = np.nonzero(history)
        slots = self.max_delay + 1
        if not self._steps.ndim:
            return self.csr.leaving(sources[ages == self._steps])
        if self._by_delay is None:
            # synapses sorted by (source, delay): those of one pair are then a range
            keys = self.csr.sources * slots + self._steps
            order = np.argsort(keys, kind="stable")
            self._by_delay = (
                np.searchsorted(keys[order], np.arange(self.source.n * slots + 1)),
                order,
            )
        starts, order = self._by_delay
        keys = sources * slots + ages
        return order[ranges(starts[keys], starts[keys + 1])]

    def dense(self) -> Floats:
        """Weights as a matrix (n_source, n_target), with 0 where there is no synapse."""
        matrix = np.zeros((self.source.n, self.target.n))
        matrix[self.csr.sources, self.indices] = self.weights
        return matrix

    def reset(self) -> None:
        """Remove the currents on their way and the memory of plasticity. Weights stay."""
        self._ring = np.zeros((self.max_delay + 1, self.target.n))
        self._now = 0
        self._memory: State = {} if self.plasticity is None else self.plasticity.begin(self)

    def propagate(self, spikes: ArrayLike) -> Floats:
        """One step: send an output of the source; the currents that arrive in this step.

        Parameters
        ----------
        spikes : (n_source,), output of the source; any numbers.

        Returns
        -------
        currents : float64 (n_target,).
        """
        x = np.asarray(spikes, dtype=np.float64)
        if x.shape != (self.source.n,):
            raise ValueError(f"spikes must have shape ({self.source.n},), not {x.shape}")
        fired = np.flatnonzero(x)
        if len(fired):
            self._send(x, fired)
        currents: Floats = self._ring[self._now].copy()
        self._ring[self._now] = 0.0
        self._now = (self._now + 1) % (self.max_delay + 1)
        return currents

    def _send(self, x: Floats, fired: Ints) -> None:
        """Add the currents of the sources `fired`, whose outputs are in `x`, to the ring."""
        n_target, slots = self.target.n, self._to_slots
        first = (self._now + (0 if self._steps.ndim else int(self._steps))) % (self.max_delay + 1)
        counts = self.indptr[fired + 1] - self.indptr[fired]
        # a product touches every column of the matrix at least once; fewer synapses than that are
        # faster one by one
        if counts.sum() < slots.shape[1]:
            k = self.csr.leaving(fired)
            ring = self._ring.ravel()
            place = slots.indices[k] + np.int64(first * n_target)
            place[place >= ring.size] -= ring.size
            np.add.at(ring, place, self._weights[k] * np.repeat(x[fired], counts))
            return
        # taking rows out of the matrix pays where less than half of the sources fired
        currents = slots.T @ x if 2 * len(fired) > len(x) else slots[fired].T @ x[fired]
        currents = currents.reshape(-1, n_target)
        # the ring ends there and goes on at 0
        before_end = min(len(currents), len(self._ring) - first)
        self._ring[first : first + before_end] += currents[:before_end]
        self._ring[: len(currents) - before_end] += currents[before_end:]

    def learn(self, delivered: ArrayLike, dt_ms: float) -> None:
        """One step of plasticity, if there is any, after the step of the target.

        `delivered` (n_source,) is the argument of this step's `propagate`.
        """
        if self.plasticity is not None:
            output = real_array("delivered", delivered, (self.source.n,))
            length = positive_number("dt_ms", dt_ms)
            self._memory = self.plasticity.step(self._memory, self, output, length)

    def state_dict(self) -> dict[str, Any]:
        """Synapses, currents on their way and memory of plasticity, as copies of plain arrays."""
        state = {
            "indptr": self.indptr.copy(),
            "indices": self.indices.copy(),
            "weights": self._weights.copy(),
            # from the next slot on: equal states are equal arrays, wherever the ring stands
            "on_its_way": np.roll(self._ring, -self._now, axis=0),
            **{f"plasticity.{name}": array.copy() for name, array in self._memory.items()},
        }
        if self.delay_mode == "per_synapse":
            state["delay_steps"] = self.delay_steps
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take the state that `state_dict` gave. ValueError for arrays that do not fit."""
        ring = real_array("on_its_way", state["on_its_way"], self._ring.shape)
        memory = {
            name: real_array(name, state[f"plasticity.{name}"], old.shape).copy()
            for name, old in self._memory.items()
        }
        self.replace(state["indptr"], state["indices"], state["weights"], state.get("delay_steps"))
        self._ring, self._now, self._memory = ring.copy(), 0, memory


def delays_in_steps(delay: ArrayLike, size: int) -> Ints:
    """Delays rounded to steps, int64 of shape () or (size,).

    ValueError for another number of delays than `size`, and for a negative one.
    """
    delays = np.asarray(delay)
    if delays.ndim == 1 and len(delays) != size:
        raise ValueError(
            f"delay must hold one number for each of the {size} synapses, in CSR order, not"
            f" {len(delays)}"
        )
    values = real_array("delay", delays, (size,) if delays.ndim else ())
    steps: Ints = np.rint(values).astype(np.int64)
    if size and np.any(steps < 0):
        raise ValueError(f"delay must be >= 0 steps, not {float(values.min())!r}")
    return steps
