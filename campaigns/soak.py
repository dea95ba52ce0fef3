"""Long co-simulations: `python -m campaigns.soak --out reports` writes soak.json and soak.md.

The lane runs for 10^6 steps and layers on 16 lanes for more than 10^7 synapse updates. Every spike
and every word is compared as it leaves the design; at the end everything that can be read back is
compared too (memories, checkpoint).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from campaigns.freshness.stamps import write_report
from sc_hw.files import write_json
from sc_hw.simulation.cosim import cosim
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec

SCHEMA = "sc-hw.soak.v1"
# Name of a run: its design and its steps.
SOAKS: dict[str, tuple[Design, int]] = {
    "lane": (Design(name="lane", block="lane"), 1_000_000),
    "layer": (
        Design(
            name="layer",
            block="layer",
            layer=PlasticLayerSpec(inputs=64, neurons=64, lanes=16),
            neuron=NeuronSpec(threshold=1 << 20),
        ),
        2_000,
    ),
    "layer, every option": (
        Design(
            name="layer_options",
            block="layer",
            fabric="ecp5",
            layer=PlasticLayerSpec(
                inputs=64, neurons=64, lanes=16, critic_shift=4, signed_weights=True, counters=True
            ),
            neuron=NeuronSpec(
                threshold=120_000,
                leak_shift=4,
                reset="subtract",
                refractory=2,
                inhibition=9_000,
                winner_take_all=True,
                noise_bits=12,
                threshold_step=3_000,
                threshold_decay_shift=3,
            ),
        ),
        500,
    ),
}
_RESULT_KEYS = (  # of the co-simulation's results
    "build_id",
    "steps",
    "synapse_steps",
    "cycles",
    "differences",
    "passed",
    "seed",
    "stall",
    "cycles_per_s",
    "wall_s",
)


def _markdown(rows: list[dict[str, Any]], command: str) -> str:
    """The rows of `soak.json` as Markdown."""
    lines = [
        "# Soak\n",
        (
            f"Made by `{command}`: the emitted Verilog (Verilator) against the golden model. The"
            " JSON has the designs.\n"
        ),
        "| run | steps | synapse updates | clocks | differences | s |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        steps, updates, clocks = (f"{row[key]:,}" for key in ("steps", "synapse_steps", "cycles"))
        lines.append(
            f"| {row['run']} | {steps} | {updates} | {clocks} | {row['differences']} |"
            f" {row['wall_s']} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all co-simulations and write `soak.json` and `soak.md`; exit 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    rows = []
    for run, (design, steps) in SOAKS.items():
        results = cosim(design, steps=steps, seed=11, stall=0.0, root=options.build, progress=print)
        rows.append(
            {
                "run": run,
                "design_file": design.model_dump(mode="json"),
                **{key: results[key] for key in _RESULT_KEYS},
            }
        )
    command = "python -m campaigns.soak"
    write_json(
        options.out / "soak.json", {"schema_version": SCHEMA, "command": command, "rows": rows}
    )
    write_report(options.out, "soak", _markdown(rows, command))
    raise SystemExit(not all(row["passed"] for row in rows))


if __name__ == "__main__":
    main()
