"""Networks in separate clocks against the golden network: more than 10^6 words from clock to clock.

`python benchmarks/crossing_soak.py --build build --out reports` writes crossing_soak.json and
crossing_soak.md; exit status 1 where anything differs. Every design runs under many clockings
(ratios 1:20 to 20:1, any phase, jitter, drift, edges that fall together), with bits that miss edges
of a foreign clock, random idle clocks and backpressure, and some runs with resets of any domain at
any time. All runs of a design have the same steps and must give the same words.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from campaigns.freshness.stamps import write_report
from sc_hw import elaborate
from sc_hw.files import write_json
from sc_hw.simulation.library import rtl_library
from sc_model.spec import Design, HetSynSpec, NetworkSpec, NeuronSpec
from sc_sim.benches.network.bench import NetworkBench, totals
from sc_sim.benches.network.stimulus import parameters, pulses, spikes
from sc_sim.blocks.network.rtl import NetworkRtl
from sc_sim.clocks import drawn, extremes

SCHEMA = "sc-hw.crossing-soak.v1"
STALLS = (0.0, 0.3, 0.9)
WITH_RESETS = 4  # every so many runs
MARGIN = 1.1  # resets make words void
COLUMNS = {
    "words across": "words_across",
    "in window": "bits_in_window",
    "late": "bits_late",
    "torn": "words_torn",
    "restarts": "restarts",
    "differences": "differences",
}


def network(
    name: str,
    clocks: str,
    sizes: Sequence[int],
    policies: str,
    intervals: Sequence[int],
    depth: int,
    **network: Any,
) -> Design:
    """A design; a letter a layer says its clock, another its policy (hold, accumulate, once)."""
    policy = {"h": "hold", "a": "accumulate", "o": "once"}
    layers = [
        HetSynSpec.model_validate(
            {
                "name": f"layer{index}",
                "inputs": sizes[index],
                "neurons": sizes[index + 1],
                "lanes": min(2, sizes[index + 1]),
                "clock": clocks[index],
                "policy": policy[policies[index]],
                "tick_interval": intervals[index],
                "pending_bits": 2,
                "neuron": NeuronSpec(reset="subtract", threshold=20_000),
            }
        )
        for index in range(len(clocks))
    ]
    return Design(
        name=name,
        block="network",
        network=NetworkSpec(layers=tuple(layers), crossing_depth=depth, **network),
    )


DESIGNS = (
    network("two_hold_1", "ab", (2, 3, 2), "hh", (1, 1), 1),
    network("two_accumulate_2", "ab", (3, 2, 3), "ha", (1, 3), 2),
    network("two_once_16", "ab", (3, 4, 2), "oo", (1, 2), 16),
    network("slow_to_fast", "ab", (3, 3, 3), "aa", (2, 1), 4),
    network("wide_words", "ab", (2, 70, 2), "hh", (1, 1), 4),
    network("steps_go_round", "ab", (2, 2, 2), "ha", (1, 1), 8, step_bits=4),
    network("three_policies", "abc", (3, 2, 3, 2), "aho", (1, 1, 2), 2),
    network("three_not_dividing", "abc", (2, 3, 2, 2), "hoa", (1, 3, 2), 8),
    network("there_and_back", "aba", (3, 2, 2, 3), "hah", (1, 1, 1), 4),
    network("two_in_one_clock", "aabb", (2, 3, 2, 3, 2), "ohao", (1, 1, 2, 3), 1),
    network("four", "abcd", (2, 2, 3, 2, 2), "haoh", (1, 1, 2, 1), 2),
)


def words_a_step(design: Design) -> float:
    """Words that go from clock to clock in a step, over all crossings."""
    layers = design.network.layers if design.network is not None else ()
    return sum(
        1 / before.tick_interval
        for before, after in pairwise(layers)
        if before.clock != after.clock
    )


def soak(design: Design, root: Path, runs: int, words: int, seed: int) -> dict[str, Any]:
    """A design under `runs` clockings, `words` across in all."""
    start = perf_counter()
    build = elaborate(design, root)
    rtl = NetworkRtl(build.folder, rtl_library(build.folder))
    rng, draws = np.random.default_rng(seed), random.Random(seed)
    x = spikes(rng, -(-words // round(runs * words_a_step(design))), rtl.spec.layers[0].inputs)
    bench = NetworkBench(rtl, parameters(rtl.spec, rng, x), x)
    clockings = drawn(rtl.dut.roles, seed, runs)
    for number, clocking in enumerate(clockings):
        # not in step with the four kinds of clocks that take turns
        resets = (
            pulses(rtl.dut.roles, len(x), clocking, draws)
            if (number + number // 4) % WITH_RESETS == 3
            else []
        )
        bench.run(clocking, draws.getrandbits(48), STALLS[number % len(STALLS)], resets)
    rtl.close()
    crossings = totals(bench.runs)
    return {
        "design": design.model_dump(mode="json"),
        "build_id": build.id,
        "runs": len(bench.runs),
        "ratios": [round(ratio, 4) for ratio in extremes(clockings)],
        "steps": sum(run["steps"] for run in bench.runs),
        "words_across": sum(counts["words"] for counts in crossings.values()),
        "bits_in_window": sum(counts["in_window"] for counts in crossings.values()),
        "bits_late": sum(counts["late"] for counts in crossings.values()),
        "words_torn": sum(counts["torn"] for counts in crossings.values()),
        "edges_together": sum(run["edges_together"] for run in bench.runs),
        "resets": sum(len(run["resets"]) for run in bench.runs),
        "restarts": sum(run["epochs"] - 1 for run in bench.runs),
        "clocks": sum(run["cycles"] for run in bench.runs),
        "differences": bench.findings.differences,
        "first_difference": bench.findings.first,
        "crossings": crossings,
        "bins": dict(sorted(bench.findings.bins.items())),
        "wall_s": round(perf_counter() - start, 1),
        "each": [{**run, "resets": len(run["resets"])} for run in bench.runs],
    }


def table(rows: Sequence[dict[str, Any]], command: str) -> str:
    """The report for people."""
    sums = {
        key: sum(row[key] for row in rows)
        for key in ("runs", "words_across", "bits_late", "restarts", "differences")
    }
    heads = ("design", "clocks, policies", "ticks", "depth", "runs", "ratios", *COLUMNS)
    lines = [
        "# Words from clock to clock\n",
        (
            f"Made by `{command}`: the emitted Verilog (Verilator) under clocks of their own"
            f" against the golden network. In all {sums['words_across']:,} words across in"
            f" {sums['runs']} runs, {sums['bits_late']:,} bits that missed an edge,"
            f" {sums['restarts']} restarts, {sums['differences']} differences. Of each run are"
            " compared: the words that come out, the words at every crossing, and in the end all"
            " that the host can read. The JSON has the designs and every run.\n"
        ),
        f"| {' | '.join(heads)} |",
        "|---" * len(heads) + "|",
    ]
    for row in rows:
        spec = row["design"]["network"]
        low, high = row["ratios"]
        cells = [
            row["design"]["name"],
            ", ".join(f"{layer['clock']} {layer['policy']}" for layer in spec["layers"]),
            ", ".join(str(layer["tick_interval"]) for layer in spec["layers"]),
            spec["crossing_depth"],
            row["runs"],
            f"{low:.3g} to {high:.3g}",
            *(f"{row[key]:,}" for key in COLUMNS.values()),
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--words",
        type=int,
        default=1_000_000,
        help="words from clock to clock, over all designs, at least",
    )
    parser.add_argument("--runs", type=int, default=24, help="clockings of each design")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = []
    for number, design in enumerate(DESIGNS):
        row = soak(
            design,
            options.build,
            options.runs,
            round(MARGIN * options.words / len(DESIGNS)),
            options.seed + number,
        )
        print(
            f"{design.name}: {row['words_across']:,} words, {row['differences']} differences,"
            f" {row['wall_s']} s",
            flush=True,
        )
        if row["first_difference"] is not None:
            print(f"first difference: {row['first_difference']}", flush=True)
        rows.append(row)
    across = sum(row["words_across"] for row in rows)
    command = (
        f"python benchmarks/crossing_soak.py --words {options.words} --runs {options.runs} --seed"
        f" {options.seed} --out reports"
    )
    if options.out:
        result = {
            "schema_version": SCHEMA,
            "command": command,
            "words_across": across,
            "designs": rows,
        }
        write_json(options.out / "crossing_soak.json", result)
        write_report(options.out, "crossing_soak", table(rows, command))
    print(f"{across:,} words across, {sum(row['differences'] for row in rows)} differences")
    raise SystemExit(across < options.words or any(row["differences"] for row in rows))


if __name__ == "__main__":
    main()
