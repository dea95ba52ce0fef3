"""Sparse networks in hardware by size: `python -m campaigns.fpga.sparse_hardware --out reports`
writes sparse_hardware.json and sparse_hardware.md.

Each row is a network of random lists: 784 inputs, a layer of many neurons, and ten neurons behind
it with a readout by spike counts. It is made, and its crossings audited; all of its claims are
proved, without mutants; and its compiled Verilog plays samples of random spikes, whose words,
answers and scores are compared with those of the compiled model. Clocks are counted from the reset
in front of a sample to each word. Nothing is placed: the larger lists are more than an ECP5 holds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.fpga.measured import network_of, played, proved
from campaigns.freshness.stamps import write_report
from sc_hw.build.elaborate import Build, elaborate
from sc_hw.files import write_json
from sc_model.golden.trained.connections import drawn_lists
from sc_model.native import NativeNetwork
from sc_model.spec import Design, LifSpec, NetworkSpec, ReadoutSpec, SparseSpec

SCHEMA = "sc-hw.sparse-hardware.v1"
REPORT = "sparse_hardware"
INPUTS, CLASSES = 784, 10
# Neurons and synapses of the layer
SIZES = ((1_024, 40_960), (2_000, 400_000), (10_000, 400_000))
ACTIVITY = 0.1  # share of the inputs that spike in a step
RATE = 0.1  # about the share of neurons that are to fire: the layer's threshold is drawn for it
FRACTION = 4  # binary places of potentials
WEIGHT = (15, 40)  # mean and deviation
STEPS = 10  # of a sample


def design_of(neurons: int, synapses: int) -> Design:
    """The network of a size."""
    neuron = LifSpec(leak="shift", threshold_bits=20, fraction=FRACTION)
    many = SparseSpec(
        name="many", inputs=INPUTS, neurons=neurons, synapses=synapses,
        fan_in=2 * -(-synapses // neurons), neuron=neuron,
    )  # fmt: skip
    few = SparseSpec(
        name="few", inputs=neurons, neurons=CLASSES, synapses=2 * neurons,
        fan_in=4 * neurons // CLASSES, neuron=neuron,
    )  # fmt: skip
    spec = NetworkSpec(layers=(many, few), readout=ReadoutSpec(kind="count"))
    return Design(name=f"sparse_{neurons}", block="network", network=spec)


def parameters_of(spec: NetworkSpec, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Random lists and weights, and thresholds with which some neurons fire in each step."""
    parameters: dict[str, NDArray[np.int64]] = {}
    rate = ACTIVITY
    for layer in spec.layers:
        if not isinstance(layer, SparseSpec):
            raise ValueError(f"layer '{layer.name}' must be sparse")
        parameters |= {f"{layer.name}.{n}": values for n, values in drawn_lists(layer, rng).items()}
        weight = np.clip(np.rint(rng.normal(*WEIGHT, layer.synapses)), -128, 127)
        parameters[f"{layer.name}.weight"] = weight.astype(np.int64)
        # the sum of a step's weights; a potential has some steps' worth of them
        mean = layer.synapses / layer.neurons * rate * WEIGHT[0] * (1 << FRACTION)
        threshold = np.full(layer.neurons, round(5 * mean), np.int64)
        parameters[f"{layer.name}.threshold"] = threshold
        rate = RATE
    return parameters


def ran(build: Build, parameters: Mapping[str, Any], samples: NDArray[np.uint8]) -> dict[str, Any]:
    """Samples (samples, steps, inputs) in the compiled Verilog, beside the compiled model."""
    model = NativeNetwork(network_of(build.design), parameters)
    inner, words = model.run_layers(samples)
    result = played(build.folder, parameters, samples, words, model.answers(samples))
    return {
        "samples": len(samples),
        "samples_that_differ": result.differences,
        "activity": round(float(samples.mean()), 3),
        "rates": [round(float(each.mean()), 3) for each in (inner, words)],
        "clocks_a_step": round(float(np.diff(result.clocks, axis=1).mean()), 1),
        "load_s": result.load_s,
        "simulation_s": result.seconds,
    }


def row_of(neurons: int, synapses: int, samples: int, root: Path) -> dict[str, Any]:
    """A size: what is made of it, what runs, and what is proved."""
    design, rng = design_of(neurons, synapses), np.random.default_rng(neurons)
    spec = network_of(design)
    start = time.process_time()
    build = elaborate(design, root)
    elaboration_s = time.process_time() - start
    rows = build.manifest["layers"]
    spikes = (rng.random((samples, STEPS, INPUTS)) < ACTIVITY).astype(np.uint8)
    proof = proved(design, root)
    return {
        "neurons": neurons,
        "synapses": synapses,
        "elaborated_cpu_s": round(elaboration_s, 1),
        "verilog_lines": build.verilog.read_text(encoding="utf-8").count("\n"),
        "memory_kbit": round(sum(sum(row["memory_bits"].values()) for row in rows) / 1024),
        **ran(build, parameters_of(spec, rng), spikes),
        "claims": proof["claims"],
        "not_proved": proof["not_proved"],
        "proof_s": proof["seconds"],
    }


_COLUMNS = (
    "neurons",
    "synapses",
    "memory_kbit",
    "verilog_lines",
    "elaborated_cpu_s",
    "clocks_a_step",
    "samples_that_differ",
    "claims",
    "proof_s",
)


def page(report: Mapping[str, Any]) -> str:
    """The report as a page."""
    rows = report["rows"]
    lines = [
        "# Sparse networks in hardware",
        "",
        f"Made by `{report['command']}`.",
        "",
        f"784 inputs, of which {ACTIVITY:.0%} spike in a step, a sparse layer, and ten neurons with"
        f" a readout. {rows[0]['samples']} samples of {STEPS} steps of each network ran in its"
        " compiled Verilog; words, answers and scores are compared with those of the model. A list"
        " is walked a synapse a clock, on one lane. Seconds are of a machine with other work.",
        "",
        "| " + " | ".join(name.replace("_", " ") for name in _COLUMNS) + " |",
        "|" + "--:|" * len(_COLUMNS),
    ]
    for row in rows:
        lines.append("| " + " | ".join(f"{row[name]:,}" for name in _COLUMNS) + " |")
    failures = [name for row in rows for name in row["not_proved"]]
    verdict = "All claims are proved." if not failures else f"Not proved: {', '.join(failures)}."
    shares = ", ".join(f"{row['rates'][0]:.1%}" for row in rows)
    lines += ["", f"{verdict} So many of the layer's neurons fire in a step: {shares}.", ""]
    return "\n".join(lines)


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "command": f"python -m campaigns.fpga.sparse_hardware --samples {options.samples}",
        "rows": [row_of(*size, options.samples, options.build) for size in SIZES],
    }
    write_json(options.out / f"{REPORT}.json", report)
    write_report(options.out, REPORT, page(report))


if __name__ == "__main__":
    main()
