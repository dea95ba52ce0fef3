"""What rules over the network's synapses share: names of synapses, values carried, bounds."""

from __future__ import annotations

import math

import numpy as np

from sc_model.learning.synapses import bounds, carried, pairs
from sc_model.network import STDP, Population, Projection, Relay
from sc_model.network.csr import Csr


def projection(there: np.ndarray, **options: object) -> Projection:
    """Synapses of weight 1 where the matrix holds 1."""
    source, target = (
        Population(Relay, n, label) for n, label in zip(there.shape, "ab", strict=True)
    )
    return Projection(source, target, there * 1.0, topology="explicit", **options)


def csr(rows: list[list[int]]) -> Csr:
    return projection(np.array(rows)).csr


def test_pairs_name_synapses_by_source_and_target() -> None:
    there = csr([[0, 1, 1], [1, 0, 0]])
    assert pairs(there).tolist() == [0 * 3 + 1, 0 * 3 + 2, 1 * 3 + 0]


def test_values_go_with_their_synapses() -> None:
    old, new = csr([[0, 1, 1], [1, 0, 0]]), csr([[1, 0, 1], [1, 0, 1]])
    values = np.array([10.0, 20.0, 30.0])  # of (0, 1), (0, 2), (1, 0)
    # (0, 0) and (1, 2) are new, (0, 1) is gone
    assert carried(values, old, new).tolist() == [0.0, 20.0, 30.0, 0.0]


def test_the_same_topology_keeps_the_same_array() -> None:
    values = np.array([1.0, 2.0])
    assert carried(values, csr([[1, 1]]), csr([[1, 1]])) is values


def test_bounds_are_those_of_the_projections_own_plasticity() -> None:
    there = np.ones((1, 1))
    assert bounds(projection(there)) == (-math.inf, math.inf)
    assert bounds(projection(there, plasticity=STDP(w_min=0.25, w_max=2.0))) == (0.25, 2.0)
