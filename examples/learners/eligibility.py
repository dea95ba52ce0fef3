"""A cue, silence, then an error: credit for an event long ago."""

from __future__ import annotations

import numpy as np

from sc_model.learning import EligibilityTrace

NAME = "EligibilityTrace"
TASK = (
    "One of four cues (a quarter of 20 inputs fires with 0.4 a tick for 10 ticks), 30 ticks of"
    " nothing but noise (0.02), then one error signal: which cue was it? The readout is a leaky sum"
    " (30 ticks) of the inputs; 400 trials of training."
)
BASELINE = (
    "The same rule with a trace of 1 tick, so that credit goes to what fires together with the"
    " error."
)
SCORE = "Share of 500 further trials answered right; chance is 0.25."
SOLVED = 0.9

CUES, INPUTS, CUE, SILENCE, TAU = 4, 20, 10, 30, 30.0
TRAIN, TEST = 400, 500


def trial(draws: np.random.Generator, cue: int) -> np.ndarray:
    """Return the spikes of a trial, (ticks, inputs)."""
    rates = np.full((CUE + SILENCE, INPUTS), 0.02)
    rates[:CUE, np.arange(INPUTS) % CUES == cue] = 0.4
    return (draws.random(rates.shape) < rates).astype(float)


def trained(seed: int, tau_e: float) -> float:
    """Return the accuracy after learning with a trace of time constant `tau_e`."""
    draws = np.random.default_rng(seed)
    weight, right = np.zeros((INPUTS, CUES)), 0
    weights_of_ticks = np.exp(-np.arange(CUE + SILENCE - 1, -1, -1) / TAU)
    for k in range(TRAIN + TEST):
        cue = int(draws.integers(CUES))
        spikes = trial(draws, cue)
        drive = weights_of_ticks @ spikes @ weight
        if k >= TRAIN:
            right += int(np.argmax(drive)) == cue
            continue
        answer = np.exp(drive - drive.max())
        error = np.eye(CUES)[cue] - answer / answer.sum()
        trace = EligibilityTrace(tau_e=tau_e)
        for tick, now in enumerate(spikes):
            weight += 0.05 * trace.update(
                now, np.ones(CUES), error if tick == CUE + SILENCE - 1 else np.zeros(CUES)
            )
    return right / TEST


def run(seed: int) -> dict[str, float]:
    """Learn with the long trace, and for the baseline with the short one."""
    return {"learner": trained(seed, TAU), "baseline": trained(seed, 1.0)}
