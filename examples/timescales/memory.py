"""Linear memory capacity: how far back the traces of many synapses on one input can be read out
(Jaeger 2001, GMD report 152).
"""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.temporal_hierarchy import HetSynLayer
from sc_model.temporal_hierarchy.multi_clock import TAU_RANGE

SYNAPSES, STEPS, DELAYS, SETTLING = 32, 20_000, 300, 600
# Variance, over the largest, of the directions of traces that a readout may use: without such a
# floor any different time constants have a capacity of their number, with weights that no hardware
# has.
FLOOR = 1e-6


def capacity(tau: NDArray[np.float64], seed: int = 0, steps: int = STEPS) -> float:
    """Sum over delays of the squared correlation between what is read out and the input of then,
    less what chance gives.
    """
    noise = np.random.default_rng(seed).normal(size=steps)
    traces, trace, factor = np.empty((steps, len(tau))), np.zeros(len(tau)), np.exp(-1.0 / tau)
    for n, value in enumerate(noise):
        trace = factor * trace + value
        traces[n] = trace
    traces = traces[SETTLING:] - traces[SETTLING:].mean(0)
    vectors, sizes, _ = np.linalg.svd(traces, full_matrices=False)
    basis = vectors[:, sizes**2 > FLOOR * sizes[0] ** 2]
    total = 0.0
    for delay in range(DELAYS):
        past = noise[SETTLING - delay : steps - delay]
        past = past - past.mean()
        share = float(np.sum((basis.T @ past) ** 2) / np.sum(past**2))
        total += share - basis.shape[1] / len(past)
    return total


def memory_capacities() -> dict[str, Any]:
    """Of equal, log-normal (drawn as a layer does, mean and spread over five seeds) and geometric
    time constants.
    """
    capacities = [
        capacity(HetSynLayer(1, SYNAPSES, tau_mean=10.0, seed=seed).tau[:, 0], seed)
        for seed in range(5)
    ]
    return {
        "steps": STEPS,
        "floor": FLOOR,
        "capacity": {
            "all 10 ms": f"{capacity(np.full(SYNAPSES, 10.0)):.2f}",
            "log-normal around 10 ms, sd of the logarithm 1": (
                f"{statistics.mean(capacities):.2f} (sd {statistics.stdev(capacities):.2f})"
            ),
            "geometric from 0.5 to 100 ms": f"{capacity(np.geomspace(*TAU_RANGE, SYNAPSES)):.2f}",
        },
    }
