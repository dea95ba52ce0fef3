"""Multi-clock networks against their definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_model.temporal_hierarchy.multi_clock import (
    ClockDomain,
    HetSynLayer,
    MultiClockSNN,
)

intervals = st.integers(1, 7)

trains = st.integers(0, 2**32 - 1).map(
    lambda seed: (np.random.default_rng(seed).random((60, 5)) < 0.4).astype(float)
)


def relay(n: int) -> HetSynLayer:
    """A layer that fires when its input is 1 or more, and forgets at once: exp(-1 / 0.001) is 0."""
    return HetSynLayer.from_arrays(np.full((n, n), 0.001), np.eye(n), leak_tau=0.001)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        # x of steps 1..12; the first relay ticks at 2, 4, ..., the second at 3, 6, 9, 12
        ("hold", [0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]),
        ("accumulate", [0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1]),
    ],
)
def test_a_network_by_hand(policy: str, expected: list[int]) -> None:
    x = np.array(
        [[0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0]], dtype=float
    ).T  # words of the relay: 1 0 1 0 1 0
    net = MultiClockSNN([relay(1), relay(1)], ["a", "b"], [2, 3], policies=["hold", policy])
    assert net.run(x)[:, 0].tolist() == expected


def by_hand(
    layers: list[HetSynLayer],
    every: list[int],
    policies: list[str],
    x: np.ndarray,
    dt: float,
    limit: Any,
) -> Any:
    """The network's definition with lists of words that wait, a step at a time; and the spikes
    lost.
    """
    waiting: list[list[np.ndarray]] = [[] for _ in layers]
    last = [np.zeros(layer.n_inputs) for layer in layers]
    out = [np.zeros(layer.n_neurons) for layer in layers]
    pending, lost, results = (
        [np.zeros(layer.n_inputs, dtype=int) for layer in layers],
        [0] * len(layers),
        [],
    )
    for n, word in enumerate(x, 1):
        for k, layer in enumerate(layers):
            if k == 0 or n % every[k - 1] == 0:
                new = word if k == 0 else out[k - 1]
                last[k] = new
                waiting[k].append(new)
                if policies[k] == "once":
                    for c in np.flatnonzero(new):
                        if pending[k][c] == limit:
                            lost[k] += 1
                        else:
                            pending[k][c] += 1
            if n % every[k]:
                continue
            if policies[k] == "hold":
                h = last[k]
            elif policies[k] == "accumulate":
                h = sum(waiting[k], np.zeros(layer.n_inputs))
            else:
                h = (pending[k] > 0).astype(float)
                pending[k] -= pending[k] > 0
            waiting[k] = []
            out[k] = layer.step(h, dt * every[k])
        results.append(out[-1])
    return np.array(results), lost


@given(
    every=st.lists(intervals, min_size=1, max_size=4),
    policies=st.lists(st.sampled_from(["hold", "accumulate", "once"]), min_size=4, max_size=4),
    limit=st.none() | st.integers(1, 3),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    x=trains,
    dt=st.sampled_from([0.5, 1.0, 2.0]),
)
def test_networks_equal_their_definition(
    every: list[int],
    policies: list[str],
    limit: int | None,
    cuts: list[int],
    x: np.ndarray,
    dt: float,
) -> None:
    sizes = (5, 4, 6, 3, 5)

    def layers() -> list[HetSynLayer]:
        return [
            HetSynLayer(sizes[k], sizes[k + 1], threshold=0.5, seed=k, leak_tau=30.0)
            for k in range(len(every))
        ]

    names = [f"l{k}" for k in range(len(every))]
    expected, lost = by_hand(layers(), every, policies[: len(every)], x, dt, limit)
    net = MultiClockSNN(
        layers(), names, every, policies=policies[: len(every)], pending_limit=limit
    )
    found = np.concatenate([net.run(part, dt) for part in np.split(x, sorted(cuts))])
    assert np.array_equal(found, expected)
    assert net.lost == dict(zip(names, lost, strict=True))
    net.reset()
    assert net.lost == dict.fromkeys(names, 0)
    assert np.array_equal([net.step(word, dt) for word in x], expected)


def test_only_the_first_crossing_asks_for_bits() -> None:
    net = MultiClockSNN([relay(1), relay(1)], ["a", "b"], [2, 2], policies=["accumulate", "once"])
    assert net.run([[0.25], [0.75], [0.5], [0.25]])[:, 0].tolist() == [0, 1, 1, 0]


def test_inputs_may_be_written_over_between_runs() -> None:
    """The word that a crossing holds is not the caller's array."""
    layers = [HetSynLayer.from_arrays([[5.0]], [[1.0]]) for _ in range(2)]
    x = np.ones((3, 1))
    net = MultiClockSNN([layers[0]], ["a"], [4])
    net.run(x[:2])
    x[1] = 0.0
    assert net._states[0].held.tolist() == [1.0]


def test_layers_of_a_domain_tick_together() -> None:
    def made() -> list[HetSynLayer]:
        return [HetSynLayer(4, 4, threshold=0.3, seed=k) for k in range(3)]

    a, b = made(), made()
    domains = [ClockDomain("in", 1, a[:1]), ClockDomain("slow", 3, a[1:])]
    one = MultiClockSNN.from_domains(domains, ["once", "accumulate"], pending_limit=5)
    other = MultiClockSNN(
        b,
        ["in", "slow.0", "slow.1"],
        [1, 3, 3],
        policies=["once", "accumulate", "hold"],
        pending_limit=5,
    )
    x = (np.random.default_rng(4).random((90, 4)) < 0.5).astype(float)
    assert one.layer_names == other.layer_names
    assert one.policies == other.policies
    found = one.run(x)
    assert found.any()
    assert np.array_equal(found, other.run(x))
