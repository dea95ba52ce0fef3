r"""`Projection`: synapses from one population to another, with delays.

    current[j](t) = sum over synapses k from i to j of  weight[k] * x[i](t - delay[k])

for what the source puts out, x: spikes, or any numbers. Delays are in *steps*, rounded to the
nearest (half to even, `numpy.rint`), never cut: 3.999 is 4.

What is on its way waits in a ring of max_delay + 1 slots of n_target currents: memory does not grow
with time, nor with spikes. A step adds to it where few synapses have something to deliver, one by
one; where many have, the synapses of the sources that fired are a sparse matrix from sources to
(delay, target), and one product with it is added.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from sc_model.checks import integer, positive_number, real_array
from sc_model.network.csr import Csr, Ints, ranges
from sc_model.network.models.model import Floats, State
from sc_model.network.population import Population, check_label
from sc_model.network.stdp import STDP
from sc_model.network.topology import connect


class Projection:
    """Weighted, delayed connections, in compressed sparse rows: a row a source neuron.

    Parameters
    ----------
    source, target : populations; may be the same.
    weight : one number; an array or a function of (random generator, number of synapses), one
        number a synapse in CSR order; with "all_to_all" and "explicit" also a matrix (n_source,
        n_target), with "explicit" also a SciPy sparse one.
    delay : in steps. 0 (default): none, one number: that for all, an array: one a synapse in CSR
        order. For "all_to_all" that is by source, then by target: `delays.T.ravel()` of a PyTorch
        layer's (out, in).
    probability : of a connection, with "random".
    topology : "random", "all_to_all", "one_to_one" or "explicit" (`sc_model.network.topology`).
    plasticity : an `STDP`, or None.
    seed : of topology and weights, an integer >= 0.
    max_delay : steps that the ring is made for; None (default) for the longest delay.
    label : its name in a network; None (default) to be given one there.

    Members
    -------
    delay_mode : "none", "uniform" or "per_synapse".
    max_delay : steps.
    size : number of synapses.
    weights : float64 (size,), in CSR order; may be written into at any time, and assigned to.
    indptr, indices : of the CSR; read-only.
    delay_steps : int64 (size,).

    Raises TypeError for the wrong kind, ValueError for values or lengths that don't fit, with both.
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
        for what, given in (("source", source), ("target", target)):
            if not isinstance(given, Population):
                raise TypeError(
                    f"{what} must be a Population, not {given!r} ({type(given).__name__})"
                )
        if plasticity is not None and not isinstance(plasticity, STDP):
            raise TypeError(
                f"plasticity must be an STDP or None, not {plasticity!r}"
                f" ({type(plasticity).__name__})"
            )
        if label is not None:
            check_label(label)
        self.source, self.target, self.plasticity, self.label = source, target, plasticity, label
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
        self._hold(csr, weights, steps)
        self.reset()

    def __repr__(self) -> str:
        return (
            f"Projection({self.source.label!r} -> {self.target.label!r}, {self.size} synapses,"
            f" delay_mode={self.delay_mode!r}, max_delay={self.max_delay})"
        )

    def _check_delays(self, steps: Ints) -> None:
        longest = int(steps.max(initial=0))
        if longest > self.max_delay:
            raise ValueError(f"delay must be <= max_delay ({self.max_delay} steps), not {longest}")

    def _hold(self, csr: Csr, weights: Floats, steps: Ints) -> None:
        self.csr, self._weights, self._steps = csr, weights, steps
        self._by_delay: tuple[Ints, Ints] | None = None  # of plasticity alone, so made when it asks
        # a synapse's column is its target, or with delays of its own its (delay, target)
        columns = (
            steps * csr.n_target + csr.indices if self.delay_mode == "per_synapse" else csr.indices
        )
        width = csr.n_target * (self.max_delay + 1 if self.delay_mode == "per_synapse" else 1)
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
        """Other synapses in place of these: CSR arrays, targets rising within each row.

        With `delay_mode` "per_synapse" `delay_steps` must be given, one a synapse, and none above
        `max_delay`; otherwise not, the delay stays. What is on its way arrives still.
        """
        csr = Csr(indptr, indices, self.source.n, self.target.n)
        given = real_array("weights", weights, (csr.size,)).copy()
        if (delay_steps is None) == (self.delay_mode == "per_synapse"):
            wanted = "given" if delay_steps is None else "None"
            raise ValueError(f"delay_steps must be {wanted} with delay_mode {self.delay_mode!r}")
        steps = (
            self._steps
            if delay_steps is None
            else delays_in_steps(real_array("delay_steps", delay_steps, ("n",)), csr.size)
        )
        self._check_delays(steps)
        self._hold(csr, given, steps)

    @property
    def size(self) -> int:
        """Number of synapses."""
        return self.csr.size

    @property
    def indptr(self) -> Ints:
        """(n_source + 1,): where each source's synapses begin."""
        return self.csr.indptr

    @property
    def indices(self) -> Ints:
        """(size,): target of each synapse."""
        return self.csr.indices

    @property
    def delay_steps(self) -> Ints:
        """(size,): delay of each synapse, int64."""
        return np.broadcast_to(self._steps, (self.size,)).copy()

    def delay_of(self, synapses: Ints | slice) -> Ints:
        """Delays of these synapses, steps; of shape () unless `delay_mode` is "per_synapse"."""
        return self._steps[synapses] if self._steps.ndim else self._steps

    @property
    def weights(self) -> Floats:
        """(size,): the weights themselves, not a copy."""
        return self._weights

    @weights.setter
    def weights(self, values: ArrayLike) -> None:
        self._weights[:] = real_array("weights", values, (self.size,))

    def arriving(self, history: Floats) -> Ints:
        """Synapses at which something arrives, given what the source put out in the last max_delay
        + 1 steps, latest first.
        """
        ages, sources = np.nonzero(history)
        slots = self.max_delay + 1
        if not self._steps.ndim:
            return self.csr.leaving(sources[ages == self._steps])
        if self._by_delay is None:
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
        """Weights as a matrix (n_source, n_target), 0 where there is no synapse."""
        matrix = np.zeros((self.source.n, self.target.n))
        matrix[self.csr.sources, self.indices] = self.weights
        return matrix

    def reset(self) -> None:
        """Nothing on its way; plasticity forgets what it has seen. Weights stay."""
        self._ring = np.zeros((self.max_delay + 1, self.target.n))
        self._now = 0
        self._memory: State = {} if self.plasticity is None else self.plasticity.begin(self)

    def propagate(self, spikes: ArrayLike) -> Floats:
        """One step: what the source puts out now, shape (n_source,); returns the currents that
        arrive now, (n_target,).
        """
        x = np.asarray(spikes, dtype=np.float64)
        if x.shape != (self.source.n,):
            raise ValueError(f"spikes must have shape ({self.source.n},), not {x.shape}")
        fired = np.flatnonzero(x)
        if len(fired):
            self._send(x, fired)
        arrived: Floats = self._ring[self._now].copy()
        self._ring[self._now] = 0.0
        self._now = (self._now + 1) % (self.max_delay + 1)
        return arrived

    def _send(self, x: Floats, fired: Ints) -> None:
        """Put into the ring what those that fired send."""
        n_target, slots = self.target.n, self._to_slots
        first = (self._now + (0 if self._steps.ndim else int(self._steps))) % (self.max_delay + 1)
        counts = self.indptr[fired + 1] - self.indptr[fired]
        if counts.sum() < slots.shape[1]:
            k = self.csr.leaving(fired)
            ring = self._ring.ravel()
            place = slots.indices[k] + np.int64(first * n_target)
            place[place >= ring.size] -= ring.size
            np.add.at(ring, place, self._weights[k] * np.repeat(x[fired], counts))
            return
        sent = slots.T @ x if 2 * len(fired) > len(x) else slots[fired].T @ x[fired]
        sent = sent.reshape(-1, n_target)
        before_end = min(len(sent), len(self._ring) - first)
        self._ring[first : first + before_end] += sent[:before_end]
        self._ring[: len(sent) - before_end] += sent[before_end:]

    def learn(self, delivered: ArrayLike, dt_ms: float) -> None:
        """One step of plasticity, after the target's: `delivered` is what `propagate` was given;
        nothing without plasticity.
        """
        if self.plasticity is not None:
            given = real_array("delivered", delivered, (self.source.n,))
            self._memory = self.plasticity.step(
                self._memory, self, given, positive_number("dt_ms", dt_ms)
            )

    def state_dict(self) -> dict[str, Any]:
        """Synapses, what is on its way and what plasticity remembers, as copies of plain arrays."""
        state = {
            "indptr": self.indptr.copy(),
            "indices": self.indices.copy(),
            "weights": self._weights.copy(),
            # from the next slot on, so that equal states are equal arrays
            "on_its_way": np.roll(self._ring, -self._now, axis=0),
            **{f"plasticity.{name}": array.copy() for name, array in self._memory.items()},
        }
        if self.delay_mode == "per_synapse":
            state["delay_steps"] = self.delay_steps
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """What `state_dict` gave. ValueError for arrays that don't fit."""
        ring = real_array("on_its_way", state["on_its_way"], self._ring.shape)
        memory = {
            name: real_array(name, state[f"plasticity.{name}"], old.shape).copy()
            for name, old in self._memory.items()
        }
        self.replace(state["indptr"], state["indices"], state["weights"], state.get("delay_steps"))
        self._ring, self._now, self._memory = ring.copy(), 0, memory


def delays_in_steps(delay: ArrayLike, size: int) -> Ints:
    """Delays rounded to steps, of shape () or (size,). ValueError with both lengths, or for what is
    no delay.
    """
    given = np.asarray(delay)
    if given.ndim == 1 and len(given) != size:
        raise ValueError(
            f"delay must hold one number for each of the {size} synapses, in CSR order, not"
            f" {len(given)}"
        )
    values = real_array("delay", given, (size,) if given.ndim else ())
    steps: Ints = np.rint(values).astype(np.int64)
    if size and np.any(steps < 0):
        raise ValueError(f"delay must be >= 0 steps, not {float(values.min())!r}")
    return steps
