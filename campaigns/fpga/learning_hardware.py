"""What a network of 784, 128 and 10 neurons that learns takes on two FPGAs, and how fast it learns.

`python -m campaigns.fpga.learning_hardware --data mnist10k.npz --out reports` writes
learning_hardware.json and learning_hardware.md. Each row is the network with some lanes, alone or
behind a UART: synthesised, placed and routed with several seeds, the median of which is its clock.
Clocks a training sample are counted in the compiled Verilog on real images, after the compiled
model has learned from so many; answers and all state are compared with the model at the end.

Alone, the network stands in a frame whose registers are at all of its pins. Images are drawn from
the archive's first 8,000, those to learn from before and those that are counted.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.fpga.measured import NO_HOST, host_of, kept_rows, routed, told_by_host
from campaigns.freshness.sources import REPORTS
from campaigns.freshness.stamps import ROOT, blobs_here, digest, write_report
from sc_hw.build.elaborate import elaborate
from sc_hw.fabric.targets import load_target
from sc_hw.files import write_json
from sc_hw.simulation.library import rtl_library
from sc_model.images import load_images
from sc_model.native.learning_network import NativeLearningNetwork
from sc_model.spec import Design
from sc_model.spec.learning import HiddenLayerSpec, LearningNetworkSpec, OutputLayerSpec
from sc_sim.blocks.learning_network import RtlLearningNetwork
from sc_sim.driver.one_clock import Rtl

SCHEMA = "sc-hw.learning-hardware.v1"
REPORT = "learning_hardware"
HOST_MHZ = 12.0  # the oscillator of iCEBreaker and UPduino
TRAIN_IMAGES = 8000
TRAINED = (1_500, 24_000, 120_000)  # samples learned from before the clocks are counted


@dataclass(frozen=True)
class Case:
    """A row.

    Members
    -------
    target : device.
    host : door of the host; ``none``: the network alone.
    lanes : synapses of a row that are visited at once.
    """

    target: str
    host: str
    lanes: int


CASES = (
    Case("ice40-up5k", NO_HOST, 8),
    Case("ice40-up5k", "uart", 8),
    Case("ecp5-25f-6", NO_HOST, 32),
    Case("ecp5-25f-6", "uart", 32),
)


def design_of(case: Case) -> Design:
    """The network with the case's lanes, fabric and door."""
    return Design(
        name=f"learn_{case.lanes}",
        block="learning_network",
        fabric=load_target(case.target).family,
        host=host_of(case.host, HOST_MHZ),
        learning=LearningNetworkSpec(
            inputs=784,
            hidden=(HiddenLayerSpec(name="hidden", neurons=128, lanes=case.lanes),),
            output=OutputLayerSpec(neurons=10, lanes=case.lanes),
        ),
    )


def clocks_of(
    case: Case, images: NDArray[Any], labels: NDArray[Any], samples: int, root: Path
) -> tuple[dict[str, float], int]:
    """Mean clocks a training sample after so many; and values that differ from the model."""
    design = design_of(case)  # behind a host its block has one buffer, and smaller memories
    spec = design.learning
    if spec is None:
        raise ValueError(f"design '{design.name}' must have a learning network")
    folder = elaborate(design, root).folder
    rtl = RtlLearningNetwork(Rtl(folder, rtl_library(folder)))
    rng = np.random.default_rng(1)
    weights = {
        layer.name: rng.integers(
            -layer.initial, layer.initial, (spec.rows(n), layer.neurons), endpoint=True
        )
        for n, layer in enumerate(spec.layers)
    }
    model = NativeLearningNetwork(spec, weights)
    clocks, differ, before = {}, 0, 0
    for trained in TRAINED:
        training = rng.integers(0, TRAIN_IMAGES, trained - before)
        model.run(images[training], labels[training])
        rtl.restore(model.checkpoint())
        probe = rng.integers(0, TRAIN_IMAGES, samples)
        expected = model.run(images[probe], labels[probe])
        differ += int((expected != rtl.run(images[probe], labels[probe])).sum())
        # The first sample waits for its inputs, which later ones find in the other buffer.
        clocks[str(trained)] = round(float(rtl.clocks[1:].mean()), 1)
        state = rtl.checkpoint()
        for space, fields in model.checkpoint().items():
            for name, values in fields.items():
                differ += int(
                    np.count_nonzero(np.asarray(values) != np.asarray(state[space][name]))
                )
        before = trained + samples
    return clocks, differ


def row_of(
    case: Case, images: NDArray[Any], labels: NDArray[Any], samples: int, seeds: int, root: Path
) -> dict[str, Any]:
    """A case's row."""
    price = routed(design_of(case), case.target, root, seeds)
    clocks, differ = clocks_of(case, images, labels, samples, root)
    mhz = price["mhz"]
    row = {
        "target": case.target,
        "host": case.host,
        "lanes": case.lanes,
        **price,
        **{f"clocks_after_{trained}": clocks[str(trained)] for trained in TRAINED},
        **{
            f"samples_per_s_after_{trained}": (
                None if mhz is None else round(mhz * 1e6 / clocks[str(trained)])
            )
            for trained in TRAINED
        },
        "differences": differ,
        "sources": digest(blobs_here(ROOT, REPORTS[REPORT].sources)),
    }
    print(row, flush=True)
    return row


def page(report: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    lines = [
        "# A network that learns on FPGAs",
        "",
        f"`{report['command']}`",
        "",
        "784, 128 and 10 neurons, weights of 8 bits; both layers learn. Clocks a training sample"
        f" are counted in the compiled Verilog on {report['samples']:,} images each time, after the"
        " network has learned from so many; `differences` are answers and values of state that"
        " are not the model's. MHz are medians of the seeds' routed designs. Samples a second are"
        " those of the network, which takes a sample while it learns from the last: through a UART"
        " they are as many as the line carries. A row whose `sources` are not those above is kept"
        " from an earlier report.",
        "",
    ]
    rows = report["rows"]
    names = list(dict.fromkeys(key for row in rows for key in row))
    heads = " | ".join(f"{row['target']}, host {row['host']}" for row in rows)
    lines += [f"| | {heads} |"]
    lines += ["|" + "---|" * (len(rows) + 1)]
    for name in names[2:]:
        cells = ["-" if row[name] is None else str(row[name]) for row in rows]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, and write the report after each row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="images and labels, 10,000 of MNIST"
    )
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument("--host", action="append", default=[], help="none, uart; the rest is kept")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    data = load_images(options.data)
    images, labels = data.pixels.reshape(len(data), -1).astype(np.int64), data.labels
    fresh: list[dict[str, Any]] = []
    for case in CASES:
        if (options.target and case.target not in options.target) or (
            options.host and case.host not in options.host
        ):
            continue
        fresh.append(row_of(case, images, labels, options.samples, options.seeds, options.build))
        report = {
            "schema": SCHEMA,
            "command": "python -m campaigns.fpga.learning_hardware --data mnist10k.npz"
            f" --samples {options.samples} --seeds {options.seeds}",
            "samples": options.samples,
            "rows": kept_rows(options.out / f"{REPORT}.json", fresh, told_by_host(CASES)),
        }
        write_json(options.out / f"{REPORT}.json", report)
        write_report(options.out, REPORT, page(report))


if __name__ == "__main__":
    main()
