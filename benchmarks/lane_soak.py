"""A lane's RTL against the compiled kernel, every field of every step: 10^9 steps by default.

`python benchmarks/lane_soak.py --out reports` writes lane_soak.json. Spikes and rewards are random;
their statistics change every chunk (silence, sparse, dense, correlated; rewards of one sign, of
both, at the limits), and so does the weight that is loaded.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.freshness.stamps import stamp
from sc_hw import Device
from sc_hw.files import write_json
from sc_model.spec import Design

SCHEMA = "sc-hw.lane-soak.v1"
CHUNK = 1 << 20
RATES = (0.0, 0.02, 0.1, 0.3, 0.7, 1.0)


def stimulus(rng: np.random.Generator, steps: int) -> dict[str, NDArray[Any]]:
    """Inputs of a chunk."""
    pre = rng.random(steps, np.float32) < rng.choice(RATES)
    post = (
        np.roll(pre, int(rng.integers(-8, 9)))
        if rng.random() < 0.3
        else rng.random(steps, np.float32) < rng.choice(RATES)
    )
    low, high = rng.choice(
        [(-128, 127), (0, 127), (-128, 0), (-3, 3), (127, 127), (-128, -128), (0, 0)]
    )
    return {
        "pre_spike": pre,
        "post_spike": post,
        "reward": rng.integers(low, high, steps, np.int8, endpoint=True),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    design, rng = Design(name="lane", block="lane"), np.random.default_rng(options.seed)
    model, rtl = Device.open(design), Device.open(design, on="rtl", root=options.build)
    steps = differences = chunks = 0
    first: str | None = None
    seconds = {"model": 0.0, "rtl": 0.0}
    weights: set[int] = set()
    while steps < options.steps:
        count, weight = min(CHUNK, options.steps - steps), int(rng.integers(0, 65536))
        inputs, logs = stimulus(rng, count), []
        for device, name in ((model, "model"), (rtl, "rtl")):
            device.load(weight)
            start = perf_counter()
            logs.append(device.run(**inputs))
            seconds[name] += perf_counter() - start
        for field, expected in logs[0].items():
            wrong = np.flatnonzero(expected != logs[1][field])
            differences += len(wrong)
            if len(wrong) and first is None:
                at = int(wrong[0])
                first = (
                    f"step {steps + at}, {field}: {int(expected[at])} in the model,"
                    f" {int(logs[1][field][at])} in RTL"
                )
        weights.update(np.unique(logs[0]["weight"]).tolist())
        steps, chunks = steps + count, chunks + 1
        if chunks % 100 == 0:
            print(f"{steps:,} steps, {differences} differences", flush=True)
    result = {
        "schema_version": SCHEMA,
        "command": (
            f"python benchmarks/lane_soak.py --steps {options.steps} --seed {options.seed} --out"
            " reports"
        ),
        "design": design.model_dump(mode="json"),
        "steps": steps,
        "fields_compared": steps * len(logs[0]),
        "differences": differences,
        "first_difference": first,
        "distinct_weights_seen": len(weights),
        "model_backend": model.backend,
        "steps_per_s": {name: round(steps / value) for name, value in seconds.items()},
    }
    print(result)
    if options.out:
        write_json(options.out / "lane_soak.json", result)
        stamp(options.out, "lane_soak")
    raise SystemExit(differences != 0)


if __name__ == "__main__":
    main()
