r"""`StructuralPlasticity`: prune weak synapses, grow others between neurons that correlate.

After Butz, Woergoetter & van Ooyen 2009 (doi:10.1016/j.brainresrev.2008.12.023), a review without
equations. A call does three things:

1. It updates the running correlation of source and target with the spikes since the last call
   (`sc_model.learning.running_correlation`).
2. It removes every synapse with \|w\| < prune_threshold from the CSR.
3. It draws new synapses among the pairs of neurons that had none before the call, without
   replacement, with probabilities proportional to correlation ** selectivity where the correlation
   is positive. Their weight is `initial_weight`.

With `keep="conserved"` a call grows as many synapses as it removes, so that their number never
changes; if there are too few correlated pairs, the rest is drawn from all free pairs with equal
probability. With `keep="bounded"` a call grows growth_rate * max_synapses synapses (fractions are
carried over), from correlated pairs alone, and never exceeds `max_synapses`.

Deviations: no axonal and dendritic elements, no distance. The delay of a new synapse is drawn from
the delays of the projection, where each synapse has its own. Spikes that its source sent before the
synapse grew count for plasticity. No synapse grows from a neuron to itself.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sc_model.checks import choice, finite_number, instance, integer, positive_number
from sc_model.learning.running_correlation import RunningCorrelation
from sc_model.learning.synapses import bounds, pairs
from sc_model.network.csr import Ints
from sc_model.network.models.model import Floats
from sc_model.network.projection import Projection

Keep = Literal["bounded", "conserved"]
# Least weight of a candidate in the draw: correlation ** selectivity may underflow to 0.
LEAST = 1e-300


@dataclass(frozen=True)
class StructuralStep:
    """Result of one call.

    Members
    -------
    synapses : number of synapses after the call.
    pruned, grown : number of synapses that the call has removed and added.
    correlation : mean correlation of the pairs that got a synapse; 0 if there are none.
    """

    synapses: int
    pruned: int
    grown: int
    correlation: float


@dataclass
class _Record:
    """State of the plasticity of one projection.

    Members
    -------
    statistics : running correlation of its source and target.
    due : fraction of a synapse that is carried over to the next call, in [0, 1).
    most : largest number of synapses.
    sign : sign of the weights of new synapses, 1 or -1.
    """

    statistics: RunningCorrelation
    due: float
    most: int
    sign: float


class StructuralPlasticity:
    """Rewire projections; each label has statistics of its own.

    Parameters
    ----------
    growth_rate : synapses that a call grows with "bounded", as a fraction of `max_synapses`, 0 to
        1.
    prune_threshold : synapses with a smaller absolute weight are removed, >= 0.
    keep : what stays constant, the bound ("bounded", default) or the number ("conserved").
    max_synapses : bound of the number of synapses, >= 1; None (default) for their number at the
        first call.
    memory : time constant of the correlations, calls, > 0.
    trace : time constant of a filter of the spikes, calls, >= 0; 0 for no filter.
    initial_weight : absolute value of a new weight, >= prune_threshold, clipped to the bounds of
        the projection's STDP. The weight is negative if all weights were at the first call.
    selectivity : exponent of the correlation, >= 0. With 0 all correlated pairs have equal
        probability; larger values prefer the most correlated ones. With "conserved", 0 draws among
        all free pairs with equal probability: random rewiring.
    seed : seed of all draws, >= 0.

    Raises
    ------
    TypeError : a parameter is of the wrong kind.
    ValueError : a parameter is out of range.
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
        choice("keep", keep, get_args(Keep))
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
        self._records: dict[str, _Record] = {}

    def update(self, projection: Projection) -> StructuralStep:
        """Prune and grow synapses; call it after any number of steps of the network.

        The spikes of source and target since the last call are counted in one bin. The bin, or
        `trace`, should be longer than the delays and the time in which a target responds. Call
        once more before a reset of the network: spikes between the last call and the reset are not
        counted.

        Raises
        ------
        TypeError : no Projection.
        ValueError : the projection has no label, or one of its populations does not spike.
        """
        record = self._record_of(projection)
        record.statistics.observe(projection.source, projection.target)
        weak = np.abs(projection.weights) < self.prune_threshold
        pruned = int(np.count_nonzero(weak))
        if self.keep == "conserved":
            count = pruned
        else:
            record.due += self.growth_rate * record.most
            count = max(0, min(int(record.due), record.most - projection.size + pruned))
            record.due -= int(record.due)  # growth without room is lost, not carried over
        # The counter makes the draws of a call independent of earlier draws, so that a continued
        # run repeats them.
        name = zlib.crc32(str(projection.label).encode())
        draws = np.random.Generator(
            np.random.Philox(key=self.seed, counter=[0, 0, name, record.statistics.calls])
        )
        grown, correlation = self._draw(projection, record.statistics, count, weak, draws)
        if pruned or len(grown):
            self._rewire(projection, record.sign, ~weak, grown, draws)
        return StructuralStep(projection.size, pruned, len(grown), correlation)

    def correlation(self, projection: Projection) -> Floats:
        """Return the running correlations, (n_source, n_target), as a copy.

        They are 0 for a neuron that has fired equally often in all calls.

        Raises
        ------
        ValueError : `update` has not been called for the projection.
        """
        if projection.label not in self._records:
            raise ValueError(f"{projection!r} must have been updated; call update first")
        return self._records[projection.label].statistics.matrix()

    def _record_of(self, projection: Projection) -> _Record:
        instance("projection", projection, Projection)
        label, n_source, n_target = projection.label, projection.source.n, projection.target.n
        if label is None:
            raise ValueError(f"{projection!r} must have a label; add it to a network, or give one")
        for each in (projection.source, projection.target):
            if not each.model.spiking:
                raise ValueError(f"{each!r} must be of a model that spikes")
        if label not in self._records:
            most = projection.size if self.max_synapses is None else self.max_synapses
            if self.keep == "bounded" and projection.size > most:
                raise ValueError(
                    f"max_synapses must be >= the {projection.size} synapses that {label!r} has,"
                    f" not {most}"
                )
            weights = projection.weights
            sign = -1.0 if np.any(weights < 0) and not np.any(weights > 0) else 1.0
            self._records[label] = _Record(
                RunningCorrelation(n_source, n_target, self.memory, self.trace), 0.0, most, sign
            )
        record = self._records[label]
        if record.statistics.shape != (n_source, n_target):
            before = " x ".join(map(str, record.statistics.shape))
            raise ValueError(
                f"projection {label!r} must have {before} neurons as before, not {n_source} x"
                f" {n_target}; make a StructuralPlasticity for each network"
            )
        return record

    def _draw(
        self,
        projection: Projection,
        statistics: RunningCorrelation,
        count: int,
        weak: NDArray[np.bool_],
        draws: np.random.Generator,
    ) -> tuple[Ints, float]:
        """Draw the pairs that get a synapse; return their names (`pairs`) and mean correlation."""
        if not count:
            return np.empty(0, dtype=np.int64), 0.0
        correlation = statistics.matrix().ravel()
        free = np.ones(len(correlation), dtype=bool)
        free[pairs(projection.csr)] = False
        if projection.source is projection.target:
            free[:: projection.source.n + 1] = False
        conserved = self.keep == "conserved"
        wired = np.ones_like(free) if conserved and self.selectivity == 0 else correlation > 0
        candidates = np.flatnonzero(free & wired)
        # Keys E / p with exponential numbers E: the smallest keys are a sample without replacement
        # with probabilities p (Efraimidis & Spirakis 2006, doi:10.1016/j.ipl.2005.11.003, whose
        # keys are exp(-E / p)).
        probability = np.maximum(
            np.maximum(correlation[candidates], 0.0) ** self.selectivity, LEAST
        )
        keys = draws.standard_exponential(len(candidates)) / probability
        selection = candidates[_smallest(keys, count)]
        if conserved:
            # If there are too few: any free pair; in a full projection, the pairs just pruned.
            for others in (np.flatnonzero(free & ~wired), pairs(projection.csr)[weak]):
                selection = np.concatenate(
                    [selection, draws.permutation(others)[: count - len(selection)]]
                )
        return np.sort(selection), float(correlation[selection].mean()) if len(selection) else 0.0

    def _rewire(
        self,
        projection: Projection,
        sign: float,
        survivors: NDArray[np.bool_],
        grown: Ints,
        draws: np.random.Generator,
    ) -> None:
        """Replace the projection's CSR by one without the pruned and with the grown synapses."""
        weight = float(np.clip(sign * self.initial_weight, *bounds(projection)))
        names = np.concatenate([pairs(projection.csr)[survivors], grown])
        order = np.argsort(names, kind="stable")
        weights = np.concatenate([projection.weights[survivors], np.full(len(grown), weight)])[
            order
        ]
        sources, targets = np.divmod(names[order], projection.target.n)
        delays = None
        if projection.delay_mode == "per_synapse":
            present = projection.delay_steps
            choices = present if len(present) else np.arange(projection.max_delay + 1)
            delays = np.concatenate([present[survivors], draws.choice(choices, len(grown))])[order]
        indptr = np.searchsorted(sources, np.arange(projection.source.n + 1))
        projection.replace(indptr, targets, weights, delays)

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Return what a checkpoint has to hold beside the network: arrays by `LABEL/FIELD`."""
        state: dict[str, NDArray[Any]] = {}
        for label, record in self._records.items():
            own = {
                "due": np.array(record.due),
                "most": np.array(record.most),
                "sign": np.array(record.sign),
            }
            state |= {
                f"{label}/{name}": values
                for name, values in (*own.items(), *record.statistics.state_dict().items())
            }
        return state

    def load_state_dict(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a checkpoint, with projections of the same labels.

        Raises
        ------
        ValueError : other keys or shapes than those of `state_dict`.
        """
        records: dict[str, _Record] = {}
        expected = {
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
            if set(own) != expected or np.ndim(own["covariance"]) != 2:
                raise ValueError(
                    f"structural state of {label!r} must hold {', '.join(sorted(expected))}, not"
                    f" {sorted(own)}"
                )
            n_source, n_target = own["covariance"].shape
            statistics = RunningCorrelation(n_source, n_target, self.memory, self.trace)
            statistics.load_state_dict(own)
            due, sign = (
                positive_number("due", float(own["due"]), zero=True),
                finite_number("sign", float(own["sign"])),
            )
            records[label] = _Record(statistics, due, integer("most", int(own["most"]), 0), sign)
        self._records = records


def _smallest(keys: Floats, count: int) -> Ints:
    """Return the indices of the `count` smallest keys, in any order."""
    if len(keys) <= count:
        return np.arange(len(keys))
    smallest: Ints = np.argpartition(keys, count - 1)[:count]
    return smallest
