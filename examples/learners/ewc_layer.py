"""Two tasks one after the other: a stochastic layer that does not forget the first."""

from __future__ import annotations

import numpy as np

from sc_model.learning import EWC_SCLayer

NAME = "EWC_SCLayer"
TASK = (
    "First task: two classes told apart by features 1 to 10. Second task: by features 11 to 20,"
    " while features 1 to 10 happen to point the wrong way. One layer with 20 inputs learns one"
    " after the other; both together can be solved."
)
BASELINE = "The same layer without the penalty."
SCORE = (
    "The lesser of both accuracies after the second task, on 1,000 examples each; chance is 0.5."
)
SOLVED = 0.8

FEATURES = 10


def examples(
    draws: np.random.Generator, teacher: np.ndarray, task: int, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs (count, 20) and targets (count, 1) of a task."""
    x = np.zeros((count, 2 * FEATURES))
    relevant = draws.normal(size=(count, FEATURES))
    y = (relevant @ teacher[task] > 0).astype(float)
    x[:, task * FEATURES : (task + 1) * FEATURES] = relevant
    if task:
        misleading = -(2 * y - 1)[:, None] * teacher[0] / np.linalg.norm(teacher[0])
        x[:, :FEATURES] = 0.3 * misleading + 0.3 * draws.normal(size=(count, FEATURES))
    return x, y[:, None]


def learned(seed: int, ewc_lambda: float) -> tuple[float, float]:
    """Return the accuracies of both tasks after training on both."""
    draws = np.random.default_rng(seed)
    teacher = draws.normal(size=(2, FEATURES))
    layer = EWC_SCLayer(2 * FEATURES, 1, learning_rate=0.5, ewc_lambda=ewc_lambda, seed=seed)
    for task in range(2):
        for _ in range(600):
            layer.train_step(*examples(draws, teacher, task, 32))
            if task and ewc_lambda:
                layer.apply_ewc_penalty(0.5)
        layer.consolidate_task()
    right = []
    for task in range(2):
        x, y = examples(draws, teacher, task, 1000)
        right.append(float(((layer.probabilities(x) > 0.5) == y).mean()))
    return right[0], right[1]


def run(seed: int) -> dict[str, float]:
    """Train with the penalty, and for the baseline without."""
    penalised, plain = learned(seed, 10.0), learned(seed, 0.0)
    return {
        "learner": min(penalised),
        "baseline": min(plain),
        "first_task": penalised[0],
        "second_task": penalised[1],
        "first_task_plain": plain[0],
        "second_task_plain": plain[1],
    }
