"""Noisy gradients: a falling rate ends at the minimum, a constant rate does not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sc_model.learning import (
    CosineScheduler,
    ExponentialScheduler,
    StepScheduler,
    WarmupCosineScheduler,
)

NAME = "schedulers"
TASK = (
    "A linear model of 20 weights is fitted by single examples with noisy targets (sd 0.5), 3,000"
    " steps of stochastic gradient descent from the rate 0.03. Taken as the learner: warm-up and"
    " cosine; the others are in the JSON."
)
BASELINE = "The same rate throughout."
SCORE = "-log10 of the squared distance from the true weights, per weight."
SOLVED = 3.0

STEPS, SIZE, RATE = 3000, 20, 0.03
SCHEDULES: dict[str, Callable[[], Callable[[], float]]] = {
    "constant": lambda: lambda: RATE,
    "step": lambda: StepScheduler(RATE, 500, 0.4).step,
    "exponential": lambda: ExponentialScheduler(RATE, 0.01 ** (1 / STEPS)).step,
    "cosine": lambda: CosineScheduler(RATE, RATE / 100, STEPS).step,
    "warmup_cosine": lambda: WarmupCosineScheduler(RATE, RATE / 100, 100, STEPS).step,
}


def distance(seed: int, rate: Callable[[], float]) -> float:
    """Return the score after training."""
    draws = np.random.default_rng(seed)
    true, weight = draws.normal(size=SIZE), np.zeros(SIZE)
    for x, noise in zip(draws.normal(size=(STEPS, SIZE)), draws.normal(0, 0.5, STEPS), strict=True):
        weight += rate() * (true @ x + noise - weight @ x) * x
    return -float(np.log10(np.mean((weight - true) ** 2)))


def run(seed: int) -> dict[str, float]:
    """Train with each schedule; the baseline is a constant rate."""
    distances = {name: distance(seed, make()) for name, make in SCHEDULES.items()}
    return {"learner": distances["warmup_cosine"], "baseline": distances["constant"], **distances}
