"""Delayed exclusive or, trial after trial in one long sequence, by truncated backpropagation
through time.
"""

from __future__ import annotations

import _xor
import numpy as np
import torch

from sc_model.learning import NetworkModule, TBPTTLearner

NAME = "TBPTTLearner"
TRIALS, BATCH, SEQUENCES, TEST, K, SHORT = 10, 64, 40, 50, 50, 5
TASK = (
    f"{_xor.TASK} {TRIALS} such trials follow each other in a sequence of {TRIALS * _xor.STEPS}"
    f" steps without a reset; chunks of {K} steps begin anywhere in a trial. {SEQUENCES} batches of"
    f" {BATCH} sequences, an update behind each chunk."
)
BASELINE = (
    f"The same with chunks of {SHORT} steps, in which no cue and answer are together; ten times the"
    " updates, each a tenth."
)
SCORE = f"Share of the trials of {TEST} further sequences answered right; chance is 0.5."
SOLVED = 0.85
NONE = -100  # class of steps that don't count


def sequences(draws: np.random.Generator, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Return spikes (TRIALS * STEPS, batch, lines) and classes (TRIALS * STEPS, batch)."""
    spikes, classes, masks = zip(*(_xor.trials(draws, batch) for _ in range(TRIALS)), strict=True)
    is_answer = np.concatenate(masks)[:, None] > 0
    return np.concatenate(spikes), np.where(is_answer, np.concatenate(classes), NONE)


def loss(outputs: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy of the scored steps, summed over time."""
    flat = torch.nn.functional.cross_entropy(
        outputs.flatten(0, 1), classes.flatten(), ignore_index=NONE, reduction="sum"
    )
    return flat / BATCH / _xor.ANSWER


def trained(seed: int, k: int) -> float:
    """Return the accuracy."""
    draws = np.random.default_rng([seed, 2])
    module = NetworkModule(_xor.network(seed), dtype=torch.float32)
    learner = TBPTTLearner(module, loss, 0.02 * k / K, k=k, reduction="sum", update="chunk")
    for _ in range(SEQUENCES):
        learner.train_step(*sequences(draws, BATCH))
    spikes, classes = sequences(draws, TEST)
    answers = (
        learner.predict(spikes)
        .unflatten(0, (TRIALS, _xor.STEPS))[:, -_xor.ANSWER :]
        .mean(1)
        .argmax(-1)
    )
    labels = torch.tensor(classes).unflatten(0, (TRIALS, _xor.STEPS))[:, -1]
    return float((answers == labels).float().mean())


def run(seed: int) -> dict[str, float]:
    """Train with long chunks, and for the baseline with short ones."""
    torch.set_num_threads(1)
    return {"learner": trained(seed, K), "baseline": trained(seed, SHORT)}
