"""Sine waves in five gradient steps: a spiking network with meta-learned initial weights."""

from __future__ import annotations

import numpy as np
import torch

from sc_model.learning import MetaLearner, MetaTask, NetworkModule
from sc_model.network import LI, LIF, Network, Population, Projection, Relay

NAME = "MetaLearner"
CODES, CELLS, STEPS, SHOTS, TASKS, UPDATES, INNER = 20, 60, 10, 10, 4, 110, 0.3
TASK = (
    f"A sine wave of unknown amplitude (0.5 to 2) and phase from {SHOTS} points, in 5 steps of"
    f" gradient descent. A network of {CELLS} LIF neurons gets x as currents into {CODES} Gaussian"
    f" receptive fields for {STEPS} steps, its readout's last value is y. The beginning is learned"
    f" on {TASKS} tasks in each of {UPDATES} outer steps."
)
BASELINE = (
    "Five steps from a beginning that was trained on all the same points at once (their mean is 0"
    " everywhere)."
)
SCORE = "1 - squared error / variance on 10 other points, mean over 50 further tasks."
SOLVED = 0.9


def network(seed: int) -> Network:
    """Build receptive fields, cells and readout."""
    draws = np.random.default_rng([seed, 1])
    source, out = Population(Relay, CODES, "in"), Population(LI(tau_ms=5.0), 1, "out")
    cells = Population(
        LIF(tau_ms=5.0, threshold=0.5, reset="subtract", reset_delay=True), CELLS, "cells"
    )
    net = Network(1.0, [source, cells, out])
    for a, b, sd in ((source, cells, 0.8), (cells, out, 1 / np.sqrt(CELLS))):
        net.add(Projection(a, b, draws.normal(0, sd, (a.n, b.n)), topology="all_to_all"))
    return net


def encoded(x: np.ndarray) -> np.ndarray:
    """Return the input currents, (STEPS, points, CODES)."""
    centres = np.linspace(-3, 3, CODES)
    return np.broadcast_to(
        np.exp(-(((x[:, None] - centres) / 0.6) ** 2) / 2), (STEPS, len(x), CODES)
    ).copy()


def task(draws: np.random.Generator) -> MetaTask:
    """Draw a sine wave."""
    height, phase = draws.uniform(0.5, 2.0), draws.uniform(0, 2 * np.pi)
    x = draws.uniform(-3, 3, (2, SHOTS))
    y = height * np.sin(x + phase)
    return MetaTask(encoded(x[0]), y[0], encoded(x[1]), y[1])


def loss(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error of the last value."""
    return torch.nn.functional.mse_loss(outputs[-1, :, 0], y)


def judged(module: NetworkModule, seed: int) -> float:
    """Return the score."""
    learner, draws, scores = (
        MetaLearner(module, INNER, 1.0, loss_fn=loss),
        np.random.default_rng([seed, 3]),
        [],
    )
    for _ in range(50):
        wave = task(draws)
        scores.append(1 - learner.inner_loop(wave, 5).query_loss / np.var(wave.query_targets))
    return float(np.mean(scores))


def run(seed: int) -> dict[str, float]:
    """Start from meta-learned weights, and for the baseline from plain ones."""
    torch.set_num_threads(1)
    module, plain = NetworkModule(network(seed)), NetworkModule(network(seed))
    learner, optimiser = (
        MetaLearner(module, INNER, 0.01, loss_fn=loss),
        torch.optim.Adam(plain.parameters(), 0.01),
    )
    draws = np.random.default_rng([seed, 2])
    for _ in range(UPDATES):
        waves = [task(draws) for _ in range(TASKS)]
        learner.outer_step(waves)
        inputs = np.concatenate(
            [part for wave in waves for part in (wave.support_inputs, wave.query_inputs)], 1
        )
        y = np.concatenate(
            [part for wave in waves for part in (wave.support_targets, wave.query_targets)]
        )
        optimiser.zero_grad()
        loss(plain(inputs), torch.tensor(y)).backward()
        optimiser.step()
    plain.push()
    return {"learner": judged(module, seed), "baseline": judged(plain, seed)}
