"""Projections against one loop over their synapses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sc_model.network import (
    CurrentStimulus,
    HodgkinHuxleyNeuron,
    Network,
    Population,
    Projection,
    Relay,
    StateMonitor,
)


def pair(n_source: int, n_target: int) -> tuple[Population, Population]:
    return Population(Relay, n_source, label="pre"), Population(Relay, n_target, label="post")


def synapse_by_synapse(projection: Projection, inputs: np.ndarray) -> np.ndarray:
    """The definition, one synapse after the other."""
    out = np.zeros((len(inputs), projection.target.n))
    for source in range(projection.source.n):
        for k in range(projection.indptr[source], projection.indptr[source + 1]):
            for t in range(len(inputs)):
                if t >= projection.delay_steps[k]:
                    sent = inputs[t - projection.delay_steps[k], source]
                    out[t, projection.indices[k]] += projection.weights[k] * sent
    return out


@settings(max_examples=80, deadline=None)
@given(
    n=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    probability=st.floats(0, 1),
    mode=st.sampled_from(["none", "uniform", "per_synapse"]),
    longest=st.integers(0, 12),
    spare=st.integers(0, 5),
    density=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    analog=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_propagate_is_the_sum_over_synapses(
    n: tuple[int, int],
    probability: float,
    mode: str,
    longest: int,
    spare: int,
    density: float,
    analog: bool,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    pre, post = pair(*n)
    plain = Projection(
        pre, post, lambda rng, size: rng.normal(size=size), probability=probability, seed=seed
    )
    delay: Any = {
        "none": 0,
        "uniform": longest,
        "per_synapse": rng.uniform(-0.49, longest + 0.49, plain.size),
    }[mode]
    projection = Projection(
        pre,
        post,
        plain.weights,
        probability=probability,
        delay=delay,
        seed=seed,
        max_delay=longest + spare if mode != "none" else None,
    )
    assert projection.delay_mode == ("none" if mode == "uniform" and longest == 0 else mode)
    np.testing.assert_array_equal(projection.indices, plain.indices)
    inputs = (rng.random((30, n[0])) < density) * (rng.normal(size=(30, n[0])) if analog else 1.0)
    found = np.array([projection.propagate(row) for row in inputs])
    np.testing.assert_allclose(found, synapse_by_synapse(projection, inputs), rtol=0, atol=1e-12)
    projection.reset()
    np.testing.assert_array_equal([projection.propagate(row) for row in inputs], found)


@pytest.mark.parametrize("fired", [1, 10, 40])
@pytest.mark.parametrize("delay", ["none", "uniform", "per_synapse"])
def test_few_some_and_all_sources(fired: int, delay: str) -> None:
    """Each of the ways in which a step is added to the ring, at a size at which they are taken,
    with all turns of the ring.
    """
    rng = np.random.default_rng(fired)
    pre, post = pair(40, 30)
    delays: Any = {"none": 0, "uniform": 6, "per_synapse": rng.integers(0, 7, 1200)}[delay]
    projection = Projection(pre, post, rng.normal(size=1200), topology="all_to_all", delay=delays)
    inputs = np.zeros((25, 40))
    for row in inputs:
        row[rng.choice(40, fired, replace=False)] = 1.0
    found = np.array([projection.propagate(row) for row in inputs])
    np.testing.assert_allclose(found, synapse_by_synapse(projection, inputs), rtol=0, atol=1e-12)


def test_weights_may_change_while_it_runs() -> None:
    """In place or assigned; what is on its way keeps the weight with which it was sent."""
    pre, post = pair(3, 2)
    for ones in (np.array([1.0, 0.0, 0.0]), np.ones(3)):  # one by one, and as a product
        projection = Projection(
            pre, post, 1.0, topology="all_to_all", delay=np.array([1, 1, 0, 0, 0, 0])
        )
        assert list(projection.propagate(ones)) == [ones[1:].sum()] * 2
        projection.weights[:] = 2.0
        assert list(projection.propagate(ones)) == [1 + 2 * ones[1:].sum()] * 2
        projection.weights = np.full(6, 3.0)
        assert list(projection.propagate(ones)) == [2 + 3 * ones[1:].sum()] * 2
        assert (projection.dense() == 3.0).all()


@pytest.mark.parametrize(
    ("delay", "steps"),
    [(3.999, 4), (4.001, 4), (0.4, 0), (1.5, 2), (2.5, 2), (np.float32(3.9999), 4), (7, 7)],
)
def test_delays_are_rounded_not_cut(delay: float, steps: int) -> None:
    pre, post = pair(1, 1)
    uniform = Projection(pre, post, 1.0, topology="all_to_all", delay=delay)
    each = Projection(pre, post, 1.0, topology="all_to_all", delay=np.array([delay]))
    assert (uniform.delay_mode, each.delay_mode) == ("uniform" if steps else "none", "per_synapse")
    for projection in (uniform, each):
        assert list(projection.delay_steps) == [steps]
        arrived = [projection.propagate([t == 0])[0] for t in range(10)]
        assert arrived == [float(t == steps) for t in range(10)]


def test_replaced_synapses_and_what_was_on_its_way() -> None:
    pre, post = pair(2, 2)
    projection = Projection(pre, post, 1.0, topology="all_to_all", delay=[1, 1, 2, 2], max_delay=3)
    projection.propagate([1, 0])
    projection.replace([0, 1, 1], [1], [5.0], [3])
    assert projection.size == 1
    arrived = [list(projection.propagate([t == 0, 1])) for t in range(5)]
    assert arrived == [[1, 1], [0, 0], [0, 0], [0, 5], [0, 0]]


def test_hodgkin_huxley_pair_with_delays_of_a_layer() -> None:
    """The current arrives after exactly its delay, and moves v in that step and no earlier."""
    delays = np.array([3.999, 12.4, 20.0, 7.5001] * 25)
    pre, post = (
        Population(HodgkinHuxleyNeuron, 10, label="pre"),
        Population(HodgkinHuxleyNeuron, 10, label="post"),
    )
    projection = Projection(pre, post, 0.0, topology="all_to_all", delay=delays)
    assert projection.delay_mode == "per_synapse"
    assert list(projection.delay_steps[:4]) == [4, 12, 20, 8]
    projection.weights[3] = 30.0  # neuron 0 to neuron 3, 8 steps
    net = Network(0.05, [pre, post, projection])
    net.add(CurrentStimulus(pre, 20.0 * (np.arange(10) == 0)))
    fired, v = StateMonitor(pre, "output"), StateMonitor(post, "v")
    net.add(fired)
    net.add(v)
    net.run(ms=5)
    spike = int(np.flatnonzero(fired["output"][:, 0])[0])
    moved = np.flatnonzero(np.abs(np.diff(v["v"][:, 3])) > 0.5)
    assert moved[0] + 1 == spike + 8
    assert np.abs(np.diff(v["v"][:, [0, 1, 2, 4]], axis=0)).max() < 0.01
