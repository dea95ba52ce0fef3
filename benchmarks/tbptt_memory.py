"""Peak memory of BPTT and truncated BPTT over the length of the sequence.

    python benchmarks/tbptt_memory.py [--out reports]

prints the table and, with `--out`, writes tbptt_memory.json, .md and .png. Every point is one
update in a process of its own, on one core; memory is the process's greatest resident size above
that before the update, so the sequence itself is not in it. Exit code 1 where truncated BPTT needs
more than `GROWTH_MB` more for the longest sequence than for the shortest.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.figure import Figure

from campaigns.freshness.stamps import write_report
from sc_hw.files import write_json
from sc_model.learning import BPTTLearner, TBPTTLearner
from sc_model.network import LI, LIF, Network, Population, Projection, Relay

SCHEMA = "sc-hw.tbptt-memory.v1"
N_IN, N, N_OUT, BATCH = 50, 400, 10, 4
LENGTHS = (250, 500, 1_000, 2_000, 4_000)
CHUNKS = {"BPTT": None, "TBPTT, k = 100": 100, "TBPTT, k = 50": 50}
GROWTH_MB = 8  # what an allocator may keep; BPTT needs hundreds more


def network() -> Network:
    """A recurrent layer."""
    draws = np.random.default_rng(0)
    source, out = Population(Relay, N_IN, "in"), Population(LI, N_OUT, "out")
    cells = Population(LIF(reset="subtract", reset_delay=True), N, "cells")
    net = Network(1.0, [source, cells, out])
    for a, b, sd in ((source, cells, 8.0), (cells, cells, 1.0), (cells, out, 0.2)):
        net.add(Projection(a, b, draws.normal(0, sd, (a.n, b.n)), topology="all_to_all"))
    return net


def measured(k: int | None, steps: int) -> float:
    """MB, in this process."""
    torch.set_num_threads(1)
    loss = torch.nn.functional.mse_loss
    learner = BPTTLearner(network(), loss) if k is None else TBPTTLearner(network(), loss, k=k)
    draws = np.random.default_rng(1)
    shortest = (draws.random((20, BATCH, N_IN)) < 0.1) * 1.0, draws.normal(size=(20, BATCH, N_OUT))
    learner.train_step(*shortest)  # what is loaded and allocated once
    x = torch.tensor(draws.random((steps, BATCH, N_IN)) < 0.1).double()
    aims = torch.tensor(draws.normal(size=(steps, BATCH, N_OUT)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    learner.train_step(x, aims)
    return round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, 1)


def plot(result: dict[str, Any], file: Path) -> None:
    """The plot."""
    mpl.rcParams["svg.hashsalt"] = "sc-hw"
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    for name, values in result["peak_mb"].items():
        axes.plot(result["lengths"], values, marker="o", label=name)
    axes.set(
        xlabel="steps in the sequence",
        ylabel="peak memory of an update, MB",
        xscale="log",
        yscale="log",
    )
    axes.set_xticks(result["lengths"], [f"{steps:,}" for steps in result["lengths"]])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=150, metadata={"Software": None})


def table(result: dict[str, Any]) -> str:
    """The report for people."""
    lines = [
        "# Memory of truncated backpropagation through time\n",
        f"Made by `{result['command']}` on one core of {result['machine']}.",
        (
            f"{N} recurrent LIF neurons, {BATCH} sequences, float64. What an update needs above"
            " what the process had, MB.\n"
        ),
        "| steps | " + " | ".join(result["peak_mb"]) + " |",
        "|--:|" + "--:|" * len(result["peak_mb"]),
    ]
    for row, steps in enumerate(result["lengths"]):
        lines.append(
            f"| {steps:,} | "
            + " | ".join(f"{values[row]:g}" for values in result["peak_mb"].values())
            + " |"
        )
    return (
        "\n".join([*lines, "\n![peak memory over the length of the sequence](tbptt_memory.png)"])
        + "\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(measured(options.one[0] or None, options.one[1]))
        return
    peaks: dict[str, list[float]] = {}
    for name, k in CHUNKS.items():
        peaks[name] = []
        for steps in LENGTHS:
            command = [sys.executable, __file__, "--one", str(k or 0), str(steps)]
            peaks[name].append(
                json.loads(
                    subprocess.run(command, check=True, capture_output=True, text=True).stdout
                )
            )
            print(f"{name}, {steps} steps: {peaks[name][-1]} MB", flush=True)
    result = {
        "schema": SCHEMA,
        "command": "python benchmarks/tbptt_memory.py --out reports",
        "machine": (
            f"{platform.machine()}, Python {platform.python_version()}, torch {torch.__version__}"
        ),
        "lengths": list(LENGTHS),
        "peak_mb": peaks,
    }
    if options.out:
        write_json(options.out / "tbptt_memory.json", result)
        write_report(options.out, "tbptt_memory", table(result))
        plot(result, options.out / "tbptt_memory.png")
    sys.exit(
        any(values[-1] - values[0] > GROWTH_MB for name, values in peaks.items() if name != "BPTT")
    )


if __name__ == "__main__":
    main()
