"""Adaptive LIF against Bellec's equations, one neuron at a time."""

from __future__ import annotations

import math

import numpy as np
from population_runs import outputs

from sc_model.network import (
    LIF,
    AdaptiveLIF,
)


def scalar_alif(
    x: np.ndarray, tau: float, tau_a: float, beta: float, threshold: float, dt: float
) -> list[int]:
    """Bellec et al. 2020, as printed: one neuron."""
    alpha, rho = math.exp(-dt / tau), math.exp(-dt / tau_a)
    v = a = 0.0
    z, fired = 0, []
    for now in x:
        v = alpha * v + float(now) - z * threshold
        a = rho * a + z
        z = int(v > threshold + beta * a)
        fired.append(z)
    return fired


def test_adaptive_lif_is_bellec_s() -> None:
    x, tau, tau_a, beta = np.random.default_rng(5).uniform(0, 0.5, (500, 8)), 20.0, 150.0, 0.17
    model = AdaptiveLIF(
        tau_ms=tau,
        resistance=1 / -math.expm1(-1.0 / tau),
        threshold=0.6,
        beta=beta,
        tau_a_ms=tau_a,
        reset="subtract",
        reset_delay=True,
    )
    spikes, _ = outputs(model, x, 1.0)
    for neuron in range(8):
        assert list(spikes[:, neuron]) == scalar_alif(x[:, neuron], tau, tau_a, beta, 0.6, 1.0)
    plain, _ = outputs(
        LIF(
            tau_ms=tau,
            resistance=model.resistance,
            threshold=0.6,
            reset="subtract",
            reset_delay=True,
        ),
        x,
        1.0,
    )
    assert 100 < spikes.sum() < 0.8 * plain.sum()
