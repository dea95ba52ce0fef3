"""Bursts or a regular train with as many spikes: a depressing synapse tells them apart."""

from __future__ import annotations

import numpy as np

from sc_model.learning import ShortTermPlasticity

NAME = "ShortTermPlasticity"
TASK = (
    "Ten lines fire 8 spikes each in 400 ms: in one class the first five in bursts (5 ms apart) and"
    " the others regularly, in the other class the reverse. A delta rule reads the charge that each"
    " line has delivered; 200 trials of training."
)
BASELINE = "The same readout with static synapses: every line has delivered the same."
SCORE = "Share of 200 further trials answered right; chance is 0.5."
SOLVED = 0.9

LINES, TICKS, SPIKES, TRIALS = 10, 400, 8, 200


def trial(draws: np.random.Generator, label: int) -> np.ndarray:
    """Return the spikes of a trial, (ticks, lines)."""
    spikes = np.zeros((TICKS, LINES))
    for line in range(LINES):
        burst = (line < LINES // 2) == bool(label)
        if burst:
            times = draws.integers(0, TICKS - 5 * SPIKES) + 5 * np.arange(SPIKES)
        else:
            times = np.arange(SPIKES) * (TICKS // SPIKES) + draws.integers(0, TICKS // SPIKES)
        spikes[times, line] = 1
    return spikes


def charges(spikes: np.ndarray, plastic: bool) -> np.ndarray:
    """What each line of each trial has delivered, (trials, lines), with the mean over lines taken
    off.
    """
    synapses = ShortTermPlasticity(tau_d=200.0, tau_f=20.0, u_se=0.4)
    trials, _, lines = spikes.shape
    ticks = spikes.transpose(1, 0, 2).reshape(TICKS, -1)
    charge = sum(now * synapses.update(now) for now in ticks) if plastic else 0.4 * ticks.sum(0)
    totals = np.reshape(charge, (trials, lines))
    return totals - totals.mean(1, keepdims=True)


def trained(seed: int, plastic: bool) -> float:
    """Return the accuracy of the readout."""
    draws = np.random.default_rng(seed)
    labels = draws.integers(2, size=2 * TRIALS)
    inputs = charges(np.array([trial(draws, int(label)) for label in labels]), plastic)
    weight, right = np.zeros(LINES), 0
    for k, (x, label) in enumerate(zip(inputs, labels, strict=True)):
        answer = 1 / (1 + np.exp(-float(weight @ x)))
        if k < TRIALS:
            weight += 0.5 * (label - answer) * x
        else:
            answer_is_one = (
                draws.random() < 0.5 if answer == 0.5 else answer > 0.5
            )  # what it can't tell, it guesses
            right += bool(answer_is_one) == bool(label)
    return right / TRIALS


def run(seed: int) -> dict[str, float]:
    """Use plastic synapses, and for the baseline static ones."""
    return {"learner": trained(seed, True), "baseline": trained(seed, False)}
