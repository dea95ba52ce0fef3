"""Currents, spikes at given times, and Poisson spikes."""

from __future__ import annotations

import numpy as np

from sc_model.network import (
    CurrentStimulus,
    PoissonStimulus,
    Population,
    Relay,
    SpikeStimulus,
)


def test_stimuli() -> None:
    target = Population(Relay, 3)
    assert list(CurrentStimulus(target, 2.0, 1, 3).current(0, 1.0)) == [0, 0, 0]
    assert [CurrentStimulus(target, 2.0, 1, 3).current(step, 1.0)[1] for step in range(5)] == [
        0,
        2,
        2,
        0,
        0,
    ]
    rows = CurrentStimulus(target, np.arange(6.0).reshape(2, 3), 1)
    assert [rows.current(step, 1.0)[2] for step in range(4)] == [0, 2, 5, 0]
    spikes = SpikeStimulus(target, [5, 1, 5, 5], [0, 2, 2, 0], weight=0.5)
    assert [list(spikes.current(step, 1.0)) for step in (0, 1, 5)] == [
        [0, 0, 0],
        [0, 0, 0.5],
        [1.0, 0, 0.5],
    ]
    raster = np.random.default_rng(0).random((20, 3)) < 0.3
    given = SpikeStimulus.from_raster(target, raster)
    np.testing.assert_array_equal([given.current(step, 1.0) for step in range(20)], raster)


def test_poisson_rate_and_seed() -> None:
    target = Population(Relay, 500)
    rates = np.linspace(0.0, 100.0, 500)
    drawn = np.array(
        [PoissonStimulus(target, rates, seed=3).current(step, 0.5) for step in range(2000)]
    )  # 1 s
    assert abs(drawn.sum() - rates.sum()) < 4 * np.sqrt(rates.sum())
    assert abs(drawn[:, 400:].sum() - rates[400:].sum()) < 4 * np.sqrt(rates[400:].sum())
    again = PoissonStimulus(target, rates, seed=3)
    np.testing.assert_array_equal(again.current(1234, 0.5), drawn[1234])
    assert (PoissonStimulus(target, rates, seed=4).current(1234, 0.5) != drawn[1234]).any()
    # steps and neurons don't know of each other: as many in two steps in a row as chance has it
    both, expected = (drawn[1:] * drawn[:-1]).sum(), ((rates * 0.5 / 1000) ** 2).sum() * 1999
    assert abs(both - expected) < 4 * np.sqrt(expected)
