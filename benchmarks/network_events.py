"""Compiled networks: ticks a second of 784-128-10, a test set, and the cost of an event.

`python benchmarks/network_events.py [--out reports] [--quick]` prints the table and, with `--out`,
writes network_events.json, .md and .png. Words of the compiled and of the golden network are
compared first; ratios are of one run on one core, and each side counts by its best turn. Stimulus
and weights are random: what is measured is speed.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.freshness.stamps import write_report
from sc_hw.files import write_json
from sc_model.golden.network.network import Network, parameter_bounds
from sc_model.native import NativeNetwork
from sc_model.spec import DenseSpec, LifSpec, NetworkSpec

SCHEMA = "sc-hw.network-events.v1"
SIZES = ((32, 32), (100, 100), (320, 320), (1000, 1000))  # inputs, neurons
ACTIVE = (0.05, 0.1, 0.2)  # share of the inputs that spike in a tick
TICKS, IMAGES = 16, 10_000
ASKED = 50_000  # ticks a second of 784-128-10 on one core, at 10 % of the inputs


def mnist_sized() -> NetworkSpec:
    """784-128-10 with weights of 8 bits."""
    return NetworkSpec(
        layers=(
            DenseSpec(name="hidden", inputs=784, neurons=128),
            DenseSpec(name="digits", inputs=128, neurons=10),
        )
    )


def parameters(spec: NetworkSpec, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Random weights, and thresholds with which about a fifth of the neurons fire in a tick."""
    arrays = {}
    for name, (shape, low, high) in parameter_bounds(spec).items():
        if name.endswith("threshold"):
            low, high = 16 * 300, 16 * 900
        if name.endswith("leak"):
            low = high = 3700  # of 4096
        arrays[name] = rng.integers(low, high + 1, shape)
    return arrays


def best(turns: int, work: Callable[[], object]) -> float:
    """Seconds of a piece of work: the best of some turns after one that does not count."""
    work()
    times = []
    for _ in range(turns):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


def spikes(rng: np.random.Generator, ticks: int, inputs: int, active: float) -> NDArray[np.uint8]:
    """Random words, of which that share is 1."""
    return (rng.random((ticks, inputs)) < active).astype(np.uint8)


def ticks_a_second(turns: int) -> list[dict[str, float]]:
    """784-128-10, compiled and golden, by activity."""
    rng, spec, rows = np.random.default_rng(1), mnist_sized(), []
    arrays = parameters(spec, rng)
    native, golden = NativeNetwork(spec, arrays), Network(spec, arrays)
    for active in ACTIVE:
        x = spikes(rng, 20_000, 784, active)
        native.reset()
        golden.reset()
        words = native.run(x[:200])
        if not np.array_equal(words, golden.run(x[:200])) or not words.any():
            raise SystemExit("the compiled and the golden network differ")
        fast = len(x) / best(turns, lambda x=x: native.run(x))
        slow = 200 / best(max(1, turns // 3), lambda x=x: golden.run(x[:200]))
        rows.append({"active": active, "native": fast, "golden": slow, "ratio": fast / slow})
    return rows


def test_set(turns: int) -> dict[str, float]:
    """Seconds of as many samples as MNIST's test set has, each from a reset, on all processors."""
    rng, spec = np.random.default_rng(2), mnist_sized()
    native = NativeNetwork(spec, parameters(spec, rng))
    x = spikes(rng, IMAGES * TICKS, 784, 0.1).reshape(IMAGES, TICKS, 784)
    return {
        "images": IMAGES,
        "ticks": TICKS,
        "threads": os.cpu_count() or 1,
        "seconds": best(max(1, turns // 4), lambda: native.run_batch(x)),
    }


def growth(turns: int) -> list[dict[str, float]]:
    """Nanoseconds an added product, from 10^3 to 10^6 synapses at 10 % of the inputs.

    The cost of a tick without any spike is subtracted: it is that of the neurons.
    """
    rows = []
    for inputs, neurons in SIZES:
        rng = np.random.default_rng(3)
        layer = DenseSpec(name="a", inputs=inputs, neurons=neurons, neuron=LifSpec(leak="shift"))
        spec = NetworkSpec(layers=(layer,))
        native = NativeNetwork(spec, parameters(spec, rng))
        ticks = max(2_000, 200_000 // inputs)
        x = spikes(rng, ticks, inputs, 0.1)
        quiet = np.zeros_like(x)
        busy = best(turns, lambda n=native, x=x: n.run(x))
        still = best(turns, lambda n=native, x=quiet: n.run(x))
        products = int(x.sum()) * neurons
        rows.append(
            {
                "synapses": inputs * neurons,
                "ns_a_product": (busy - still) / products * 1e9,
                "us_a_quiet_tick": still / ticks * 1e6,
            }
        )
    return rows


def plot(path: Path, rows: list[dict[str, float]]) -> None:
    """Cost of an added product over the size of the layer."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    costs = [row["ns_a_product"] for row in rows]
    axes.plot([row["synapses"] for row in rows], costs, marker="o", color="#2a6f97")
    axes.set_xscale("log")
    axes.set_ylim(0, 1.25 * max(costs))
    axes.set_xlabel("synapses of the layer")
    axes.set_ylabel("ns per product of an event")
    axes.set_title("Compiled dense layer, 10 % of the inputs active, one core")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def markdown(result: dict[str, Any]) -> str:
    """The report for reading."""
    lines = [
        "# Compiled networks",
        "",
        "Made by `python benchmarks/network_events.py --out reports`, one core but for the test"
        " set.",
        "",
        "| 784-128-10, inputs active | compiled, ticks/s | golden, ticks/s | ratio |",
        "|--:|--:|--:|--:|",
        *(
            f"| {row['active']:.0%} | {row['native']:,.0f} | {row['golden']:,.0f} |"
            f" {row['ratio']:,.0f} |"
            for row in result["ticks"]
        ),
        "",
        "Asked: {:,} ticks/s at 10 %. {images:,} samples of {ticks} ticks, each from a reset, on"
        " {threads} threads: {seconds:.2f} s.".format(ASKED, **result["test_set"]),
        "",
        "| synapses | ns a product of an event | us a tick without spikes |",
        "|--:|--:|--:|",
        *(
            f"| {row['synapses']:,} | {row['ns_a_product']:.3f} | {row['us_a_quiet_tick']:.2f} |"
            for row in result["growth"]
        ),
        "",
        "![cost of an event](network_events.png)",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write with `--out`; exit 1 below what is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--quick", action="store_true", help="few turns, no figures to quote")
    options = parser.parse_args()
    turns = 2 if options.quick else 10
    samples = test_set(turns)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    result = {
        "schema_version": SCHEMA,
        "turns": turns,
        "ticks": ticks_a_second(turns),
        "test_set": samples,
        "growth": growth(turns),
    }
    print(markdown(result))
    if options.out is not None:
        plot(options.out / "network_events.png", result["growth"])
        write_json(options.out / "network_events.json", result)
        write_report(options.out, "network_events", markdown(result))
    raise SystemExit(result["ticks"][1]["native"] < ASKED)


if __name__ == "__main__":
    main()
