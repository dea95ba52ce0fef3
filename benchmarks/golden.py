"""Speed of the golden models, scalar and NumPy, as ratios in one run.

`python benchmarks/golden.py [--out FILE.json]`
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

from sc_model.golden import Bank, Synapse
from sc_model.rules import load_rule

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)


def rate(
    step: Callable[[], object], synapses: int, seconds: float = 0.4, repeats: int = 5
) -> float:
    """Synapse-steps a second: the median of some repeats after a warm-up."""
    step()
    start, count = perf_counter(), 0
    while perf_counter() - start < 0.05:
        step()
        count += 1
    batch = max(1, round(count * seconds / 0.05 / repeats))
    rates = []
    for _ in range(repeats):
        start = perf_counter()
        for _ in range(batch):
            step()
        rates.append(batch * synapses / (perf_counter() - start))
    return statistics.median(rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rule = load_rule("reward_modulated_stdp")
    params = rule.params_type()
    one = Synapse(rule, params, {"weight": 1000})
    scalar = rate(lambda: one.step({"pre_spike": 1, "post_spike": 0, "reward": 3}), 1)
    rng = np.random.default_rng(1)
    rows = [{"model": "scalar", "synapses": 1, "steps_per_s": round(scalar), "ratio": 1.0}]
    for size in SIZES:
        bank = Bank(rule, params, size, {"weight": 1000})
        inputs = {
            "pre_spike": rng.integers(0, 2, size),
            "post_spike": rng.integers(0, 2, size),
            "reward": rng.integers(-128, 128, size),
        }
        speed = rate(lambda bank=bank, inputs=inputs: bank.step(inputs), size)
        rows.append(
            {
                "model": "numpy",
                "synapses": size,
                "steps_per_s": round(speed),
                "ratio": round(speed / scalar, 1),
            }
        )
    for row in rows:
        print(
            f"{row['model']:7} {row['synapses']:>9,} synapses {row['steps_per_s']:>13,} steps/s"
            f" {row['ratio']:>8} x scalar"
        )
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
