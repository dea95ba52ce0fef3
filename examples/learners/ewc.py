"""Digits, then the same digits with shuffled pixels: a network that does not forget the first."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits

from sc_model.learning import EWCPenalty

NAME = "EWCPenalty"
TASK = (
    "Handwritten digits (8 x 8, scikit-learn), then the same with their pixels shuffled; 64-100-10"
    " with ReLU, Adam, 40 epochs each. The penalty (lambda 2,000) has the Fisher information of 300"
    " training digits."
)
BASELINE = "The same network and updates without the penalty."
SCORE = (
    "The lesser of both accuracies after the second task, on 500 held-out digits; chance is 0.1."
)
SOLVED = 0.8

LAMBDA, EPOCHS, TEST = 2000.0, 40, 500


def learned(seed: int, ewc_lambda: float) -> tuple[float, float]:
    """Return the accuracies of both tasks after training on both."""
    torch.manual_seed(seed)
    draws = np.random.default_rng(seed)
    x, y = load_digits(return_X_y=True)
    order, shuffled = draws.permutation(len(x)), draws.permutation(x.shape[1])
    inputs, labels = torch.tensor(x[order] / 16, dtype=torch.float32), torch.tensor(y[order])
    data = [inputs, inputs[:, shuffled]]
    net = torch.nn.Sequential(torch.nn.Linear(64, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10))
    penalty = EWCPenalty(net, ewc_lambda)
    for task in data:
        optimiser = torch.optim.Adam(net.parameters(), 1e-3)
        for _ in range(EPOCHS):
            for batch in torch.randperm(len(x) - TEST).split(32):
                optimiser.zero_grad()
                loss = (
                    torch.nn.functional.cross_entropy(net(task[TEST:][batch]), labels[TEST:][batch])
                    + penalty.penalty()
                )
                loss.backward()
                optimiser.step()
        if ewc_lambda:
            penalty.consolidate_task(task[TEST : TEST + 300])
    with torch.no_grad():
        first, second = (
            float((net(task[:TEST]).argmax(1) == labels[:TEST]).float().mean()) for task in data
        )
    return first, second


def run(seed: int) -> dict[str, float]:
    """Train with the penalty, and for the baseline without."""
    torch.set_num_threads(1)
    penalised, plain = learned(seed, LAMBDA), learned(seed, 0.0)
    return {
        "learner": min(penalised),
        "baseline": min(plain),
        "first_task": penalised[0],
        "second_task": penalised[1],
        "first_task_plain": plain[0],
        "second_task_plain": plain[1],
    }
