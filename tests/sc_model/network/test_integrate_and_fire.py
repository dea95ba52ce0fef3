"""Integrate-and-fire models against closed forms, plain scalar loops and snnTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sc_model.network import (
    IF,
    LI,
    LIF,
    AdaptiveLIF,
    CubaLI,
    CubaLIF,
    Integrator,
    Izhikevich,
    Model,
    Population,
    Relay,
)

DT = 0.1


def outputs(
    model: Model, currents: np.ndarray, dt_ms: float = DT
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """What a population of as many neurons as `currents` has columns puts out, and its state, step
    by step.
    """
    population = Population(model, currents.shape[1])
    out, states = [], []
    for current in currents:
        out.append(population.step(current, dt_ms))
        states.append(population.state)
    return np.array(out), {name: np.array([state[name] for state in states]) for name in states[0]}


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


@pytest.mark.parametrize(
    "model", [LIF(tau_ms=8.0, method="euler", resistance=80.0), IF(resistance=10.0)]
)
def test_threshold_is_strict(model: Model) -> None:
    """A current of 1 raises v by exactly 1 in the first step of 0.1 ms."""
    spikes, _ = outputs(model, np.array([[1.0, np.nextafter(1.0, 2.0)]]))
    assert list(spikes[0]) == [0.0, 1.0]


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


def test_refractory_neuron_stays_where_the_reset_put_it() -> None:
    given = {"resistance": 1.0, "threshold": 1.0, "refractory_ms": 3.0}
    for reset, expected in (
        ("zero", [0, 0, 0, 0, 1.5 - 1.5]),
        ("subtract", [0.5, 0.5, 0.5, 0.5, 1.0]),
    ):
        spikes, state = outputs(IF(reset=reset, **given), np.array([[1.5]] * 4 + [[0.5]]), 1.0)
        expected[-1] = expected[0] + 0.5
        assert list(state["v"][:, 0]) == expected
        assert list(spikes[:, 0]) == [1, 0, 0, 0, 0]


def test_subtract_keeps_what_is_above_and_takes_the_distance_to_v_reset() -> None:
    _, state = outputs(
        IF(threshold=-50.0, v_reset=-65.0, reset="subtract"), np.array([[17.0], [0.0]]), 1.0
    )
    assert list(state["v"][:, 0]) == [-48.0 - 15.0, -63.0]


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


def test_cuba_lif_steps_the_current_first() -> None:
    given: dict[str, Any] = {
        "tau_syn_ms": 4.0,
        "tau_ms": 15.0,
        "resistance": 3.0,
        "v_rest": 0.1,
        "w_in": 2.0,
    }
    x = (np.random.default_rng(6).random((400, 5)) < 0.2).astype(float)
    spikes, state = outputs(CubaLIF(threshold=0.9, **given), x, 1.0)
    silent, _ = outputs(CubaLI(**given), x, 1.0)
    for neuron in range(5):
        i, v, u = 0.0, 0.1, 0.1
        for t in range(400):
            i += (-i + 2.0 * x[t, neuron]) / 4.0
            v += (0.1 - v + 3.0 * i) / 15.0
            u += (0.1 - u + 3.0 * i) / 15.0
            fired = v > 0.9
            v = 0.0 if fired else v
            assert spikes[t, neuron] == fired
            assert state["v"][t, neuron] == pytest.approx(v, abs=1e-12)
            assert silent[t, neuron] == pytest.approx(u, abs=1e-12)
    assert spikes.sum() > 20


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


def test_relay_hands_on() -> None:
    population = Population(Relay, 3)
    assert list(population.step([0.0, 2.5, -1.0], DT)) == [0.0, 2.5, -1.0]
    assert list(population.spikes) == [False, True, True]


def scalar_izhikevich(
    current: list[float], a: float, b: float, c: float, d: float
) -> tuple[list[int], list[float]]:
    """The program of the 2003 paper, one neuron, 1 ms: it looks for a spike before it
    integrates.
    """
    v, fired, seen = -65.0, [], []
    u = b * v
    for now, value in enumerate(current):
        if v >= 30:
            fired.append(now)
            v, u = c, u + d
        v += 0.5 * (0.04 * (v * v) + 5 * v + 140 - u + value)
        v += 0.5 * (0.04 * (v * v) + 5 * v + 140 - u + value)
        u += a * (b * v - u)
        seen.append(v)
    return fired, seen


@pytest.mark.parametrize(
    "abcd", [(0.02, 0.2, -65.0, 8.0), (0.1, 0.2, -65.0, 2.0), (0.02, 0.2, -50.0, 2.0)]
)
def test_izhikevich_is_the_papers_program(abcd: tuple[float, float, float, float]) -> None:
    levels = np.array([0.0, 4.0, 6.0, 10.0, 14.0])
    x = np.tile(levels, (600, 1)) * (np.arange(600) >= 50)[:, None]
    spikes, state = outputs(Izhikevich(**dict(zip("abcd", abcd, strict=True))), x, 1.0)
    for neuron in range(5):
        fired, v = scalar_izhikevich(
            [*x[:, neuron], 0.0], *abcd
        )  # one more: it sees the last spike a step later
        assert list(np.flatnonzero(spikes[:, neuron]) + 1) == fired
        quiet = spikes[:, neuron] == 0
        np.testing.assert_array_equal(state["v"][quiet, neuron], np.array(v[:-1])[quiet])
    assert spikes[:, 3].sum() > 5
    assert spikes[:, 0].sum() == 0


@pytest.mark.parametrize("name", sorted(Model.known))
def test_a_step_is_pure(name: str) -> None:
    """The same from the same state, and nothing written into."""
    model, x = Model.known[name](), np.full(4, 3.0)
    state = model.initial(4)
    for _ in range(20):
        state, _ = model.step(state, x, DT)
    kept = {field: values.copy() for field, values in state.items()}
    for values in (*state.values(), x):
        values.flags.writeable = False
    first, again = model.step(state, x, DT), model.step(state, x, DT)
    np.testing.assert_array_equal(first[1], again[1])
    assert first[1].dtype == np.float64
    assert first[1].shape == (4,)
    for field, values in kept.items():
        np.testing.assert_array_equal(state[field], values)
        np.testing.assert_array_equal(first[0][field], again[0][field])
