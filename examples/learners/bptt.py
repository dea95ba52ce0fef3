"""Delayed exclusive or by backpropagation through time."""

from __future__ import annotations

import _xor
import numpy as np
import torch

from sc_model.learning import BPTTLearner, NetworkModule

NAME = "BPTTLearner"
UPDATES, BATCH, TEST = 120, 64, 500
TASK = f"{_xor.TASK} {UPDATES} updates with {BATCH} trials each."
BASELINE = (
    "The same learner on the same network with the readout's weights alone: a fixed random"
    " recurrent network."
)
SCORE = f"Share of {TEST} further trials answered right; chance is 0.5."
SOLVED = 0.9


def loss(outputs: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy of the mean readout over the steps that ask for an answer."""
    return torch.nn.functional.cross_entropy(outputs[-_xor.ANSWER :].mean(0), classes[-1])


def trained(seed: int, everything: bool) -> float:
    """Return the accuracy."""
    draws = np.random.default_rng([seed, 2])
    module = NetworkModule(_xor.network(seed), dtype=torch.float32)
    if not everything:
        for weight in list(module.weights)[:2]:
            weight.requires_grad_(False)
    learner = BPTTLearner(module, loss, 0.02)
    for _ in range(UPDATES):
        spikes, classes, _ = _xor.trials(draws, BATCH)
        learner.train_step(spikes, classes)
    spikes, classes, _ = _xor.trials(draws, TEST)
    answers = learner.predict(spikes)[-_xor.ANSWER :].mean(0).argmax(1)
    return float((answers == torch.tensor(classes[-1])).float().mean())


def run(seed: int) -> dict[str, float]:
    """Train all weights, and for the baseline those of the readout alone."""
    torch.set_num_threads(1)
    return {"learner": trained(seed, True), "baseline": trained(seed, False)}
