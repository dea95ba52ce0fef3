"""Delayed exclusive or by e-prop, forward in time."""

from __future__ import annotations

import _xor
import numpy as np
import torch

from sc_model.learning import EPropLearner, NetworkModule

NAME = "EPropLearner"
UPDATES, BATCH, TEST = 200, 32, 500
TASK = (
    f"{_xor.TASK} {UPDATES} updates with {BATCH} trials each; the learning signal comes over fixed"
    " random feedback."
)
BASELINE = "The same learner on the same network with the readout's weights alone."
SCORE = f"Share of {TEST} further trials answered right; chance is 0.5."
SOLVED = 0.9


def trained(seed: int, feedback: str, everything: bool = True) -> float:
    """Return the accuracy."""
    draws = np.random.default_rng([seed, 2])
    module = NetworkModule(_xor.network(seed), dtype=torch.float32)
    if not everything:
        for weight in list(module.weights)[:2]:
            weight.requires_grad_(False)
    learner = EPropLearner(
        module, "cross_entropy", 0.02, feedback=feedback, feedback_scale=1.0, seed=seed
    )
    for _ in range(UPDATES):
        learner.train_step(*_xor.trials(draws, BATCH))
    spikes, classes, _ = _xor.trials(draws, TEST)
    with torch.no_grad():
        answers = module(spikes)[-_xor.ANSWER :].mean(0).argmax(1)
    return float((answers == torch.tensor(classes[-1])).float().mean())


def run(seed: int) -> dict[str, float]:
    """Learn with random and with symmetric feedback; the baseline trains the readout alone."""
    torch.set_num_threads(1)
    return {
        "learner": trained(seed, "random"),
        "symmetric": trained(seed, "symmetric"),
        "baseline": trained(seed, "symmetric", everything=False),
    }
