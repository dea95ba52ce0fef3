"""Structural plasticity: topology that really changes, correlations by definition, a planted
structure, checkpoints, errors.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sc_model.learning import RewardModulatedLearner, StructuralPlasticity
from sc_model.network import (
    LI,
    LIF,
    STDP,
    Network,
    PoissonStimulus,
    Population,
    Projection,
    Relay,
    SpikeStimulus,
)


def wired(delay: Any = 0, seed: int = 0, **own: Any) -> tuple[Network, Projection]:
    """12 inputs in 3 groups that fire together, 6 targets: two follow each group; a random
    projection that learns.
    """
    draws = np.random.default_rng(seed)
    source, target = Population(Relay, 12, "in"), Population(Relay, 6, "out")
    events = np.repeat(draws.random((400, 3)) < 0.15, 4, axis=1) & (draws.random((400, 12)) < 0.8)
    follow = np.repeat(events[:, ::4] | events[:, 1::4], 2, axis=1) & (draws.random((400, 6)) < 0.9)
    net = Network(
        1.0,
        [
            source,
            target,
            SpikeStimulus.from_raster(source, events),
            SpikeStimulus.from_raster(target, follow),
        ],
    )
    there = draws.random((12, 6)) < 0.4
    weights = np.where(there, draws.choice([0.001, 0.2], there.shape), 0.0)
    if delay == "each":
        delay = draws.integers(2, 7, np.count_nonzero(weights))
    return net, net.add(
        Projection(source, target, weights, topology="explicit", delay=delay, label="p", **own)
    )


def synapses(projection: Projection) -> dict[tuple[int, int], tuple[float, int]]:
    """Weight and delay by source and target."""
    each = zip(
        projection.csr.sources,
        projection.indices,
        projection.weights,
        projection.delay_steps,
        strict=True,
    )
    return {(int(i), int(j)): (float(w), int(d)) for i, j, w, d in each}


@pytest.mark.parametrize("delay", [0, 3, "each"])
@pytest.mark.parametrize("keep", ["conserved", "bounded"])
def test_weak_ones_go_and_others_come(delay: Any, keep: Any) -> None:
    net, there = wired(delay)
    before = synapses(there)
    weak = {pair for pair, (weight, _) in before.items() if weight < 0.01}
    assert 0 < len(weak) < len(before)
    structure = StructuralPlasticity(growth_rate=0.25, keep=keep, initial_weight=0.07)
    own = there.weights.copy()
    there.weights[:] = 0.2  # none is weak until something is known of correlations
    for _ in range(20):
        net.run(5)
        assert structure.update(there).pruned == 0
    there.weights[:] = own
    net.run(5)
    done = structure.update(there)
    after = synapses(there)
    new = {pair for pair in after if pair not in before}
    assert set(before) - set(after) == weak
    assert done.pruned == len(weak)
    assert done.grown == len(new) == (len(weak) if keep == "conserved" else int(0.25 * len(before)))
    assert done.synapses == there.size == len(after) == len(before) - len(weak) + len(new)
    assert all(after[pair] == before[pair] for pair in after if pair in before)
    assert {after[pair][0] for pair in new} == {0.07}
    assert {after[pair][1] for pair in new} <= {wait for _, wait in before.values()}
    assert done.correlation == pytest.approx(
        np.mean([structure.correlation(there)[pair] for pair in new])
    )
    net.run(10)  # and it goes on


def test_the_count_is_bounded_and_reached() -> None:
    net, there = wired()
    there.weights[:] = 0.2
    begun = there.size
    structure = StructuralPlasticity(growth_rate=0.05, max_synapses=begun + 7)
    sizes = []
    for _ in range(30):
        net.run(5)
        sizes.append(structure.update(there).synapses)
    assert sizes == sorted(sizes)
    assert sizes[0] <= begun + 2
    assert sizes[-1] == begun + 7


def test_a_share_of_a_synapse_is_carried_over() -> None:
    net, there = wired()
    there.weights[:] = 0.2
    structure = StructuralPlasticity(growth_rate=0.1 / there.size, max_synapses=there.size + 50)
    structure.growth_rate = 0.1 / (there.size + 50)  # a tenth of a synapse a call
    grown = []
    for _ in range(40):
        net.run(5)
        grown.append(structure.update(there).grown)
    assert sum(grown) == pytest.approx(4, abs=1)
    assert max(grown) == 1


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    memory=st.floats(2, 100),
    trace=st.sampled_from([0.0, 0.7, 5.0]),
    calls=st.integers(2, 40),
)
def test_correlations_are_those_of_the_definition(
    seed: int, memory: float, trace: float, calls: int
) -> None:
    """Weighted by how long ago, from all that was seen, in one go."""
    net, there = wired(seed=seed)
    structure = StructuralPlasticity(0.0, 0.0, memory=memory, trace=trace)
    draws = np.random.default_rng(seed)
    bins: list[list[Any]] = [[], []]
    active = [np.zeros(12), np.zeros(6)]
    before = [np.zeros(12), np.zeros(6)]
    for _ in range(calls):
        net.run(int(draws.integers(1, 9)))
        structure.update(there)
        for side, population in enumerate((there.source, there.target)):
            fresh = population.spike_counts - before[side]
            before[side] = population.spike_counts.copy()
            active[side] = fresh + (math.exp(-1 / trace) * active[side] if trace else 0.0)
            bins[side].append(active[side])
    share = 1 - math.exp(-1 / memory)
    weight = share * (1 - share) ** np.arange(calls - 1, -1, -1)
    weight[0] = (1 - share) ** (calls - 1)
    a, b = (np.array(side) - weight @ np.array(side) for side in bins)
    expected = (weight[:, None] * a).T @ b
    spread = np.sqrt(np.outer(weight @ a**2, weight @ b**2))
    known = spread > 1e-9
    found = structure.correlation(there)
    np.testing.assert_allclose(found[known], expected[known] / spread[known], rtol=0, atol=1e-9)
    assert np.abs(found).max() <= 1 + 1e-12


def planted(seed: int, selectivity: float) -> tuple[float, float, int]:
    """Precision and recall of what a hidden teacher drives, after 8 s; synapses that STDP weakens
    go, others come.
    """
    draws = np.random.default_rng(seed)
    teacher = np.zeros((60, 10))
    for j in range(10):
        teacher[draws.choice(60, 5, replace=False), j] = 12.0
    source, target = (
        Population(Relay, 60, "in"),
        Population(LIF(tau_ms=20.0, refractory_ms=2.0), 10, "out"),
    )
    net = Network(1.0, [source, target, PoissonStimulus(source, 20.0, seed=seed)])
    net.add(Projection(source, target, teacher, topology="explicit", delay=4, label="teacher"))
    start = np.zeros(600)
    start[draws.choice(600, 50, replace=False)] = 0.05
    stdp = STDP(a_plus=0.03, a_minus=0.036, w_max=0.5)
    delays = draws.integers(0, 4, 50)
    own = net.add(
        Projection(
            source,
            target,
            start.reshape(60, 10),
            probability=1.0,
            delay=delays,
            topology="explicit",
            plasticity=stdp,
            label="own",
        )
    )
    structure = StructuralPlasticity(keep="conserved", selectivity=selectivity, seed=seed)
    for _ in range(400):
        net.run(20)
        assert structure.update(own).synapses == 50
    found = set(synapses(own))
    real = {(int(i), int(j)) for i, j in zip(*np.nonzero(teacher), strict=True)}
    return len(found & real) / len(found), len(found & real) / len(real), own.size


def test_a_planted_structure_is_found_and_random_rewiring_finds_less() -> None:
    guided, random = planted(100, 4.0), planted(100, 0.0)
    assert min(guided[:2]) >= 0.8
    assert max(random[:2]) <= 0.6


def test_seeds_decide_what_grows() -> None:
    found = []
    for seed in (1, 1, 2):
        net, there = wired()
        structure = StructuralPlasticity(keep="conserved", seed=seed, selectivity=1.0)
        for _ in range(2):
            net.run(50)
            structure.update(there)
        found.append(set(synapses(there)))
    assert found[0] == found[1] != found[2]


def test_every_call_draws_anew() -> None:
    """From the same beginning, with nothing known of correlations, other pairs."""
    net = Network(1.0, [Population(Relay, 20, "in"), Population(Relay, 20, "out")])
    there = net.add(Projection(*net.populations.values(), 0.001, probability=0.5, label="p"))
    structure, csr, found = StructuralPlasticity(keep="conserved"), there.csr, []
    for _ in range(2):
        there.replace(csr.indptr, csr.indices, np.where(np.arange(csr.size) < 30, 0.001, 0.2))
        structure.update(there)
        found.append(set(synapses(there)))
    assert found[0] != found[1]


@pytest.mark.parametrize("probability", [0.5, 1.0])
def test_a_silent_or_full_projection_conserves_its_count(probability: float) -> None:
    """Without a correlation any free pair will do, and where none is free those that have just
    gone.
    """
    net = Network(1.0, [Population(Relay, 5, "in"), Population(Relay, 6, "out")])
    there = net.add(Projection(*net.populations.values(), 0.2, probability=probability, label="p"))
    there.weights[:9] = 0.001
    before = set(synapses(there))
    size = there.size
    done = StructuralPlasticity(keep="conserved").update(there)
    assert (done.synapses, done.pruned, done.grown) == (size, 9, 9)
    assert np.count_nonzero(there.weights == 0.05) == 9
    assert (set(synapses(there)) == before) == (probability == 1.0)


def test_a_projection_may_lose_all_its_synapses() -> None:
    net, there = wired("each")
    there.weights[:] = 0.0
    begun = there.size
    structure = StructuralPlasticity(1.0)
    assert structure.update(there).synapses == 0
    for _ in range(20):
        net.run(5)
        structure.update(there)
    assert 0 < there.size <= begun
    assert there.delay_steps.max() <= there.max_delay


def test_inhibitory_ones_stay_inhibitory_and_nobody_grows_to_itself() -> None:
    cells = Population(Relay, 5, "cells")
    net = Network(1.0, [cells, PoissonStimulus(cells, 300.0)])
    loop = net.add(
        Projection(
            cells, cells, -0.001 * (1 - np.eye(5)), topology="explicit", delay=2, label="loop"
        )
    )
    structure = StructuralPlasticity(1.0, 0.01)
    loop.weights[7] = -0.3
    net.run(5)
    structure.update(loop)
    assert list(loop.weights) == [-0.3]  # it is strong
    loop.weights[:] = 0.0
    assert structure.update(loop).pruned == 1
    for _ in range(40):
        net.run(5)
        structure.update(loop)
    assert loop.size > 4
    assert set(loop.weights) == {-0.05}
    assert not np.any(loop.csr.sources == loop.indices)


def test_with_stdp_and_reward_a_killed_run_goes_on_with_the_same_bits(tmp_path: Path) -> None:
    def begin() -> tuple[Network, Projection, StructuralPlasticity, RewardModulatedLearner]:
        net, there = wired("each", plasticity=STDP(a_plus=0.05, a_minus=0.06))
        rewarded = net.add(
            Projection(there.source, there.target, 0.03, probability=0.5, delay=1, label="r")
        )
        learner = RewardModulatedLearner(net, projections=[rewarded], learning_rate=0.01)
        return net, there, StructuralPlasticity(0.2, 0.02, memory=30.0, max_synapses=60), learner

    def go(
        parts: tuple[Network, Projection, StructuralPlasticity, RewardModulatedLearner], steps: int
    ) -> list[int]:
        net, there, structure, learner = parts
        turned = 0
        for _ in range(steps):
            net.step()
            learner.step(float(np.sin(net.steps)))
            if net.steps % 5 == 0:
                for each in (there, net.projections["r"]):
                    done = structure.update(each)
                    turned += done.grown * done.pruned
        return [turned, there.size, net.projections["r"].size]

    first = begin()
    assert go(first, 150)[0] > 0
    for name, part in zip("nsl", (first[0], first[2], first[3]), strict=True):
        np.savez(tmp_path / f"{name}.npz", **part.state_dict())  # type: ignore[arg-type]
    second = begin()
    for name, part in zip("nsl", (second[0], second[2], second[3]), strict=True):
        with np.load(tmp_path / f"{name}.npz") as held:
            part.load_state_dict(held)
    assert go(first, 150) == go(second, 150)
    for mine, other in zip(
        (first[0], first[2], first[3]), (second[0], second[2], second[3]), strict=True
    ):
        for name, values in mine.state_dict().items():
            np.testing.assert_array_equal(values, other.state_dict()[name], err_msg=name)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"growth_rate": 1.5},
            ValueError,
            "growth_rate must be <= 1, a share of max_synapses, not 1.5",
        ),
        (
            {"prune_threshold": -0.1},
            ValueError,
            "prune_threshold must be >= 0 and finite, not -0.1",
        ),
        (
            {"prune_threshold": 0.1},
            ValueError,
            "initial_weight must be >= prune_threshold (0.1), not 0.05",
        ),
        (
            {"keep": "bound"},
            ValueError,
            "keep must be 'bounded' or 'conserved', not 'bound'; did you mean 'bounded'?",
        ),
        ({"memory": 0}, ValueError, "memory must be > 0 and finite, not 0.0"),
        ({"max_synapses": 1.5}, TypeError, "max_synapses must be an integer, not 1.5 (float)"),
    ],
)
def test_parameters_that_are_refused(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        StructuralPlasticity(**arguments)


def test_projections_and_states_that_are_refused() -> None:
    structure = StructuralPlasticity()
    a, b, li = Population(Relay, 3, "a"), Population(Relay, 2, "b"), Population(LI, 2, "li")
    with pytest.raises(TypeError, match=r"^projection must be a Projection, not 'p' \(str\)$"):
        structure.update("p")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"must have a label; add it to a network, or give one$"):
        structure.update(Projection(a, b, 1.0))
    with pytest.raises(
        ValueError, match=r"^Population\(LI, 2, label='li'\) must be of a model that spikes$"
    ):
        structure.update(Projection(a, li, 1.0, label="p"))
    with pytest.raises(
        ValueError, match=r"^max_synapses must be >= the 6 synapses that 'p' has, not 5$"
    ):
        StructuralPlasticity(max_synapses=5).update(Projection(a, b, 1.0, label="p"))
    there = Projection(a, b, 1.0, label="p")
    with pytest.raises(ValueError, match=r"must have been updated; call update first$"):
        structure.correlation(there)
    structure.update(there)
    with pytest.raises(
        ValueError,
        match=(
            r"^projection 'p' must have 3 x 2 neurons as before, not 2 x 3; make a"
            r" StructuralPlasticity"
        ),
    ):
        structure.update(Projection(b, a, 1.0, label="p"))
    state = structure.state_dict()
    state.pop("p/due")
    with pytest.raises(
        ValueError, match=r"^structural state of 'p' must hold calls, covariance, due, .*, not \["
    ):
        structure.load_state_dict(state)
    with pytest.raises(ValueError, match=r"^source.mean must have shape \(3,\), not \(4,\)$"):
        structure.load_state_dict({**structure.state_dict(), "p/source.mean": np.zeros(4)})
