"""Float layers: all steps at once against step by step, as ratios in one run.

    python benchmarks/multi_clock.py [--out FILE.json]

Exit code 1 where 1,000 steps of 1,000 x 1,000 synapses take longer than `--limit` seconds (3 by
default).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

from sc_model.temporal_hierarchy import HetSynLayer, MultiClockSNN

STEPS = 1_000
SIZES = (30, 100, 300, 1_000)
REPEATS = 3


def seconds(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """The least of some repeats: what else runs on the machine can only add to it."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return min(times)


def naive(layer: HetSynLayer, inputs: np.ndarray, dt: float = 1.0) -> np.ndarray:
    """The layer's equations as they stand, one step after the other."""
    trace, potential, fired = np.zeros(layer.tau.shape), np.zeros(layer.n_neurons), []
    for x in inputs:
        trace = np.exp(-dt / layer.tau) * trace + x
        potential = potential + (layer.weight * trace).sum(axis=1)
        spikes = potential >= layer.threshold
        potential = potential - layer.threshold * spikes
        fired.append(spikes)
    return np.array(fired, dtype=float)


def row(
    what: str, size: int, run: float, step: float, ticks: int = STEPS
) -> dict[str, str | int | float]:
    rate = ticks * size * size / run
    return {
        "what": what,
        "size": size,
        "run_s": round(run, 4),
        "naive_s": round(step, 4),
        "ratio": round(step / run, 1),
        "synapse_steps_per_s": round(rate),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--limit", type=float, default=3.0)
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    rows = []
    for size in SIZES:
        layer, inputs = HetSynLayer(size, size), (rng.random((STEPS, size)) < 0.1).astype(float)
        step = seconds(lambda layer=layer, inputs=inputs: naive(layer, inputs), 1)
        rows.append(
            row("layer", size, seconds(lambda layer=layer, inputs=inputs: layer.run(inputs)), step)
        )
        silent = np.zeros_like(inputs)
        rows.append(
            row(
                "layer, no input",
                size,
                seconds(lambda layer=layer, silent=silent: layer.run(silent)),
                step,
            )
        )
    layers = [HetSynLayer(1_000, 1_000, seed=k) for k in range(2)]
    net = MultiClockSNN(layers, ["fast", "slow"], [1, 10])
    inputs = (rng.random((STEPS, 1_000)) < 0.1).astype(float)
    start = perf_counter()
    for x in inputs[:20]:
        net.step(x)
    step_time = (perf_counter() - start) * STEPS / 20
    rows.append(
        row(
            "two layers, intervals 1 and 10; against net.step",
            1_000,
            seconds(lambda: net.run(inputs)),
            step_time,
            STEPS + STEPS // 10,
        )
    )
    for each in rows:
        print(
            f"{each['what']:50} {each['size']:>5} x {each['size']:<5} {each['run_s']:>8} s, naive"
            f" {each['naive_s']:>8} s: {each['ratio']:>6} x, {each['synapse_steps_per_s']:>13,}"
            " synapse steps/s"
        )
    slowest = max(float(each["run_s"]) for each in rows if str(each["what"]).startswith("layer"))
    print(f"slowest layer {slowest} s, limit {options.limit} s")
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1) + "\n")
    sys.exit(slowest > options.limit)


if __name__ == "__main__":
    main()
