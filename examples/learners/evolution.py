"""A spiking neuron that tells random spike patterns apart, found by evolution."""

from __future__ import annotations

import numpy as np

from sc_model.learning import SNNGeneticEvolver

NAME = "SNNGeneticEvolver"
TASK = (
    "A leaky neuron with 40 inputs has to fire at 15 random patterns (each input spikes once in 30"
    " ticks) and to be silent at 15 others: 40 signed weights (Guetig & Sompolinsky 2006). 300"
    " generations of 20 individuals with the default rates; fitness is the mean shortfall of the"
    " highest potential from the right side of the threshold."
)
BASELINE = "The best of as many random neurons, drawn as the first generation is."
SCORE = "Share of the 30 patterns answered right; chance is 0.5."
SOLVED = 0.95

INPUTS, PATTERNS, TICKS, TAU, SPREAD = 40, 30, 30, 8.0, 0.2


class Neuron:
    """A leaky neuron with exponential synapses, up to its first spike; the evolver seeds the
    generator.
    """

    def __init__(self) -> None:
        self.weights = np.random.normal(0, SPREAD, INPUTS)


class Patterns:
    """Fitness and score of a neuron; a class, so that other processes can unpickle it."""

    def __init__(self, seed: int) -> None:
        draws = np.random.default_rng([seed, 1])
        age = np.arange(TICKS)[None, :, None] - draws.integers(0, TICKS, (PATTERNS, 1, INPUTS))
        self.traces = np.where(
            age >= 0, np.exp(-np.maximum(age, 0) / TAU), 0.0
        )  # (patterns, ticks, inputs)
        self.sign = np.where(np.arange(PATTERNS) % 2, 1.0, -1.0)

    def above(self, neuron: Neuron) -> np.ndarray:
        """Return how far the peak potential is on the right side of the threshold 1, by pattern."""
        return self.sign * ((self.traces @ neuron.weights).max(1) - 1.0)

    def __call__(self, neuron: Neuron) -> float:
        """Return the fitness."""
        return float(np.minimum(self.above(neuron), 0.05).mean())

    def right(self, neuron: Neuron) -> float:
        """Return the score."""
        return float((self.above(neuron) > 0).mean())


def run(seed: int) -> dict[str, float]:
    """Evolve; the baseline is the best of a random search with as many evaluations."""
    patterns = Patterns(seed)
    evolution = SNNGeneticEvolver(Neuron, patterns, seed=seed).evolve(300)
    np.random.seed(seed)
    best = max(patterns.right(Neuron()) for _ in range(evolution.evaluations))
    return {
        "learner": patterns.right(evolution.layer),
        "baseline": best,
        "evaluations": evolution.evaluations,
    }
