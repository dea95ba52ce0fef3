"""Seconds and peak memory of the gradient learners with 1,000 x 1,000 synapses and 1,000 steps.

    python benchmarks/learners_speed.py [--out reports] [--limit SECONDS]

This prints the table and, with `--out`, writes learners_speed.json and learners_speed.md. Each case
is one update of one sequence, forward and backward, on one core, in a process of its own. The
memory is the growth of the process's peak resident size in the update. The exit code is 1 if a case
takes longer than `--limit` seconds (30 by default).
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch

from campaigns.freshness.stamps import write_report
from sc_hw.files import write_json
from sc_model.learning import BPTTLearner, EPropLearner, MetaLearner, NetworkModule, TBPTTLearner
from sc_model.network import LI, LIF, AdaptiveLIF, Network, Population, Projection, Relay

SCHEMA = "sc-hw.learners-speed.v1"
N, STEPS, OUT, LONGEST, RATE = 1_000, 1_000, 10, 16, 0.02
CASES = {
    "feed-forward": ("Relay to LIF, each with each", {}),
    "recurrent": ("LIF to itself, each with each", {"recurrent": True}),
    "recurrent, delays": (
        f"the same with delays of 0 to {LONGEST} steps",
        {"recurrent": True, "delays": True},
    ),
    "recurrent, adaptive": (
        "adaptive LIF to itself, each with each",
        {"recurrent": True, "adaptive": True},
    ),
}
LEARNERS = ("bptt", "tbptt", "eprop", "maml")
LEFT_OUT = {("maml", name) for name in CASES if name != "feed-forward"} | {
    ("eprop", "recurrent, delays")
}
DTYPES = ("float32", "float64")


def network(recurrent: bool = False, delays: bool = False, adaptive: bool = False) -> Network:
    """Return a network with a million synapses among the cells, or from the inputs to them."""
    draws = np.random.default_rng(0)
    kind = AdaptiveLIF if adaptive else LIF
    source, out = Population(Relay, N, "in"), Population(LI, OUT, "out")
    cells = Population(kind(tau_ms=20.0, reset="subtract", reset_delay=True), N, "cells")
    net = Network(1.0, [source, cells, out])
    if recurrent:
        net.add(Projection(source, cells, 30.0, topology="one_to_one"))
        late = draws.integers(0, LONGEST + 1, N * N) if delays else 0
        net.add(
            Projection(
                cells, cells, draws.normal(0, 0.5, (N, N)), topology="all_to_all", delay=late
            )
        )
    else:
        net.add(Projection(source, cells, draws.normal(0.05, 0.5, (N, N)), topology="all_to_all"))
    net.add(Projection(cells, out, draws.normal(0, 0.1, (N, OUT)), topology="all_to_all"))
    return net


def measured(case: str, learner: str, dtype: str) -> dict[str, Any]:
    """Make one update in this process."""
    torch.set_num_threads(1)
    module = NetworkModule(network(**CASES[case][1]), dtype=getattr(torch, dtype))
    draws = np.random.default_rng(1)
    x, targets = (draws.random((STEPS, N)) < RATE).astype(float), draws.normal(0, 1, (STEPS, OUT))
    mse = torch.nn.functional.mse_loss
    if learner == "maml":
        task, meta = (x[: STEPS // 10], targets[: STEPS // 10]) * 2, MetaLearner(module, 0.1, 1e-3)
        start, before = perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rates = meta.outer_step([task]).rates
    else:
        trainer = (
            {"bptt": BPTTLearner, "tbptt": TBPTTLearner}[learner](module, mse)
            if learner != "eprop"
            else EPropLearner(module)
        )
        start, before = perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rates = trainer.train_step(x, targets).rates
    seconds, peak = perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    row = {
        "case": case,
        "learner": learner,
        "dtype": dtype,
        "seconds": round(seconds, 2),
        "peak_mb": round((peak - before) / 1024),
    }
    return {
        **row,
        "process_mb": round(peak / 1024),
        "rate": round(rates.get("cells", 0.0), 4) or None,
    }


def table(result: dict[str, Any]) -> str:
    """Return the report in Markdown."""
    lines = [
        "# Learners on gradients: time and memory\n",
        f"Made by `{result['command']}` on one core of {result['machine']}.",
        (
            f"{N:,} x {N:,} synapses, {STEPS:,} steps of 1 ms, one sequence, one update: forward,"
            f" gradients, Adam. Inputs fire with {RATE * 1000:g} Hz."
        ),
        (
            "TBPTT: chunks of 50 steps. MAML: one outer step, second order, for one task of"
            f" {STEPS // 10} steps with 5 inner steps."
        ),
        "Memory is what the process needed at most above what it had before the update.\n",
        "| network | learner | numbers | seconds | memory, MB | spikes a neuron and step |",
        "|---|---|---|--:|--:|--:|",
    ]
    for row in result["rows"]:
        rate = "" if row["rate"] is None else row["rate"]
        lines.append(
            f"| {CASES[row['case']][0]} | {row['learner']} | {row['dtype']} | {row['seconds']:.2f}"
            f" | {row['peak_mb']:,} | {rate} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--limit", type=float, default=30.0)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(*options.one)))
        return
    rows = []
    for case in CASES:
        for learner in LEARNERS:
            for dtype in DTYPES:
                if (learner, case) in LEFT_OUT:
                    continue
                command = [sys.executable, __file__, "--one", case, learner, dtype]
                rows.append(
                    json.loads(
                        subprocess.run(command, check=True, capture_output=True, text=True).stdout
                    )
                )
                print(rows[-1], flush=True)
    machine = f"{platform.machine()}, Python {platform.python_version()}, torch {torch.__version__}"
    result = {
        "schema": SCHEMA,
        "command": "python benchmarks/learners_speed.py --out reports",
        "machine": machine,
        "rows": rows,
    }
    if options.out:
        write_json(options.out / "learners_speed.json", result)
        write_report(options.out, "learners_speed", table(result))
    sys.exit(any(row["seconds"] > options.limit for row in rows))


if __name__ == "__main__":
    main()
