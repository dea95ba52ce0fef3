"""STDP against one synapse at a time, and against the closed form of its window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sc_model.network import (
    STDP,
    Network,
    Population,
    Projection,
    Relay,
)


def pair(n_source: int, n_target: int) -> tuple[Population, Population]:
    return Population(Relay, n_source, label="pre"), Population(Relay, n_target, label="post")


def one_at_a_time(
    projection: Projection, rule: STDP, pre: np.ndarray, post: np.ndarray, dt: float
) -> np.ndarray:
    """The recurrence for each synapse by itself, in plain floats, with the arrivals at that
    synapse.
    """
    weights = []
    for k in range(projection.size):
        source, target, delay = (
            projection.csr.sources[k],
            projection.indices[k],
            projection.delay_steps[k],
        )
        x = y = 0.0
        w = float(projection.weights[k])
        for t in range(len(pre)):
            arrived = pre[t - delay, source] if t >= delay else 0.0
            x *= math.exp(-dt / rule.tau_plus_ms)
            y *= math.exp(-dt / rule.tau_minus_ms)
            if arrived:
                w = min(max(w - rule.a_minus * y * arrived, rule.w_min), rule.w_max)
            if post[t, target]:
                w = min(max(w + rule.a_plus * x, rule.w_min), rule.w_max)
            x += arrived
            y += post[t, target]
        weights.append(w)
    return np.array(weights)


@pytest.mark.parametrize("delay", ["none", "uniform", "per_synapse"])
def test_stdp_is_the_recurrence_of_every_synapse(delay: str) -> None:
    rng = np.random.default_rng(11)
    rule = STDP(
        tau_plus_ms=15.0, tau_minus_ms=25.0, a_plus=0.05, a_minus=0.04, w_min=0.1, w_max=0.9
    )
    pre, post = pair(7, 5)
    size = Projection(pre, post, 0.5, probability=0.7).size
    delays: Any = {"none": 0, "uniform": 3, "per_synapse": rng.integers(0, 5, size)}[delay]
    projection = Projection(
        pre,
        post,
        lambda rng, n: rng.uniform(0.1, 0.9, n),
        probability=0.7,
        delay=delays,
        plasticity=rule,
    )
    before, after = (
        (rng.random((300, 7)) < 0.2) * rng.uniform(0.5, 1.5, (300, 7)),
        (rng.random((300, 5)) < 0.2).astype(float),
    )
    expected = one_at_a_time(projection, rule, before, after, 0.5)
    begun = projection.weights.copy()
    for sent, fired in zip(before, after, strict=True):
        projection.propagate(sent)
        post.step(fired, 0.5)
        projection.learn(sent, 0.5)
    np.testing.assert_allclose(projection.weights, expected, rtol=0, atol=1e-12)
    assert np.abs(projection.weights - begun).max() > 0.1
    assert {rule.w_min, rule.w_max} & set(projection.weights)


@pytest.mark.parametrize("delay", [0, 4])
def test_stdp_window_is_exponential(delay: int) -> None:
    """One spike of each: exp(-t / tau) before, -exp(t / tau) after, nothing when together; t from
    the arrival.
    """
    rule = STDP(
        tau_plus_ms=20.0, tau_minus_ms=30.0, a_plus=0.01, a_minus=0.02, w_min=-1.0, w_max=1.0
    )
    for gap in range(-25, 26):
        pre, post = Population(Relay, 1), Population(Relay, 1)
        # a weight of 0, so that the arrival itself makes no spike of the relay
        net = Network(1.0, [pre, post])
        projection = net.add(Projection(pre, post, 0.0, delay=delay, plasticity=rule))
        for step in range(70):
            net.step({pre.label: float(step == 30 - delay), post.label: float(step == 30 + gap)})
        expected = (
            0.01 * math.exp(-gap / 20)
            if gap > 0
            else -0.02 * math.exp(gap / 30)
            if gap < 0
            else 0.0
        )
        # after the first change the weight is not 0, but nothing is sent any more
        assert projection.weights[0] == pytest.approx(expected, abs=1e-15)
