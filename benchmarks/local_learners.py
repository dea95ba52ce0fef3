"""Time and peak memory of the learners that need no gradients, at the size that users have.

    python benchmarks/local_learners.py [--out reports]

Each case runs in a process of its own, so that its peak is its own. With `--out`, writes
local_learners.json and .md.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from campaigns.freshness.stamps import write_report
from sc_hw.files import write_json
from sc_model.learning import (
    EligibilityTrace,
    FederatedAggregator,
    HomeostaticPlasticity,
    RewardModulatedLearner,
    ShortTermPlasticity,
    StructuralPlasticity,
)
from sc_model.network import LIF, Network, PoissonStimulus, Population, Projection, Relay

STEPS, SIZE, RATE_HZ, LONGEST = 1000, 1000, 20.0, 16


def nothing() -> None:
    """Measure what a process needs for its imports alone."""


def eligibility() -> None:
    draws = np.random.default_rng(0)
    pre, post, error = (
        draws.random((STEPS, SIZE)) < 0.02,
        draws.random((STEPS, SIZE)),
        draws.normal(size=(STEPS, SIZE)),
    )
    trace, out = EligibilityTrace(), np.empty((SIZE, SIZE))
    for k in range(STEPS):
        trace.update(pre[k], post[k], error[k], out=out)


def short_term() -> None:
    spikes = np.random.default_rng(0).random((STEPS, SIZE)) < 0.02
    plasticity = ShortTermPlasticity()
    for row in spikes:
        plasticity.update(row)


def secure_sum() -> None:
    updates = np.random.default_rng(0).normal(size=(5, SIZE * SIZE))
    FederatedAggregator.secure_sum_protocol(list(updates), dropped=(3,))


def network(probability: float = 1.0) -> tuple[Network, Projection]:
    """Return Poisson sources and LIF neurons at about 20 Hz, all or some pairs connected.

    Every synapse has a delay of its own.
    """
    draws = np.random.default_rng(1)
    source, target = Population(Relay, SIZE, "source"), Population(LIF(tau_ms=20.0), SIZE, "target")
    there = draws.random((SIZE, SIZE)) < probability
    weights = np.where(
        there, draws.uniform(0.5, 1.5, there.shape) * 1100.0 / (probability * SIZE * RATE_HZ), 0.0
    )
    delays = draws.integers(0, LONGEST + 1, np.count_nonzero(weights))
    projection = Projection(source, target, weights, delay=delays, topology="explicit", label="p")
    return Network(1.0, [source, target, PoissonStimulus(source, RATE_HZ), projection]), projection


def network_alone() -> None:
    network()[0].run(STEPS)


def reward(every: int) -> None:
    net, _ = network()
    learner = RewardModulatedLearner(net, 0.0, learning_rate=1e-6)
    for k in range(STEPS):
        net.step()
        learner.step(float(k % every == 0))


def homeostasis() -> None:
    net, projection = network()
    plasticity = HomeostaticPlasticity()
    for _ in range(STEPS):
        net.step()
        plasticity.update(projection.target)


def structural() -> None:
    net, projection = network(0.5)
    plasticity = StructuralPlasticity(0.001, keep="conserved")
    draws = np.random.default_rng(2)
    for _ in range(STEPS // 20):
        net.run(20)
        projection.weights[draws.integers(projection.size, size=500)] = 0.0
        plasticity.update(projection)


PAIRS = f"{SIZE} x {SIZE} synapses with delays, {STEPS} steps"
CASES: dict[str, tuple[str, Callable[[], None]]] = {
    "nothing": ("a process that has only imported", nothing),
    "short_term": (f"ShortTermPlasticity, {SIZE} lines, {STEPS} steps", short_term),
    "eligibility": (f"EligibilityTrace, {SIZE} x {SIZE} synapses, {STEPS} steps", eligibility),
    "network": (f"a network without learner, {PAIRS}", network_alone),
    "reward_always": (
        f"network and RewardModulatedLearner, {PAIRS}, rewarded in each",
        lambda: reward(1),
    ),
    "reward_rarely": (
        f"network and RewardModulatedLearner, {PAIRS}, rewarded in every 50th",
        lambda: reward(50),
    ),
    "homeostasis": (f"network and HomeostaticPlasticity, {PAIRS}, a call after each", homeostasis),
    "structural": (
        (
            f"network and StructuralPlasticity, half of {PAIRS}, a call after every 20th that"
            " replaces 500 synapses"
        ),
        structural,
    ),
    "secure_sum": (
        f"secure sum of 5 clients with {SIZE * SIZE} floats, one dropping out",
        secure_sum,
    ),
}


def measured(name: str) -> dict[str, Any]:
    """Run a case in this process."""
    what, act = CASES[name]
    start = time.perf_counter()
    act()
    seconds, peak = (
        time.perf_counter() - start,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )
    return {"what": what, "seconds": round(seconds, 2), "peak_mb": round(peak)}


def markdown(report: dict[str, Any]) -> str:
    """Return the report in Markdown."""
    lines = [
        "# Local learners: seconds and memory",
        "",
        (
            f"Made by `{report['command']}`. A process for each case; the peak is that of the"
            " process, with Python and all imports."
        ),
        "Seconds include making the arrays.",
        "",
        "| case | s | peak MB |",
        "|---|--:|--:|",
        *(
            f"| {case['what']} | {case['seconds']:.2f} | {case['peak_mb']} |"
            for case in report["cases"].values()
        ),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all cases and write the reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--case", choices=CASES, help="this one alone, in this process, as JSON")
    options = parser.parse_args()
    if options.case:
        print(json.dumps(measured(options.case)))
        return
    cases = {}
    for name in CASES:
        process = subprocess.run(
            [sys.executable, __file__, "--case", name], capture_output=True, text=True, check=True
        )
        cases[name] = json.loads(process.stdout)
        print(
            f"{cases[name]['what']}: {cases[name]['seconds']} s, at most"
            f" {cases[name]['peak_mb']} MB",
            flush=True,
        )
    report = {
        "schema": "sc-hw.local-learners.v2",
        "command": "python benchmarks/local_learners.py --out reports",
        "made_with": {
            "numpy": np.__version__,
            "python": platform.python_version(),
            "machine": platform.machine(),
        },
        "cases": cases,
    }
    if options.out:
        write_json(options.out / "local_learners.json", report)
        write_report(options.out, "local_learners", markdown(report))


if __name__ == "__main__":
    main()
