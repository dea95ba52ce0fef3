"""Recordings of spikes, state and rates."""

from __future__ import annotations

from sc_model.network import (
    IF,
    CurrentStimulus,
    Network,
    Population,
    RateMonitor,
    SpikeMonitor,
    StateMonitor,
)


def test_monitors() -> None:
    population = Population(IF(resistance=1.0, threshold=2.5), 2)
    net = Network(0.5, [population, CurrentStimulus(population, [2.0, 1.0])])
    spikes, v, rate = (
        SpikeMonitor(population),
        StateMonitor(population, "v", every=2, neurons=[1]),
        RateMonitor(population, 3.0),
    )
    for monitor in (spikes, v, rate):
        net.add(monitor)
    net.run(ms=6)
    assert list(spikes.steps) == [2, 5, 5, 8, 11, 11]
    assert list(spikes.neurons) == [0, 0, 1, 0, 0, 1]
    assert list(spikes.times_ms) == [1.5, 3.0, 3.0, 4.5, 6.0, 6.0]
    assert list(spikes.counts) == [4, 2]
    assert list(spikes.of(1)) == [3.0, 6.0]
    assert list(v.steps) == [0, 2, 4, 6, 8, 10]
    assert v["v"].tolist() == [[0.5], [1.5], [2.5], [0.5], [1.5], [2.5]]
    assert list(rate.rates_hz) == [500.0, 500.0]
    net.reset()
    assert (len(spikes.times_ms), v["v"].shape, len(rate.rates_hz), net.steps) == (0, (0, 1), 0, 0)
