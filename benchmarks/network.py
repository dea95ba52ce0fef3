"""Networks with a million synapses: seconds, memory, and how many times faster than one synapse
after the other.

    python benchmarks/network.py [--out reports] [--limit SECONDS]

prints the tables and, with `--out`, writes network_speed.json and network_speed.md. Exit code 1
where 1,000 steps of 1,000 + 1,000 neurons with 10^6 delayed synapses take longer than `--limit`
seconds (5 by default) at 20 Hz, or memory grows with time.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tracemalloc
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import scipy

from campaigns.freshness.stamps import write_report
from sc_hw.files import write_json
from sc_model.network import (
    LIF,
    STDP,
    CurrentStimulus,
    HodgkinHuxleyNeuron,
    Network,
    PoissonStimulus,
    Population,
    Projection,
    RateMonitor,
    Relay,
)

SCHEMA = "sc-hw.network-speed.v1"
N, STEPS, DT_MS, LONGEST = 1_000, 1_000, 1.0, 16
REPEATS = 3
MEMORY_STEPS = (250, 1_000, 4_000)
GROWTH_KB = 64  # what a run may need more for 16 times the steps: Python's own small change


def network(
    n: int, rate_hz: float, longest: int = LONGEST, plasticity: STDP | None = None
) -> Network:
    """Poisson sources, each connected with each LIF neuron; weights such that these fire at about
    20 Hz.
    """
    rng = np.random.default_rng(1)
    source, target = Population(Relay, n, "source"), Population(LIF(tau_ms=20.0), n, "target")
    net = Network(DT_MS, [source, target, PoissonStimulus(source, rate_hz)])
    delays = rng.integers(0, longest + 1, n * n)
    weight = 1100.0 / (n * rate_hz * DT_MS)
    net.add(
        Projection(
            source, target, weight, delay=delays, topology="all_to_all", plasticity=plasticity
        )
    )
    return net


def squid(n: int) -> Network:
    """Two populations of Hodgkin and Huxley's neurons, at 0.05 ms a step; the first is driven."""
    pre = Population(HodgkinHuxleyNeuron, n, "source")
    post = Population(HodgkinHuxleyNeuron, n, "target")
    net = Network(0.05, [pre, post, CurrentStimulus(pre, np.linspace(7.0, 20.0, n))])
    delays = np.random.default_rng(1).integers(0, 100, n * n)
    net.add(Projection(pre, post, 2.5, delay=delays, topology="all_to_all"))
    return net


def timed(what: str, net: Network) -> dict[str, Any]:
    """The best of some runs, each from the beginning."""
    ms = STEPS * net.dt_ms
    rates = [net.add(RateMonitor(net.populations[label], ms)) for label in ("source", "target")]
    times = []
    for _ in range(REPEATS):
        net.reset()
        start = perf_counter()
        net.run(STEPS)
        times.append(perf_counter() - start)
    (projection,) = net.projections.values()
    source_hz, target_hz = (float(rate.rates_hz[0]) for rate in rates)
    row = {
        "what": what,
        "synapses": projection.size,
        "delays": f"0 to {projection.max_delay}",
        "dt_ms": net.dt_ms,
        "source_hz": round(source_hz, 1),
        "target_hz": round(target_hz, 1),
        "seconds": round(min(times), 3),
        "seconds_all": [round(each, 3) for each in times],
        "deliveries_per_s": round(source_hz * ms / 1000 * projection.size / min(times)),
    }
    print(
        f"{what:42} source {source_hz:6.1f} Hz, target {target_hz:6.1f} Hz: {row['seconds']:7.3f}"
        f" s, {row['deliveries_per_s']:>13,} deliveries/s"
    )
    return row


def naive(projection: Projection, raster: np.ndarray) -> np.ndarray:
    """One synapse after the other, in plain Python."""
    indptr, indices = projection.indptr.tolist(), projection.indices.tolist()
    delays, weights = projection.delay_steps.tolist(), projection.weights.tolist()
    slots = projection.max_delay + 1
    ring = [[0.0] * projection.target.n for _ in range(slots)]
    out = []
    for t, row in enumerate(raster):
        for source in np.flatnonzero(row).tolist():
            for k in range(indptr[source], indptr[source + 1]):
                ring[(t + delays[k]) % slots][indices[k]] += weights[k]
        out.append(ring[t % slots])
        ring[t % slots] = [0.0] * projection.target.n
    return np.array(out)


def against_naive(n: int, rate_hz: float) -> dict[str, Any]:
    """`propagate` against the loop, on the same spikes; both give the same currents."""
    (projection,) = network(n, rate_hz).projections.values()
    raster = (np.random.default_rng(2).random((STEPS, n)) < rate_hz * DT_MS / 1000).astype(float)
    fast, slow, expected, currents = [], [], np.empty(0), np.empty(0)
    for _ in range(REPEATS):
        projection.reset()
        start = perf_counter()
        currents = np.array([projection.propagate(row) for row in raster])
        middle = perf_counter()
        expected = naive(projection, raster)
        fast.append(middle - start)
        slow.append(perf_counter() - middle)
    if not np.allclose(currents, expected, rtol=0, atol=1e-9):
        raise SystemExit(
            "propagate differs from one synapse after the other by"
            f" {np.abs(currents - expected).max()}"
        )
    row = {
        "size": n,
        "rate_hz": rate_hz,
        "seconds": round(min(fast), 4),
        "naive_s": round(min(slow), 4),
        "ratio": round(min(slow) / min(fast), 1),
    }
    print(
        f"propagate {n:>5} x {n:<5} at {rate_hz:5.0f} Hz: {row['seconds']} s, naive"
        f" {row['naive_s']} s: {row['ratio']} x"
    )
    return row


def memory(rate_hz: float) -> dict[str, Any]:
    """What a network holds, and how much more its runs need at the most, by tracemalloc."""
    tracemalloc.start()
    net = network(N, rate_hz)
    base = tracemalloc.get_traced_memory()[0]
    peaks = []
    for steps in MEMORY_STEPS:
        net.reset()
        net.run(20)  # what is made once
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        net.run(steps)
        now, peak = tracemalloc.get_traced_memory()
        peaks.append(
            {
                "steps": steps,
                "peak_kb": round((peak - before) / 1024, 1),
                "kept_kb": round((now - before) / 1024, 1),
            }
        )
    tracemalloc.stop()
    (projection,) = net.projections.values()
    row = {
        "rate_hz": rate_hz,
        "network_mb": round(base / 1e6, 1),
        "bytes_per_synapse": round(base / projection.size, 1),
        "runs": peaks,
    }
    print(
        f"at {rate_hz:.0f} Hz: network {row['network_mb']} MB ({row['bytes_per_synapse']} bytes a"
        f" synapse); above it: {peaks}"
    )
    return row


def report(result: dict[str, Any], command: str) -> str:
    """The report for people."""
    lines = [
        "# Networks of a million synapses\n",
        f"Made by `{command}` on one core of {result['machine']}.",
        (
            f"{N:,} + {N:,} neurons, {N * N:,} synapses, each with a weight and a delay of its own,"
            f" {STEPS:,} steps."
        ),
        f"Best of {REPEATS} runs. A delivery is a spike that arrives through a synapse.\n",
        "| network | delays, steps | dt, ms | source, Hz | target, Hz | seconds | deliveries/s |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {row['what']} | {row['delays']} | {row['dt_ms']} | {row['source_hz']} |"
            f" {row['target_hz']} | {row['seconds']} | {row['deliveries_per_s']:,} |"
            for row in result["networks"]
        ),
        "\n## Against one synapse after the other\n",
        (
            "`Projection.propagate` against a plain Python loop over the synapses of neurons that"
            " fired; equal currents, checked.\n"
        ),
        f"| size | Hz | propagate, s ({STEPS:,} steps) | loop, s | ratio |",
        "|---|---|---|---|---|",
        *(
            f"| {row['size']} x {row['size']} | {row['rate_hz']:g} | {row['seconds']} |"
            f" {row['naive_s']} | {row['ratio']} |"
            for row in result["against_naive"]
        ),
        "\n## Memory\n",
        (
            "By tracemalloc, without monitors: what the network holds, and the most that runs of"
            " different length need above it.\n"
        ),
        "| Hz | network, MB | bytes a synapse | "
        + " | ".join(f"{steps:,} steps, KB" for steps in MEMORY_STEPS)
        + " |",
        "|---|---|---|" + "---|" * len(MEMORY_STEPS),
        *(
            f"| {row['rate_hz']:g} | {row['network_mb']} | {row['bytes_per_synapse']} | "
            + " | ".join(str(run["peak_kb"]) for run in row["runs"])
            + " |"
            for row in result["memory"]
        ),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--limit", type=float, default=5.0)
    options = parser.parse_args()
    networks = [timed(f"{rate:g} Hz", network(N, rate)) for rate in (10.0, 20.0, 100.0, 500.0)]
    networks.append(timed("every neuron, every step", network(N, 1000.0)))
    networks.append(timed("20 Hz, long delays", network(N, 20.0, 200)))
    networks.append(
        timed(
            "20 Hz, STDP on every synapse",
            network(N, 20.0, plasticity=STDP(a_plus=1e-4, a_minus=1e-4)),
        )
    )
    networks.append(timed("Hodgkin-Huxley, both", squid(N)))
    result = {
        "schema": SCHEMA,
        "machine": (
            f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__},"
            f" SciPy {scipy.__version__}"
        ),
        "networks": networks,
        "against_naive": [
            against_naive(size, rate)
            for size in (100, 300, N)
            for rate in (20.0, 200.0)[: 1 + (size < N)]
        ],
        "memory": [memory(rate) for rate in (20.0, 1000.0)],
    }
    if options.out:
        write_json(options.out / "network_speed.json", result)
        page = report(result, "python benchmarks/network.py --out reports")
        write_report(options.out, "network_speed", page)
    seconds = next(row["seconds"] for row in networks if row["what"] == "20 Hz")
    runs = [[run["peak_kb"] for run in row["runs"]] for row in result["memory"]]
    growth = max(peaks[-1] - peaks[0] for peaks in runs)
    longer = f"{MEMORY_STEPS[-1]} steps need {growth:.1f} KB more than {MEMORY_STEPS[0]}"
    print(f"20 Hz: {seconds} s, limit {options.limit} s; {longer}")
    sys.exit(seconds > options.limit or growth > GROWTH_KB)


if __name__ == "__main__":
    main()
