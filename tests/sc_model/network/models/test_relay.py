"""A population that passes its input on."""

from __future__ import annotations

from population_runs import DT

from sc_model.network import (
    Population,
    Relay,
)


def test_relay_hands_on() -> None:
    population = Population(Relay, 3)
    assert list(population.step([0.0, 2.5, -1.0], DT)) == [0.0, 2.5, -1.0]
    assert list(population.spikes) == [False, True, True]
