"""Neurons ten times too fast, then, with a third of the input, far too slow: they find their rate
again.
"""

from __future__ import annotations

import numpy as np

from sc_model.learning import HomeostaticPlasticity
from sc_model.network import LIF, Network, PoissonStimulus, Population, Projection, Relay, Stimulus

NAME = "HomeostaticPlasticity"
TASK = (
    "Fifteen LIF neurons hear 60 excitatory and 15 inhibitory Poisson lines through weights that"
    " make them fire at about 100 Hz. After 15 s of 30 the lines' rate falls to a third. Each time"
    " the neurons have 9 s to come to 10 Hz."
)
BASELINE = "The same network without scaling."
SCORE = (
    "10 Hz over the rate of the last 6 s of each half, or its inverse where the rate is lower; the"
    " worse of both halves."
)
SOLVED = 0.9

RATE_HZ, TARGET_HZ, HALF_MS, SEEN_MS, EVERY = 40.0, 10.0, 15_000, 6_000, 50


class Falling(Stimulus):
    """Return Poisson spikes whose rate falls to a third half way."""

    def __init__(self, target: Population, seed: int) -> None:
        super().__init__(target)
        self.phases = [PoissonStimulus(target, rate, seed=seed) for rate in (RATE_HZ, RATE_HZ / 3)]

    def current(self, step: int, dt_ms: float) -> np.ndarray:
        """Return the rate of the phase to which the step belongs."""
        return self.phases[step * dt_ms >= HALF_MS].current(step, dt_ms)


def rates(seed: int, scaled: bool) -> list[float]:
    """Return the mean rate of the neurons at the end of each half, Hz."""
    draws = np.random.default_rng(seed)
    plus, minus, cells = (
        Population(Relay, 60),
        Population(Relay, 15),
        Population(LIF(tau_ms=20.0, refractory_ms=2.0), 15),
    )
    net = Network(1.0, [plus, minus, cells, Falling(plus, 2 * seed), Falling(minus, 2 * seed + 1)])
    for source, sign in ((plus, 4.5), (minus, -4.5)):
        weights = np.where(
            draws.random((source.n, 15)) < 0.5, sign * draws.uniform(0.5, 1.5, (source.n, 15)), 0.0
        )
        net.add(Projection(source, cells, weights, topology="explicit"))
    homeostasis, means = HomeostaticPlasticity(TARGET_HZ, tau=400.0), []
    for _ in range(2):
        for at_ms in range(0, HALF_MS, EVERY):
            if at_ms == HALF_MS - SEEN_MS:
                before = cells.spike_counts.sum()
            net.run(EVERY)
            if scaled:
                homeostasis.update(cells)
        means.append(float(1000.0 * (cells.spike_counts.sum() - before) / (cells.n * SEEN_MS)))
    return means


def score(means: list[float]) -> float:
    """Return how near the worse half is to the target."""
    return min(min(rate / TARGET_HZ, TARGET_HZ / rate) if rate else 0.0 for rate in means)


def run(seed: int) -> dict[str, float]:
    """Run with scaling, and for the baseline without."""
    with_it, without = rates(seed, True), rates(seed, False)
    return {
        "learner": score(with_it),
        "baseline": score(without),
        "first_hz": with_it[0],
        "second_hz": with_it[1],
        "first_hz_without": without[0],
        "second_hz_without": without[1],
    }
