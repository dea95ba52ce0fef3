"""Populations of neurons run on given currents."""

from __future__ import annotations

import numpy as np

from sc_model.network import Model, Population

DT = 0.1  # ms


def outputs(
    model: Model, currents: np.ndarray, dt_ms: float = DT
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """What a population of as many neurons as `currents` has columns puts out, and its state, step
    by step.
    """
    population = Population(model, currents.shape[1])
    out, states = [], []
    for current in currents:
        out.append(population.step(current, dt_ms))
        states.append(population.state)
    return np.array(out), {name: np.array([state[name] for state in states]) for name in states[0]}
