"""Nine clients with data of their own: majority of signs, and the secure sum of gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sc_model.learning import FederatedAggregator, SecureAggregation

NAME = "FederatedAggregator"
TASK = (
    "Logistic regression over 30 features; each of nine clients has 40 examples of its own. 300"
    " rounds, in which the server gets one bit a weight and client and takes the majority (rate"
    " 0.02, falling to 0). `secure_sum` in the JSON: 12 rounds of gradient descent on the secure"
    " sum of all gradients, the ninth client dropping out of every second round."
)
BASELINE = "The best of the nine clients by itself, with the same steps."
SCORE = "Share of 2,000 test examples answered right; chance is 0.5."
SOLVED = 0.88

CLIENTS, FEATURES, EXAMPLES, ROUNDS = 9, 30, 40, 300


def data(seed: int) -> tuple[list[tuple[np.ndarray, np.ndarray]], tuple[np.ndarray, np.ndarray]]:
    """Return the examples of each client, and those of the test."""
    draws = np.random.default_rng(seed)
    true = draws.normal(size=FEATURES)

    def client(count: int) -> tuple[np.ndarray, np.ndarray]:
        x = draws.normal(size=(count, FEATURES))
        return x, (x @ true > 0).astype(float)

    return [client(EXAMPLES) for _ in range(CLIENTS)], client(2000)


def gradient(weight: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the gradient of the mean negative log-likelihood."""
    return (1 / (1 + np.exp(-x @ weight)) - y) @ x / len(x)


def rate(k: int) -> float:
    """Return the step of a weight in round k."""
    return 0.02 * (1 - k / ROUNDS)


def descended(
    step: Callable[[np.ndarray, int], np.ndarray], rounds: int, test: tuple[np.ndarray, np.ndarray]
) -> float:
    """Return the test accuracy after so many rounds."""
    weight = np.zeros(FEATURES)
    for k in range(rounds):
        weight = weight + step(weight, k)
    return float(((test[0] @ weight > 0) == test[1]).mean())


def run(seed: int) -> dict[str, float]:
    """Train by votes and by secure sums; the baseline is the best client by itself."""
    clients, test = data(seed)
    aggregation = SecureAggregation(seed=seed)

    def voted(weight: np.ndarray, k: int) -> np.ndarray:
        bits = [(gradient(weight, x, y) < 0).astype(np.uint8) for x, y in clients]
        return rate(k) * (2.0 * FederatedAggregator.aggregate_gradients(bits) - 1)

    def summed(weight: np.ndarray, k: int) -> np.ndarray:
        dropped = (8,) if k % 2 else ()  # the ninth client is missing in every second round
        gradients = [gradient(weight, x, y) for x, y in clients]
        mean = aggregation.sum(gradients, dropped=dropped).total / (CLIENTS - len(dropped))
        return -4 * mean

    def single(x: np.ndarray, y: np.ndarray) -> float:
        return descended(lambda weight, k: rate(k) * np.sign(-gradient(weight, x, y)), ROUNDS, test)

    return {
        "learner": descended(voted, ROUNDS, test),
        "baseline": max(single(x, y) for x, y in clients),
        "secure_sum": descended(summed, 12, test),
    }
