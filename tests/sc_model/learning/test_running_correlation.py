"""Running correlation: the weighted sums written out, a reset between calls, checkpoints."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sc_model.learning.running_correlation import RunningCorrelation


def observed(
    counts: list[tuple[np.ndarray, np.ndarray]], memory: float, trace: float = 0.0
) -> RunningCorrelation:
    """Calls with so many spikes of source and target since the call before."""
    source, target = counts[0]
    running = RunningCorrelation(len(source), len(target), memory, trace)
    sides: list[Any] = [SimpleNamespace(spike_counts=np.zeros(len(side))) for side in counts[0]]
    for call in counts:
        for side, spikes in zip(sides, call, strict=True):
            side.spike_counts = side.spike_counts + spikes
        running.observe(*sides)
    return running


def spikes(calls: int, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    draws = np.random.default_rng(seed)
    common = draws.poisson(1.0, calls)
    return [
        (
            draws.poisson(1.0, 3) + np.array([common[k], 0, 0]),
            draws.poisson(1.0, 2) + np.array([common[k], 0]),
        )
        for k in range(calls)
    ]


def test_it_is_the_covariance_with_exponential_weights() -> None:
    """West's recurrence equals the weighted sums, written out over all calls."""
    counts, memory = spikes(40), 7.0
    share = 1 - np.exp(-1 / memory)
    rows = np.array([np.concatenate(call) for call in counts])
    # the first call begins the mean with weight 1; each later one gets `share` and shrinks the rest
    weights = share * (1 - share) ** np.arange(39, -1, -1.0)
    weights[0] = (1 - share) ** 39
    deviation = rows - weights @ rows
    covariance = (weights[:, None] * deviation).T @ deviation
    expected = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    np.testing.assert_allclose(observed(counts, memory).matrix(), expected[:3, 3:], atol=1e-12)


def test_common_input_correlates_and_no_change_does_not() -> None:
    matrix = observed(spikes(2000), 500.0).matrix()
    assert matrix[0, 0] > 0.35
    assert np.abs(matrix[1:]).max() < 0.15
    constant = [(np.ones(2), np.array([k % 2])) for k in range(20)]
    assert observed(constant, 5.0).matrix().tolist() == [[0.0], [0.0]]


def test_a_trace_lets_the_target_answer_later() -> None:
    """The target fires one call after the source: only with a trace do they correlate."""
    draws = np.random.default_rng(1)
    first = (draws.random(3000) < 0.2) * 1.0
    late = [(first[k : k + 1], first[k - 1 : k]) for k in range(1, 3000)]
    assert abs(observed(late, 1000.0).matrix()[0, 0]) < 0.1
    assert observed(late, 1000.0, trace=2.0).matrix()[0, 0] > 0.5


def test_counts_that_begin_again_are_a_reset() -> None:
    running = RunningCorrelation(1, 1, 10.0, 0.0)
    other = RunningCorrelation(1, 1, 10.0, 0.0)
    for total, since in ((2, 2), (5, 3), (1, 1), (2, 1)):  # reset in front of the third call
        side: Any = SimpleNamespace(spike_counts=np.array([float(total)]))
        running.observe(side, side)
        other.load_state_dict({**other.state_dict(), **{
            f"{who}.counts": np.zeros(1) for who in ("source", "target")
        }})  # fmt: skip
        difference: Any = SimpleNamespace(spike_counts=np.array([float(since)]))
        other.observe(difference, difference)
    for name, values in running.state_dict().items():
        if not name.endswith("counts"):
            np.testing.assert_array_equal(values, other.state_dict()[name])


def test_checkpoint_and_wrong_shapes() -> None:
    running = observed(spikes(10), 5.0)
    other = RunningCorrelation(3, 2, 5.0, 0.0)
    other.load_state_dict(running.state_dict())
    np.testing.assert_array_equal(other.matrix(), running.matrix())
    assert other.calls == 10
    with pytest.raises(ValueError, match=r"^covariance must have shape \(2, 2\), not \(3, 2\)$"):
        RunningCorrelation(2, 2, 5.0, 0.0).load_state_dict(running.state_dict())
