"""What integers cost: spikes of a float HetSyn layer against those of the fixed-point layer that
stands for it.

`python benchmarks/fixed_point.py --out reports` writes fixed_point.json and .md. Layers are drawn
as HetSynLayer draws them (log-normal time constants around 5 ms), weights rounded to the bits
given, time constants to the nearest decay code; the same random spikes go into both. Distances are
van Rossum's (Neural Computation 13, 2001; kernel of 10 ms), divided by that of the float layer's
spikes from silence: 0 is the same train, 1 as far apart as saying nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.freshness.stamps import write_report
from sc_hw.files import write_json
from sc_model.golden.trained.layer import TrainedLayer
from sc_model.spec import CrossingSpec, HetSynSpec, NeuronSpec
from sc_model.temporal_hierarchy.multi_clock import HetSynLayer

INPUTS, NEURONS, TICKS, RATE, KERNEL_MS = 32, 16, 1000, 0.05, 10.0
SEEDS = range(10)
CASES = [
    (bits, terms, weight)
    for terms, weight in ((3, 8), (4, 8), (0, 8), (0, 12))
    for bits in (4, 5, 6, 8)
]


def filtered(spikes: NDArray[Any]) -> NDArray[np.float64]:
    """Spikes (T, neurons) behind an exponential kernel."""
    keep = np.exp(-1.0 / KERNEL_MS)
    out, level = np.empty(spikes.shape), np.zeros(spikes.shape[1])
    for t, now in enumerate(spikes):
        level = level * keep + now
        out[t] = level
    return out


def compared(code_bits: int, terms: int, weight_bits: int, seed: int) -> tuple[float, float]:
    """Normalised van Rossum distance, and the share of ticks and neurons in which exactly one of
    the two spikes.
    """
    layer = HetSynLayer(INPUTS, NEURONS, seed=seed)
    x = (np.random.default_rng(seed).random((TICKS, INPUTS)) < RATE).astype(np.int64)
    spec = HetSynSpec(
        name="layer",
        inputs=INPUTS,
        neurons=NEURONS,
        code_bits=code_bits,
        terms=terms,
        weight_bits=weight_bits,
        trace_bits=18,
    )
    scale = ((1 << (weight_bits - 1)) - 1) / np.abs(layer.weight).max()
    threshold = round(layer.threshold * scale * (1 << spec.trace_fraction))
    spec = spec.model_copy(
        update={"neuron": NeuronSpec(reset="subtract", threshold=threshold, potential_bits=48)}
    )
    golden = TrainedLayer(spec, CrossingSpec(INPUTS, 1, 1, "hold", 1), 1.0)
    codes = np.reshape(spec.codes(1.0).encode(layer.tau.ravel()), layer.tau.shape)
    golden.load({"weight": np.rint(layer.weight * scale).astype(np.int64), "code": codes})
    exact = layer.run(x.astype(float))
    fixed = np.array([golden.step(row) for row in x], float)
    apart, whole = filtered(exact) - filtered(fixed), filtered(exact)
    return float(np.sqrt((apart**2).sum() / (whole**2).sum())), float((exact != fixed).mean())


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description="Spikes of float and fixed-point HetSyn layers.")
    parser.add_argument("--out", type=Path, default=Path("reports"))
    out = parser.parse_args().out
    rows = []
    for bits, terms, weight in CASES:
        figures = np.array([compared(bits, terms, weight, seed) for seed in SEEDS])
        rows.append(
            {
                "terms": terms,
                "code_bits": bits,
                "weight_bits": weight,
                "distance_mean": round(float(figures[:, 0].mean()), 4),
                "distance_sd": round(float(figures[:, 0].std(ddof=1)), 4),
                "mismatch_mean": round(float(figures[:, 1].mean()), 5),
            }
        )
        print(rows[-1], flush=True)
    command = "python benchmarks/fixed_point.py --out reports"
    setting = {
        "inputs": INPUTS,
        "neurons": NEURONS,
        "ticks": TICKS,
        "spikes_a_tick": RATE,
        "seeds": len(SEEDS),
    }
    write_json(
        out / "fixed_point.json",
        {"schema_version": "sc-hw.fixed_point.v1", "command": command, **setting, "rows": rows},
    )
    lines = [
        "# Fixed point against float: spikes",
        "",
        (
            f"Made by `{command}`: {INPUTS} x {NEURONS} synapses with log-normal time constants"
            " around 5 ms,"
        ),
        (
            f"{TICKS} ticks of 1 ms, inputs that spike with {RATE} a tick, {len(SEEDS)} seeds."
            f" Distance: van Rossum's with {KERNEL_MS:.0f} ms, over that from"
        ),
        (
            "silence (0: the same train; 1: as far as saying nothing). Mismatch: share of neurons"
            " and ticks in which just one of the"
        ),
        (
            "two spikes. The membrane does not leak, so an error stays in the potential for good:"
            " this is the hard case."
        ),
        "",
        "| terms | bits of code | bits of weight | distance | sd | mismatch |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['terms'] or 'x'} | {row['code_bits']} | {row['weight_bits']} |"
        f" {row['distance_mean']} | {row['distance_sd']} | {100 * row['mismatch_mean']:.2f} % |"
        for row in rows
    ]
    write_report(out, "fixed_point", "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
