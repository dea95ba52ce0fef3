r"""`StructuralPlasticity`: synapses that are weak go, others grow between neurons that are active
together.

After Butz, Woergoetter & van Ooyen 2009 (doi:10.1016/j.brainresrev.2008.12.023), who review it
without equations. A call here does three things:

0. spikes of source and target since the call before go into their running correlation
  (`sc_model.learning.running_correlation`);
1. every synapse with \|w\| < prune_threshold is removed, from the CSR itself;
2. new ones are drawn among the pairs of neurons that had no synapse before the call, without
   replacement, with probabilities in proportion to correlation ** selectivity, where it is
   positive. Their weight is `initial_weight`.

How many: with `keep="conserved"` as many as were removed, so that the count never changes; where
too few correlated pairs are left the rest is drawn from all free pairs alike. With `keep="bounded"`
growth_rate * max_synapses a call (fractions are carried over), from correlated pairs alone, and
never beyond `max_synapses`.

Deviations: no axonal and dendritic elements, no distance. A new synapse's delay is drawn from those
that the projection has (where each has its own), and what its source sent before counts for
plasticity as if the synapse had been there. No synapse grows from a neuron to itself.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sc_model.checks import finite_number, integer, positive_number
from sc_model.learning.running_correlation import RunningCorrelation
from sc_model.learning.synapses import bounds, pairs
from sc_model.network.csr import Ints
from sc_model.network.models.model import Floats
from sc_model.network.projection import Projection
from sc_model.spec.errors import did_you_mean

Keep = Literal["bounded", "conserved"]
LEAST = 1e-300  # a probability to be drawn with, before it underflows


@dataclass(frozen=True)
class StructuralStep:
    """What a call did.

    Members
    -------
    synapses : that there are now.
    pruned, grown : in this call.
    correlation : mean over the pairs grown, 0 without any.
    """

    synapses: int
    pruned: int
    grown: int
    correlation: float


@dataclass
class _Seen:
    """Of a projection: statistics, share of a synapse that is due, how many may be, and the sign of
    new ones.
    """

    statistics: RunningCorrelation
    due: float
    most: int
    sign: float


class StructuralPlasticity:
    """Rewires projections, each with statistics of its own, by label.

    Parameters
    ----------
    growth_rate : share of `max_synapses` that a call grows with "bounded", 0 to 1.
    prune_threshold : of \\|w\\|, >= 0.
    keep : "bounded" (default) or "conserved".
    max_synapses : >= 1; None (default) for as many as there are at the first call.
    memory : calls that correlations reach back, > 0.
    trace : calls that activity lasts, >= 0; 0 for the spikes of a call alone.
    initial_weight : amount of a new weight, >= prune_threshold, cut to the bounds of the
        projection's STDP; negative where all of its weights were at the first call.
    selectivity : >= 0; 0 draws correlated pairs with equal probability, more takes the best ones.
        With "conserved", 0 draws among all free pairs alike: random rewiring.
    seed : of all draws, >= 0.

    Raises TypeError for the wrong kind, ValueError for a value out of range.
    """

    def __init__(
        self,
        growth_rate: float = 0.001,
        prune_threshold: float = 0.01,
        *,
        keep: Keep = "bounded",
        max_synapses: int | None = None,
        memory: float = 200.0,
        trace: float = 0.0,
        initial_weight: float = 0.05,
        selectivity: float = 4.0,
        seed: int = 42,
    ) -> None:
        self.growth_rate = positive_number("growth_rate", growth_rate, zero=True)
        if self.growth_rate > 1:
            raise ValueError(
                f"growth_rate must be <= 1, a share of max_synapses, not {self.growth_rate!r}"
            )
        self.prune_threshold = positive_number("prune_threshold", prune_threshold, zero=True)
        if keep not in get_args(Keep):
            raise ValueError(
                "keep must be 'bounded' or 'conserved', not"
                f" {keep!r}{did_you_mean(str(keep), get_args(Keep))}"
            )
        self.keep = keep
        self.max_synapses = None if max_synapses is None else integer("max_synapses", max_synapses)
        self.memory, self.trace = (
            positive_number("memory", memory),
            positive_number("trace", trace, zero=True),
        )
        self.initial_weight = positive_number("initial_weight", initial_weight)
        if self.initial_weight < self.prune_threshold:
            raise ValueError(
                f"initial_weight must be >= prune_threshold ({self.prune_threshold!r}), not"
                f" {self.initial_weight!r}"
            )
        self.selectivity, self.seed = (
            positive_number("selectivity", selectivity, zero=True),
            integer("seed", seed, 0),
        )
        self._seen: dict[str, _Seen] = {}

    def update(self, projection: Projection) -> StructuralStep:
        """After each step, or every so many: spikes of source and target since the last call count,
        in one bin.

        A bin should be longer than delays and the time to the target's spike, or `trace` cover it.
        Call before a reset of the network, or what came since the last call is not counted.
        ValueError for populations that don't spike, or a projection without label.
        """
        seen = self._of(projection)
        seen.statistics.observe(projection.source, projection.target)
        weak = np.abs(projection.weights) < self.prune_threshold
        pruned = int(np.count_nonzero(weak))
        if self.keep == "conserved":
            wanted = pruned
        else:
            seen.due += self.growth_rate * seen.most
            wanted = max(0, min(int(seen.due), seen.most - projection.size + pruned))
            seen.due -= int(seen.due)  # what there is no room for is not saved up
        # random numbers of a call alone: what they are depends on nothing that was drawn before
        name = zlib.crc32(str(projection.label).encode())
        draws = np.random.Generator(
            np.random.Philox(key=self.seed, counter=[0, 0, name, seen.statistics.calls])
        )
        grown, correlation = self._draw(projection, seen.statistics, wanted, weak, draws)
        if pruned or len(grown):
            self._rewire(projection, seen.sign, ~weak, grown, draws)
        return StructuralStep(projection.size, pruned, len(grown), correlation)

    def correlation(self, projection: Projection) -> Floats:
        """Running correlations, (n_source, n_target), a copy; 0 where a neuron has done the same at
        every call.

        ValueError before the first call.
        """
        if projection.label not in self._seen:
            raise ValueError(f"{projection!r} must have been updated; call update first")
        return self._seen[projection.label].statistics.matrix()

    def _of(self, projection: Projection) -> _Seen:
        if not isinstance(projection, Projection):
            raise TypeError(
                f"projection must be a Projection, not {projection!r} ({type(projection).__name__})"
            )
        label, n_source, n_target = projection.label, projection.source.n, projection.target.n
        if label is None:
            raise ValueError(f"{projection!r} must have a label; add it to a network, or give one")
        for each in (projection.source, projection.target):
            if not each.model.spiking:
                raise ValueError(f"{each!r} must be of a model that spikes")
        if label not in self._seen:
            most = projection.size if self.max_synapses is None else self.max_synapses
            if self.keep == "bounded" and projection.size > most:
                raise ValueError(
                    f"max_synapses must be >= the {projection.size} synapses that {label!r} has,"
                    f" not {most}"
                )
            weights = projection.weights
            sign = -1.0 if np.any(weights < 0) and not np.any(weights > 0) else 1.0
            self._seen[label] = _Seen(
                RunningCorrelation(n_source, n_target, self.memory, self.trace), 0.0, most, sign
            )
        seen = self._seen[label]
        if seen.statistics.shape != (n_source, n_target):
            before = " x ".join(map(str, seen.statistics.shape))
            raise ValueError(
                f"projection {label!r} must have {before} neurons as before, not {n_source} x"
                f" {n_target}; make a StructuralPlasticity for each network"
            )
        return seen

    def _draw(
        self,
        projection: Projection,
        statistics: RunningCorrelation,
        wanted: int,
        weak: NDArray[np.bool_],
        draws: np.random.Generator,
    ) -> tuple[Ints, float]:
        """Pairs to grow, source * n_target + target, rising; and their mean correlation."""
        if not wanted:
            return np.empty(0, dtype=np.int64), 0.0
        correlation = statistics.matrix().ravel()
        free = np.ones(len(correlation), dtype=bool)
        free[pairs(projection.csr)] = False
        if projection.source is projection.target:
            free[:: projection.source.n + 1] = False
        conserved = self.keep == "conserved"
        wired = np.ones_like(free) if conserved and self.selectivity == 0 else correlation > 0
        candidates = np.flatnonzero(free & wired)
        # the smallest of exponential numbers over p are a sample without replacement (Efraimidis &
        # Spirakis 2006, doi:10.1016/j.ipl.2005.11.003, whose key is exp(-this))
        likely = np.maximum(np.maximum(correlation[candidates], 0.0) ** self.selectivity, LEAST)
        keys = draws.standard_exponential(len(candidates)) / likely
        chosen = candidates[_smallest(keys, wanted)]
        if conserved:
            # where that isn't enough: any free pair, and in a full projection those that have just
            # gone
            for others in (np.flatnonzero(free & ~wired), pairs(projection.csr)[weak]):
                chosen = np.concatenate([chosen, draws.permutation(others)[: wanted - len(chosen)]])
        return np.sort(chosen), float(correlation[chosen].mean()) if len(chosen) else 0.0

    def _rewire(
        self,
        projection: Projection,
        sign: float,
        kept: NDArray[np.bool_],
        grown: Ints,
        draws: np.random.Generator,
    ) -> None:
        """Another CSR."""
        weight = float(np.clip(sign * self.initial_weight, *bounds(projection)))
        names = np.concatenate([pairs(projection.csr)[kept], grown])
        order = np.argsort(names, kind="stable")
        weights = np.concatenate([projection.weights[kept], np.full(len(grown), weight)])[order]
        sources, targets = np.divmod(names[order], projection.target.n)
        delays = None
        if projection.delay_mode == "per_synapse":
            present = projection.delay_steps
            known = present if len(present) else np.arange(projection.max_delay + 1)
            delays = np.concatenate([present[kept], draws.choice(known, len(grown))])[order]
        indptr = np.searchsorted(sources, np.arange(projection.source.n + 1))
        projection.replace(indptr, targets, weights, delays)

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """All that the next calls depend on beside the network: flat, plain arrays by
        `LABEL/FIELD`.
        """
        state: dict[str, NDArray[Any]] = {}
        for label, seen in self._seen.items():
            own = {
                "due": np.array(seen.due),
                "most": np.array(seen.most),
                "sign": np.array(seen.sign),
            }
            state |= {
                f"{label}/{name}": values
                for name, values in (*own.items(), *seen.statistics.state_dict().items())
            }
        return state

    def load_state_dict(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on where a checkpoint was made, with projections of the same labels. ValueError for
        what is no such state.
        """
        found: dict[str, _Seen] = {}
        known = {
            "due",
            "most",
            "sign",
            *RunningCorrelation(1, 1, self.memory, self.trace).state_dict(),
        }
        for label in {name.partition("/")[0]: None for name in state}:
            own = {
                name[len(label) + 1 :]: state[name]
                for name in state
                if name.startswith(f"{label}/")
            }
            if set(own) != known or np.ndim(own["covariance"]) != 2:
                raise ValueError(
                    f"structural state of {label!r} must hold {', '.join(sorted(known))}, not"
                    f" {sorted(own)}"
                )
            n_source, n_target = own["covariance"].shape
            statistics = RunningCorrelation(n_source, n_target, self.memory, self.trace)
            statistics.load_state_dict(own)
            due, sign = (
                positive_number("due", float(own["due"]), zero=True),
                finite_number("sign", float(own["sign"])),
            )
            found[label] = _Seen(statistics, due, integer("most", int(own["most"]), 0), sign)
        self._seen = found


def _smallest(keys: Floats, wanted: int) -> Ints:
    """Places of the smallest keys."""
    if len(keys) <= wanted:
        return np.arange(len(keys))
    found: Ints = np.argpartition(keys, wanted - 1)[:wanted]
    return found
