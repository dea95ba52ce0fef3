"""What a delay for each synapse costs: one dense layer with longer and longer delays, placed and
routed.

`python benchmarks/delay_cost.py --out reports` writes delay_cost.json and .md: LUT, flip-flops,
block RAM and Fmax (median of the seeds) by Yosys and nextpnr, and the bits of the layer's memories
from its manifest. The first row is the layer without delays.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from campaigns.freshness.stamps import write_report
from sc_hw import elaborate, estimate
from sc_hw.files import write_json
from sc_model.spec import DenseSpec, Design, NetworkSpec

INPUTS, NEURONS, LANES, SEEDS = 64, 32, 2, 3
DELAYS = (0, 1, 7, 15, 31, 63)
TARGETS = ("ice40-up5k", "ecp5-25f-6")
KEYS = ("lut", "ff", "bram", "dsp")


def design_of(max_delay: int) -> Design:
    layer = DenseSpec(name="a", inputs=INPUTS, neurons=NEURONS, lanes=LANES, max_delay=max_delay)
    return Design(name=f"delays_{max_delay}", block="network", network=NetworkSpec(layers=(layer,)))


def measured(max_delay: int, root: Path) -> list[dict[str, Any]]:
    """A row for each target."""
    design = design_of(max_delay)
    layer = elaborate(design, root).manifest["layers"][0]
    clocks = elaborate(design, root).manifest["timing"]["tick_clocks"]["a"]
    rows = []
    for metrics in estimate(design, list(TARGETS), root=root, seeds=SEEDS):
        row = {
            "max_delay": max_delay,
            "target": metrics["target"],
            **{key: metrics[key] for key in KEYS},
        }
        row |= {
            "fmax_median_mhz": metrics["fmax"]["median_mhz"],
            "tick_clocks": clocks,
            "memory_bits": layer["memory_bits"],
        }
        rows.append(row)
        print(row, flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows = [row for max_delay in DELAYS for row in measured(max_delay, options.build)]
    command = "python benchmarks/delay_cost.py --out reports"
    setting = {
        "inputs": INPUTS,
        "neurons": NEURONS,
        "lanes": LANES,
        "seeds": SEEDS,
        "weight_bits": 8,
    }
    write_json(
        options.out / "delay_cost.json",
        {"schema_version": "sc-hw.delay_cost.v1", "command": command, **setting, "rows": rows},
    )
    lines = [
        "# What a delay for each synapse costs",
        "",
        (
            f"Made by `{command}`: one dense layer of {INPUTS} x {NEURONS} synapses in {LANES}"
            " lanes, weights of 8 bits,"
        ),
        (
            f"neurons with decay factors of their own; Yosys and nextpnr, median of {SEEDS} seeds."
            " Block RAM: 4 kbit on UltraPlus,"
        ),
        "18 kbit on ECP5. No board.",
        "",
        (
            "| longest delay | target | LUT | FF | block RAM | multipliers | MHz | clocks a tick |"
            " synapses, bits | history, bits |"
        ),
        "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row['max_delay']} | {row['target']} | {row['lut']} | {row['ff']} | {row['bram']} |"
        f" {row['dsp']} | {row['fmax_median_mhz']} | {row['tick_clocks']} |"
        f" {row['memory_bits']['synapses']} | {row['memory_bits'].get('history', 0)} |"
        for row in rows
    ]
    write_report(options.out, "delay_cost", "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
