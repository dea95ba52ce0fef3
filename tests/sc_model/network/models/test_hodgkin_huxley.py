"""Hodgkin and Huxley's membrane against a reference integration (SciPy, tight tolerance) and the
known rate curve.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sc_model.network import (
    CurrentStimulus,
    HodgkinHuxleyNeuron,
    Network,
    Population,
    SpikeMonitor,
    StateMonitor,
)

CURRENTS = (6.5, 7.0, 10.0, 20.0, 45.0)  # uA/cm2
MS = 100.0


def gates(v: float) -> Iterator[tuple[float, float]]:
    """Rates of m, h, n, in the form of 1952 (u from rest), with the limits where they are 0/0."""
    u = v + 65.0
    yield (
        (1.0 if abs(25 - u) < 1e-9 else 0.1 * (25 - u) / (math.exp((25 - u) / 10) - 1)),
        4 * math.exp(-u / 18),
    )
    yield 0.07 * math.exp(-u / 20), 1 / (math.exp((30 - u) / 10) + 1)
    yield (
        (0.1 if abs(10 - u) < 1e-9 else 0.01 * (10 - u) / (math.exp((10 - u) / 10) - 1)),
        0.125 * math.exp(-u / 80),
    )


def reference(current: Callable[[float], float], edges: tuple[float, ...]) -> np.ndarray:
    """Times at which v rises through 0 mV; integrated from edge to edge of the current."""

    def slope(t: float, y: np.ndarray) -> list[float]:
        v, m, h, n = y
        ionic = 120 * m**3 * h * (v - 50) + 36 * n**4 * (v + 77) + 0.3 * (v + 54.387)
        return [
            level - ionic,
            *(
                alpha * (1 - x) - beta * x
                for x, (alpha, beta) in zip((m, h, n), gates(v), strict=True)
            ),
        ]

    def up(t: float, y: np.ndarray) -> float:
        return float(y[0])

    up.direction = 1.0  # type: ignore[attr-defined]
    y = np.array([-65.0, *(alpha / (alpha + beta) for alpha, beta in gates(-65.0))])
    times: list[float] = []
    for begin, end in pairwise(edges):
        level = current((begin + end) / 2)
        solved = solve_ivp(
            slope, (begin, end), y, method="LSODA", rtol=1e-10, atol=1e-10, events=up
        )
        times += list(solved.t_events[0])
        y = solved.y[:, -1]
    return np.array(times)


def spike_times(
    stimulus: Callable[[Population], CurrentStimulus], n: int, dt: float, ms: float = MS
) -> list[np.ndarray]:
    population = Population(HodgkinHuxleyNeuron, n)
    net = Network(dt, [population, stimulus(population)])
    monitor = net.add(SpikeMonitor(population))
    net.run(ms=ms)
    return [monitor.of(neuron) for neuron in range(n)]


def test_spike_times_for_constant_currents() -> None:
    """Within 0.1 ms, and a quarter of the distance with half the step: the method is of second
    order.
    """
    wanted = [reference(lambda t, level=level: level, (0.0, MS)) for level in CURRENTS]
    worst = {}
    for dt in (0.01, 0.02, 0.04):
        found = spike_times(
            lambda population: CurrentStimulus(population, CURRENTS), len(CURRENTS), dt
        )
        assert [len(each) for each in found] == [len(each) for each in wanted]
        worst[dt] = max(float(np.abs(a - b).max()) for a, b in zip(found, wanted, strict=True))
    assert min(len(each) for each in wanted) >= 5
    assert worst[0.01] < 0.02
    assert worst[0.02] < 0.05
    assert 3.0 < worst[0.04] / worst[0.02] < 5.0


def test_spike_times_for_a_step_of_current() -> None:
    """Nothing, 12 from 20 to 70 ms, then -3."""

    def level(t: float) -> float:
        return 12.0 if 20 <= t < 70 else -3.0 if t >= 70 else 0.0

    wanted = reference(level, (0.0, 20.0, 70.0, MS))
    rows = np.array([[level((step + 0.5) * 0.01)] for step in range(10_000)])
    (found,) = spike_times(lambda population: CurrentStimulus(population, rows), 1, 0.01)
    assert len(found) == len(wanted) >= 3
    assert np.abs(found - wanted).max() < 0.02


def test_time_of_a_spike_is_interpolated() -> None:
    """Where the line from v before to v after is 0, at a step so long that it matters."""
    population = Population(HodgkinHuxleyNeuron, 1)
    net = Network(0.05, [population, CurrentStimulus(population, 20.0)])
    spikes, v = net.add(SpikeMonitor(population)), net.add(StateMonitor(population, "v"))
    net.run(ms=40)
    before, after = v["v"][spikes.steps - 1, 0], v["v"][spikes.steps, 0]
    wanted = [
        np.interp(0.0, [a, b], [step, step + 1]) * 0.05
        for a, b, step in zip(before, after, spikes.steps, strict=True)
    ]
    np.testing.assert_allclose(spikes.times_ms, wanted, rtol=0, atol=1e-12)
    assert len(wanted) >= 3


def test_rate_curve() -> None:
    """Class II: from rest it fires on and on from somewhere between 6 and 7 uA/cm2, at once with
    more than 50 Hz.
    """
    currents = np.array([0.0, 2.0, 4.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 30.0, 40.0, 160.0])
    times = spike_times(
        lambda population: CurrentStimulus(population, currents), len(currents), 0.05, 500.0
    )
    late = [each[each > 200.0] for each in times]
    assert [len(each) for each in late[:4]] == [0, 0, 0, 0]
    rates = np.array([1000 / np.diff(each).mean() for each in late[4:-1]])
    assert 50 < rates[0] < 62
    assert (np.diff(rates) > 0).all()
    assert 100 < rates[-1] < 130
    assert len(late[-1]) == 0  # depolarised for good


def test_rates_are_finite_where_their_formula_is_zero_by_zero() -> None:
    for v in (-40.0, -55.0):
        population = Population(HodgkinHuxleyNeuron(v_init=v), 1)
        for step in range(2):
            population.step([0.0], 0.01)
            assert all(np.isfinite(values).all() for values in population.state.values()), step
    near = [
        HodgkinHuxleyNeuron(v_init=-40.0 + offset).initial(1)["m"][0]
        for offset in (-1e-7, 0.0, 1e-7)
    ]
    assert near[0] == pytest.approx(near[1], abs=1e-7) == pytest.approx(near[2], abs=1e-7)


def test_long_steps_stay_finite() -> None:
    population = Population(HodgkinHuxleyNeuron, 3)
    for _ in range(2000):
        population.step([0.0, 50.0, 1000.0], 0.5)
    assert (np.abs(population.state["v"]) < 200).all()
    assert all(
        ((population.state[gate] >= 0) & (population.state[gate] <= 1)).all() for gate in "mhn"
    )
