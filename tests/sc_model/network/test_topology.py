"""Topologies, by their counts and their order."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse

from sc_model.network import (
    Population,
    Projection,
    Relay,
)


def pair(n_source: int, n_target: int) -> tuple[Population, Population]:
    return Population(Relay, n_source, label="pre"), Population(Relay, n_target, label="post")


def test_order_of_all_to_all_is_by_source_then_by_target() -> None:
    """So that the delays of a layer (out, in) are given as delays.T.ravel()."""
    pre, post = pair(3, 2)
    delays = np.array([[0, 1, 2], [3, 4, 5]])  # (out, in)
    weights = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    projection = Projection(pre, post, weights.T, topology="all_to_all", delay=delays.T.ravel())
    np.testing.assert_array_equal(projection.dense(), weights.T)
    for source in range(3):
        projection.reset()
        arrived = np.array([projection.propagate(np.eye(3)[source] * (t == 0)) for t in range(6)])
        for target in range(2):
            expected = np.zeros(6)
            expected[delays[target, source]] = weights[target, source]
            np.testing.assert_array_equal(arrived[:, target], expected)


def test_topologies() -> None:
    pre, post = pair(200, 300)
    drawn = Projection(pre, post, 1.0, probability=0.1, seed=7)
    assert abs(drawn.size - 6000) < 4 * math.sqrt(60_000 * 0.1 * 0.9)
    np.testing.assert_array_equal(
        drawn.indices, Projection(pre, post, 1.0, probability=0.1, seed=7).indices
    )
    assert drawn.size != Projection(pre, post, 1.0, probability=0.1, seed=8).size
    assert Projection(pre, post, 1.0, probability=1.0).size == 60_000
    assert Projection(pre, post, 1.0, probability=0.0).size == 0
    one = Projection(pre, pre, np.arange(200.0), topology="one_to_one")
    np.testing.assert_array_equal(one.dense(), np.diag(np.arange(200.0)))
    matrix = np.array([[0.0, 1.5, 0.0], [2.0, 0.0, -1.0]])
    a, b = pair(2, 3)
    for weight in (
        matrix,
        sparse.csr_array(matrix),
        sparse.coo_array(matrix),
        sparse.csc_matrix(matrix),
    ):
        explicit = Projection(a, b, weight, topology="explicit", delay=[1, 2, 3])
        np.testing.assert_array_equal(explicit.dense(), matrix)
        assert (list(explicit.indptr), list(explicit.indices)) == ([0, 1, 3], [1, 0, 2])
    unsorted = sparse.csr_array(
        (np.array([3.0, 1.0, 2.0]), np.array([2, 0, 2]), np.array([0, 3, 3])), shape=(2, 3)
    )
    np.testing.assert_array_equal(
        Projection(a, b, unsorted, topology="explicit").dense(), [[1, 0, 5], [0, 0, 0]]
    )


def test_random_does_not_depend_on_how_much_is_drawn_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pre, post = pair(50, 20)
    whole = Projection(pre, post, 1.0, probability=0.3)
    monkeypatch.setattr("sc_model.network.topology.AT_ONCE", 60)
    parts = Projection(pre, post, 1.0, probability=0.3)
    np.testing.assert_array_equal(whole.dense(), parts.dense())
