"""What the network of 784, 128 and 10 neurons takes on two FPGAs, and how long an image takes.

`python -m campaigns.networks_hardware --samples mnist_test.npz --out reports` writes
networks_hardware.json and networks_hardware.md; `campaigns.networks` shows the rows beside the
network's answers. The samples are those that `examples/mnist/train.py` writes. Each row is the
network of `examples/mnist` with some lanes, alone or behind a host's door: synthesised, placed and
routed with several seeds, the median of which is its clock. Its clocks an image are counted in the
compiled Verilog, from the reset in front of an image to the last word of it.

Alone, the network stands in a frame whose registers are at all of its pins. Behind a door the
system has pins of its own. A host's transfers are not in the time of an image: it sends the next
one meanwhile.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.fpga.measured import (
    NO_HOST,
    host_of,
    kept_rows,
    network_of,
    played,
    routed,
    told_by_host,
    with_layers,
)
from campaigns.freshness.stamps import write_report
from sc_hw.build.elaborate import elaborate
from sc_hw.commands.demo import example_folder
from sc_hw.files import write_json
from sc_model.evaluation import load_parameters, load_samples, run_integers
from sc_model.spec import Design, load_design

SCHEMA = "sc-hw.networks-hardware.v1"
REPORT = "networks_hardware"
EXAMPLE = "mnist"
HOST_MHZ = 40.0  # what a UART's divider is made for


@dataclass(frozen=True)
class Case:
    """A row.

    Members
    -------
    target : device.
    host : door of the host; ``none``: the network alone.
    lanes : of the hidden and of the output layer.
    neurons_a_clock : likewise.
    """

    target: str
    host: str
    lanes: tuple[int, int]
    neurons_a_clock: tuple[int, int] = (1, 1)


CASES = (
    Case("ice40-up5k", NO_HOST, (8, 3)),
    Case("ice40-up5k", "spi_bus", (8, 3)),
    Case("ice40-up5k", "uart", (8, 1)),
    Case("ecp5-25f-6", NO_HOST, (64, 10), (4, 2)),
)


def design_of(case: Case, design: Design) -> Design:
    """The network with the case's lanes, fabric and door."""
    fields = {"lanes": case.lanes, "neurons_a_clock": case.neurons_a_clock}
    return with_layers(design, fields, case.target, host_of(case.host, HOST_MHZ))


def row_of(
    case: Case,
    design: Design,
    parameters: Mapping[str, Any],
    spikes: NDArray[np.uint8],
    seeds: int,
    root: Path,
) -> dict[str, Any]:
    """A case's row. `adding`: the share of clocks in which all lanes of the first layer add."""
    variant = design_of(case, design)
    network = network_of(variant)
    hidden = network.layers[0]
    price = routed(variant, case.target, root, seeds)
    golden = run_integers(network, parameters, spikes)[-1]
    alone = elaborate(variant.model_copy(update={"host": None}), root)
    run = played(alone.folder, parameters, spikes, golden)
    active = float(spikes.sum(dtype=np.int64)) / len(spikes)
    clocks, mhz = run.clocks_a_sample, price["mhz"]
    row = {
        "target": case.target,
        "host": case.host,
        "lanes": " + ".join(map(str, case.lanes)),
        "neurons_a_clock": " + ".join(map(str, case.neurons_a_clock)),
        **{name: price[name] for name in price if name not in ("dsp", "logic_cells")},
        "ticks": spikes.shape[1],
        "active_inputs": round(active, 1),
        "images_that_differ": run.differences,
        "clocks_an_image": clocks,
        "adding": round(active * hidden.groups / clocks, 3),
        "us_an_image": None if mhz is None else round(clocks / mhz, 1),
    }
    print(row, flush=True)
    return row


def page(report: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    lines = [
        "# The digits' network on FPGAs",
        "",
        f"`{report['command']}`",
        "",
        f"784, 128 and 10 neurons, weights of 8 bits; {report['images']:,} test images in the"
        " compiled Verilog. `adding` is the share of clocks in which all lanes of the first layer"
        " add. MHz are medians of the seeds' routed designs.",
        "",
    ]
    names = list(dict.fromkeys(key for row in report["rows"] for key in row))
    lines += [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    for row in report["rows"]:
        cells = ["-" if row.get(name) is None else str(row[name]) for name in names]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def chosen_cases(targets: Sequence[str], hosts: Sequence[str]) -> list[Case]:
    """The cases of some targets and doors; all of them where none is named."""
    return [
        case
        for case in CASES
        if (not targets or case.target in targets) and (not hosts or case.host in hosts)
    ]


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=Path, required=True)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument(
        "--host", action="append", default=[], help="none, spi_bus, uart; the rest is kept"
    )
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    file = example_folder(EXAMPLE) / f"{EXAMPLE}.toml"
    design = load_design(file)
    network = network_of(design)
    parameters = load_parameters(file.with_suffix(".npz"), network)
    samples = load_samples(options.samples, network.layers[0].inputs)
    spikes = samples.spikes[: options.images]
    rows = [
        row_of(case, design, parameters, spikes, options.seeds, options.build)
        for case in chosen_cases(options.target, options.host)
    ]
    report = {
        "schema": SCHEMA,
        "command": f"python -m campaigns.networks_hardware --samples {options.samples.name}"
        f" --images {len(spikes)}",
        "images": len(spikes),
        "rows": kept_rows(options.out / f"{REPORT}.json", rows, told_by_host(CASES)),
    }
    write_json(options.out / f"{REPORT}.json", report)
    write_report(options.out, REPORT, page(report))


if __name__ == "__main__":
    main()
