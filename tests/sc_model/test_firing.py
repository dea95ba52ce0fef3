"""The one text of integrate, compare, reset: by hand, and the same bits in NumPy and in torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from sc_model.firing import IntegrateAndFire, Reset, approach, countdown, decayed

RESETS = [
    (kind, time) for kind in ("zero", "subtract", "none") for time in ("before", "after", "spike")
]


def neurons(kind: Any, time: Any, low: Any = None, **more: Any) -> IntegrateAndFire:
    """Neurons with a leak of 1/2 and a threshold of 1."""
    return IntegrateAndFire(
        lambda v, current: decayed(v, 0.5, current),
        lambda distance: (distance > 0) * 1.0,
        1.0,
        Reset(kind, time, 1.0 if low is None else 1.0 - low, low),
        **more,
    )


def run(each: IntegrateAndFire, currents: Any, zero: Any) -> list[tuple[list[float], list[float]]]:
    v, fired, steps = zero, zero, []
    for current in currents:
        after = each.step(v, fired, current)
        v, fired = after.potential, after.spikes
        steps.append((v.tolist(), fired.tolist()))
    return steps


@pytest.mark.parametrize(
    ("kind", "time", "potentials", "spikes"),
    [
        # currents 1.5, 0.5, 1.5, with a leak of 1/2
        ("zero", "spike", [0.0, 0.5, 0.0], [1, 0, 1]),
        ("zero", "before", [1.5, 0.5, 1.75], [1, 0, 1]),
        ("zero", "after", [1.5, 0.0, 1.5], [1, 0, 1]),
        ("subtract", "spike", [0.5, 0.75, 0.875], [1, 0, 1]),
        ("subtract", "before", [1.5, 0.75, 1.875], [1, 0, 1]),
        ("subtract", "after", [1.5, 0.25, 1.625], [1, 0, 1]),
        ("none", "spike", [1.5, 1.25, 2.125], [1, 1, 1]),
    ],
)
def test_a_run_by_hand(kind: str, time: str, potentials: list[float], spikes: list[int]) -> None:
    found = run(neurons(kind, time), np.array([[1.5], [0.5], [1.5]]), np.zeros(1))
    assert [(v, s) for (v,), (s,) in found] == list(zip(potentials, spikes, strict=True))


@pytest.mark.parametrize(("kind", "time"), RESETS)
def test_numpy_and_torch_give_the_same_bits(kind: str, time: str) -> None:
    currents = np.random.default_rng(0).normal(0.5, 1.0, (50, 20))
    each = neurons(kind, time, low=-0.25)
    ours = run(each, currents, np.zeros(20))
    theirs = run(
        each._replace(spike=lambda distance: (distance > 0).double()),
        torch.tensor(currents),
        torch.zeros(20, dtype=torch.float64),
    )
    assert ours == theirs
    assert any(any(fired) for _, fired in ours)


@pytest.mark.parametrize("package", [np, torch])
def test_a_neuron_at_rest_stays_and_does_not_fire(package: Any) -> None:
    array = package.asarray
    after = neurons("zero", "spike").step(
        array([0.25, 0.25]), None, array([9.0, 9.0]), resting=array([True, False])
    )
    assert after.spikes.tolist() == [0.0, 1.0]
    assert after.potential.tolist() == [0.25, 0.0]
    left = countdown(array([2.0, 0.0]), after.spikes, array(3.0))
    assert left.tolist() == [1.0, 3.0]
    assert countdown(left, array([0.0, 0.0]), array(3.0)).tolist() == [0.0, 2.0]
    assert countdown(array([0.0]), array([0.0]), array(3.0)).tolist() == [0.0]


def test_a_limit_acts_before_the_comparison() -> None:
    limited = neurons("zero", "spike", limit=lambda v: np.minimum(v, 0.75))
    after = limited.step(np.zeros(1), None, np.array([2.0]))
    assert (after.peak.tolist(), after.spikes.tolist()) == ([0.75], [0.0])


@pytest.mark.parametrize("time", ["before", "spike"])
def test_no_gradient_passes_a_detached_reset(time: str) -> None:
    """With spikes that are the potential itself, so that a gradient through them shows."""
    grads = []
    for detach in (torch.Tensor.detach, None):
        current = torch.ones(1, requires_grad=True)
        each = neurons("subtract", time, detach=detach)._replace(spike=lambda distance: distance)
        first = each.step(torch.zeros(1), torch.zeros(1), current)
        second = each.step(first.potential, first.spikes, torch.zeros(1))
        second.potential.sum().backward()
        assert current.grad is not None
        grads.append(float(current.grad))
    detached, through = grads
    # by the current: the leak alone; with the reset, v1 - (v1 - 1) does not depend on it
    assert detached == 0.5
    assert through == 0.0


def test_a_leaky_variable_approaches_its_target() -> None:
    assert approach(np.array([1.0]), 3.0, 0.25).tolist() == [1.5]
    v = np.array([1.0])
    for _ in range(10):
        v = approach(v, 3.0, -np.expm1(-0.1 / 2.0))
    assert v == pytest.approx(3.0 - 2.0 * np.exp(-1.0 / 2.0), rel=1e-14)
