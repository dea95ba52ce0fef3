"""LIF, IF and LI against closed forms and snnTorch."""

from __future__ import annotations

import numpy as np
import pytest
from population_runs import DT, outputs

from sc_model.network import (
    LI,
    LIF,
    Integrator,
    Population,
)


def test_lif_potential_is_the_closed_form() -> None:
    rng = np.random.default_rng(1)
    tau, current, rest = rng.uniform(2, 50, 20), rng.uniform(0.1, 0.9, 20), -0.3
    _, state = outputs(
        LIF(tau_ms=tau, resistance=1.1, v_rest=rest, threshold=5.0), np.tile(current, (1000, 1))
    )
    t = DT * np.arange(1, 1001)[:, None]
    np.testing.assert_allclose(
        state["v"], rest + 1.1 * current * (1 - np.exp(-t / tau)), rtol=0, atol=1e-13
    )


@pytest.mark.parametrize("refractory", [0.0, 2.0, 0.3])
def test_lif_interval_is_the_closed_form(refractory: float) -> None:
    """T = tau ln(RI / (RI - threshold)) + refractory: a spike is found at the end of the step in
    which v gets there.
    """
    current, tau, dt = np.linspace(1.05, 4.0, 40), 12.0, 0.01
    model = LIF(tau_ms=tau, resistance=2.0, threshold=1.5, refractory_ms=refractory)
    spikes, _ = outputs(model, np.tile(current, (12_000, 1)), dt)
    expected = tau * np.log(2 * current / (2 * current - 1.5)) + refractory
    for neuron, interval in enumerate(expected):
        found = dt * np.diff(np.flatnonzero(spikes[:, neuron]))
        assert len(found) >= 2
        assert (found >= interval - 1e-9).all()
        assert (found < interval + dt + 1e-9).all()


def test_below_rheobase_there_is_no_spike() -> None:
    """The drive is the threshold at the most, and a spike needs more."""
    spikes, _ = outputs(LIF(tau_ms=5.0, method="euler"), np.array([[0.5, 1.0, 1.01]] * 2000))
    assert list(spikes.sum(axis=0) > 0) == [False, False, True]


@pytest.mark.parametrize("reset", ["zero", "subtract"])
@pytest.mark.parametrize("delay", [False, True])
@pytest.mark.parametrize("beta", [0.9, 0.0])
def test_leaky_of_snntorch(reset: str, delay: bool, beta: float) -> None:
    """v <- beta v + x, spike for spike; no input so large that a reset leaves v above the
    threshold.
    """
    torch, snntorch = pytest.importorskip("torch"), pytest.importorskip("snntorch")
    x = np.random.default_rng(3).uniform(-0.3, 0.9 if beta else 1.9, (300, 50))
    leaky = snntorch.Leaky(
        beta=torch.tensor(beta, dtype=torch.float64), reset_mechanism=reset, reset_delay=delay
    )
    spikes, mems, mem = [], [], torch.zeros(50, dtype=torch.float64)
    for row in torch.tensor(x):
        spike, mem = leaky(row, mem)
        spikes.append(spike.numpy())
        mems.append(mem.numpy())
    model = LIF.from_beta(beta, 1.0, reset=reset, reset_delay=delay)
    found, state = outputs(model, x, 1.0)
    assert found.sum() > 1000
    np.testing.assert_array_equal(found, np.array(spikes))
    np.testing.assert_allclose(state["v"], np.array(mems), rtol=0, atol=1e-12)


def test_models_without_spikes_put_out_their_potential() -> None:
    x = np.random.default_rng(7).normal(size=(200, 3))
    sums, _ = outputs(Integrator(resistance=0.5), x)
    np.testing.assert_allclose(sums, 0.5 * DT * np.cumsum(x, axis=0), atol=1e-12)
    euler, _ = outputs(LI(tau_ms=3.0, method="euler"), x)
    exact, _ = outputs(LI(tau_ms=3.0), x)
    v = w = np.zeros(3)
    for t, row in enumerate(x):
        v = v + DT / 3.0 * (row - v)
        w = row + (w - row) * np.exp(-DT / 3.0)
        np.testing.assert_allclose(euler[t], v, atol=1e-12)
        np.testing.assert_allclose(exact[t], w, atol=1e-12)
    population = Population(LI, 3)
    population.step([1.0, 1.0, 1.0], DT)
    assert not population.spikes.any()
