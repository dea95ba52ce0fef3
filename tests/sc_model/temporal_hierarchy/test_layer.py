"""A layer against its equations, in plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_model.temporal_hierarchy import HetSynLayer
from sc_model.temporal_hierarchy.layer import BLOCK, FLUSH


def by_hand(layer: HetSynLayer, inputs: np.ndarray, dt: float) -> np.ndarray:
    """The equations of the layer, one step and one neuron at a time, from rest."""
    trace, v, fired = np.zeros(layer.tau.shape), np.zeros(layer.n_neurons), []
    for x in inputs:
        trace = np.exp(-dt / layer.tau) * trace + x
        for j in range(layer.n_neurons):
            if layer.leak_tau is not None:
                v[j] *= np.exp(-dt / layer.leak_tau)
            v[j] += float(np.sum(layer.weight[j] * trace[j]))
        spike = v >= layer.threshold
        v = v - layer.threshold * spike
        fired.append(spike.astype(float))
    return np.array(fired)


@pytest.mark.parametrize("leak_tau", [None, 3.0])
@pytest.mark.parametrize("dt", [0.5, 1.0, 8.0])
def test_layer_equals_its_equations(dt: float, leak_tau: float | None) -> None:
    layer = HetSynLayer(13, 9, tau_mean=8.0, tau_std=1.5, threshold=1.25, seed=7, leak_tau=leak_tau)
    inputs = np.random.default_rng(1).random((300, 13)) < 0.2
    found = layer.run(inputs, dt)
    assert (found == by_hand(layer, inputs, dt)).all()
    assert 0.05 < found.mean() < 0.95
    assert layer.tau.min() == 0.5
    assert layer.tau.max() == 100.0


def test_a_leak_changes_the_spikes() -> None:
    inputs = np.random.default_rng(2).random((200, 10)) < 0.2
    plain, leaky = (HetSynLayer(10, 10, seed=3, leak_tau=leak).run(inputs) for leak in (None, 3.0))
    assert (plain != leaky).any()


@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 70)),
    steps=st.integers(0, 150),
    cuts=st.lists(st.integers(0, 150), max_size=3),
    seed=st.integers(0, 2**32 - 1),
)
def test_run_has_the_bits_of_step(
    shape: tuple[int, int], steps: int, cuts: list[int], seed: int
) -> None:
    """However a sequence is cut: the same traces and potentials, to the last bit."""
    n_inputs, n_neurons = shape
    inputs = np.random.default_rng(seed).normal(size=(steps, n_inputs))
    one, other = (
        HetSynLayer(n_inputs, n_neurons, tau_std=2.0, seed=seed, leak_tau=20.0) for _ in range(2)
    )
    stepped = [one.step(x, 1.0) for x in inputs]
    ran = [
        part
        for piece in np.split(inputs, sorted(min(c, steps) for c in cuts))
        for part in other.run(piece, 1.0)
    ]
    assert np.array_equal(stepped, ran)
    assert np.array_equal(one.trace, other.trace)
    assert np.array_equal(one.potential, other.potential)


def test_run_has_the_bits_of_step_over_several_blocks() -> None:
    one, other = (HetSynLayer(BLOCK // 5, 13, seed=5) for _ in range(2))
    assert len(one._blocks) == 3
    inputs = np.random.default_rng(5).normal(size=(FLUSH + 2, one.n_inputs))
    assert np.array_equal(other.run(inputs), [one.step(x) for x in inputs])
    assert np.array_equal(one.trace, other.trace)
    assert np.array_equal(one.potential, other.potential)


def test_the_same_sums_when_currents_are_made_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = np.random.default_rng(6).random((100, 12)) < 0.3
    whole = HetSynLayer(12, 10).run(inputs)
    monkeypatch.setattr("sc_model.temporal_hierarchy.layer.CURRENTS", 70)
    assert np.array_equal(HetSynLayer(12, 10).run(inputs), whole)


def test_a_trace_that_nobody_feeds_ends_at_zero() -> None:
    """It would stay at the least subnormal number, where arithmetic is slow."""
    one, other = (HetSynLayer.from_arrays([[10.0]], [[1.0]]) for _ in range(2))
    for steps, left in ((5001, np.exp(-500.0)), (1500, 0.0)):
        x = np.zeros((steps, 1))
        x[0] = left > 0
        one.run(x)
        assert float(one.trace[0, 0]) == pytest.approx(left, rel=1e-9, abs=0.0)
        for now in x:
            other.step(now)
        assert other.trace[0, 0] == one.trace[0, 0]


def test_a_single_synapse_by_hand() -> None:
    """tau = 1 / ln 2 halves the trace in each ms: 1, 1/2, 1/4, ... and 1 again; v in between 1,
    1.5, 1.75, 2.875.
    """
    layer = HetSynLayer.from_arrays([[1 / np.log(2)]], [[1.0]], threshold=1.75)
    found = []
    for x in (1.0, 0.0, 0.0, 1.0):
        fired = layer.step([x])
        found.append((fired[0], round(layer.trace[0, 0], 12), round(layer.potential[0], 12)))
    assert found == [(0.0, 1.0, 1.0), (0.0, 0.5, 1.5), (1.0, 0.25, 0.0), (0.0, 1.125, 1.125)]


def test_a_layer_from_arrays_copies_them_and_keeps_what_it_is_given() -> None:
    drawn = HetSynLayer(6, 4, seed=9, threshold=1.5, leak_tau=7.0)
    tau, weight = drawn.tau.copy(), drawn.weight.copy()
    made = HetSynLayer.from_arrays(tau, weight, 1.5, leak_tau=7.0)
    inputs = np.random.default_rng(9).random((100, 6)) < 0.4
    tau[:], weight[:] = 1.0, 0.0
    assert (made.run(inputs) == drawn.run(inputs)).all()
    assert (made.n_inputs, made.n_neurons, made.threshold, made.leak_tau) == (6, 4, 1.5, 7.0)
    with pytest.raises(ValueError, match=r"^assignment destination is read-only$"):
        made.tau[0, 0] = 2.0


def test_a_reset_begins_again() -> None:
    layer = HetSynLayer(8, 8, seed=1)
    inputs = np.random.default_rng(1).random((70, 8)) < 0.3
    first = layer.run(inputs)
    assert layer.trace.any()
    layer.reset()
    assert not layer.trace.any()
    assert not layer.potential.any()
    assert np.array_equal(layer.run(inputs), first)


def test_another_dt_takes_effect_at_once() -> None:
    layer = HetSynLayer.from_arrays([[2.0]], [[0.001]])
    layer.step([1.0], 1.0)
    layer.step([0.0], 3.0)
    assert layer.trace[0, 0] == np.exp(-1.5)
