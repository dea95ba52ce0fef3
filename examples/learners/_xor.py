"""Delayed exclusive or: two cues with silence between them and behind, then the question whether
they were different.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sc_model.network import LI, AdaptiveLIF, Network, Population, Projection, Relay

LINES, CELLS, CUE, GAP, ANSWER = 10, 40, 5, 10, 10
STEPS = 2 * (CUE + GAP) + ANSWER
TASK = (
    f"Two cues, each one of two groups of {LINES} lines that fires with 0.5 a step for {CUE} steps;"
    f" {GAP} steps of silence behind each; then for {ANSWER} steps a go line, and the question"
    f" whether the cues were different (2 readouts). A recurrent network of {CELLS} adaptive LIF"
    " neurons (membranes 10 ms, thresholds 60 ms, 1 ms a step)."
)


def network(seed: int) -> Network:
    """Inputs, recurrent cells, readouts."""
    draws = np.random.default_rng([seed, 1])
    model = AdaptiveLIF(
        tau_ms=10.0, threshold=0.5, beta=0.3, tau_a_ms=60.0, reset="subtract", reset_delay=True
    )
    source, cells = Population(Relay, 2 * LINES + 1, "in"), Population(model, CELLS, "cells")
    out = Population(LI(tau_ms=5.0), 2, "out")
    net = Network(1.0, [source, cells, out])
    for a, b, sd in (
        (source, cells, 2.5),
        (cells, cells, 8 / np.sqrt(CELLS)),
        (cells, out, 1 / np.sqrt(CELLS)),
    ):
        net.add(Projection(a, b, draws.normal(0, sd, (a.n, b.n)), topology="all_to_all"))
    return net


def trials(draws: np.random.Generator, batch: int) -> tuple[Any, Any, Any]:
    """Spikes (STEPS, batch, lines), classes (STEPS, batch), and the steps that count (STEPS,)."""
    cues = draws.integers(0, 2, (2, batch))
    rates = np.zeros((STEPS, batch, 2, LINES))
    for k, cue in enumerate(cues):
        begin = k * (CUE + GAP)
        rates[begin : begin + CUE, np.arange(batch), cue] = 0.5
    spikes = (draws.random(rates.shape) < rates).astype(float).reshape(STEPS, batch, 2 * LINES)
    go = np.zeros((STEPS, batch, 1))
    go[-ANSWER:] = 1.0
    classes = np.broadcast_to(cues[0] ^ cues[1], (STEPS, batch)).copy()
    return (
        np.concatenate([spikes, go], 2),
        classes,
        (np.arange(STEPS) >= STEPS - ANSWER).astype(float),
    )
