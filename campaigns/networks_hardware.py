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
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.freshness.stamps import write_report
from sc_hw.build.elaborate import elaborate
from sc_hw.build.emit import to_verilog
from sc_hw.commands.demo import example_folder
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import load_target
from sc_hw.files import write_json, write_text
from sc_hw.host.system import system_of
from sc_hw.price.estimate import estimate
from sc_hw.price.placement import place_and_route
from sc_hw.price.synthesis import count, synthesise
from sc_hw.progress import silent
from sc_hw.simulation.library import rtl_library
from sc_model.evaluation import load_parameters, load_samples
from sc_model.spec import Design, HostSpec, load_design
from sc_sim.blocks.network.device import RtlNetwork
from sc_sim.blocks.network.rtl import NetworkRtl

SCHEMA = "sc-hw.networks-hardware.v1"
REPORT = "networks_hardware"
EXAMPLE = "mnist"
SPRAM = "SB_SPRAM256KA"
SYSTEM = "sc_system"
HOST_MHZ = 40.0  # what a UART's divider is made for
NO_HOST = "none"


@dataclass(frozen=True)
class Case:
    """A row.

    Members
    -------
    target : device.
    host : door of the host; ``none``: the network alone.
    lanes : of the hidden and of the output layer.
    """

    target: str
    host: str
    lanes: tuple[int, int]


CASES = (
    Case("ice40-up5k", NO_HOST, (8, 3)),
    Case("ice40-up5k", "spi_bus", (8, 3)),
    Case("ice40-up5k", "uart", (8, 1)),
    Case("ecp5-25f-6", NO_HOST, (32, 5)),
)


def design_of(case: Case, design: Design) -> Design:
    """The network with the case's lanes, fabric and door."""
    network = design.network
    if network is None:
        raise ValueError(f"design '{design.name}' must be a network")
    layers = tuple(
        layer.model_copy(update={"lanes": lanes})
        for layer, lanes in zip(network.layers, case.lanes, strict=True)
    )
    host = None if case.host == NO_HOST else HostSpec(door=case.host, clock_mhz=HOST_MHZ)
    return design.model_copy(
        update={
            "network": network.model_copy(update={"layers": layers}),
            "fabric": load_target(case.target).family,
            "host": host,
        }
    )


def priced(case: Case, design: Design, root: Path, seeds: int) -> dict[str, Any]:
    """Cells after synthesis, and the clock after place and route."""
    if case.host == NO_HOST:
        placed = estimate(design, [case.target], root=root, seeds=seeds, jobs=1)[0]
        cells, units = placed["cells"], placed
    else:
        target = load_target(case.target)
        family, folder = load_family(target.family), root / REPORT / f"{case.target}_{case.host}"
        folder.mkdir(parents=True, exist_ok=True)
        system = system_of(design, family, clock_hz=round(HOST_MHZ * 1e6))
        write_text(folder / "block.v", to_verilog(system, SYSTEM, family))
        # As for a board's bitstream: the block is there once, so synthesis does not stop at it.
        shared = tuple(getattr(system.block.component, "shared_modules", {}))
        cells = synthesise(["block.v"], target, folder, "block", shared, top=SYSTEM)
        units = count(cells, target.cells)
        placed = place_and_route(target, folder, seeds, 1, silent)
    clock = placed["fmax"]
    return {
        "lut4": units["lut"],
        "ff": units["ff"],
        "block_ram": units["bram"],
        "spram": cells.get(SPRAM, 0),
        "seeds": seeds,
        "mhz": clock["median_mhz"],
        "mhz_least": clock["min_mhz"],
        "mhz_most": clock["max_mhz"],
        "not_placed": placed["placed_reason"],
    }


def clocks_of(
    design: Design, parameters: Mapping[str, Any], spikes: NDArray[np.uint8], root: Path
) -> list[int]:
    """Clocks of each image in the compiled Verilog."""
    folder = elaborate(design, root).folder
    rtl = NetworkRtl(folder, rtl_library(folder))
    found = []
    try:
        RtlNetwork(rtl).load(parameters)
        for image in spikes:
            played = rtl.sample(image, len(image))
            if played is None:
                raise RuntimeError(f"design '{design.name}' does not answer an image")
            found.append(int(played[1][-1]))
    finally:
        rtl.close()
    return found


def row_of(
    case: Case,
    design: Design,
    parameters: Mapping[str, Any],
    spikes: NDArray[np.uint8],
    seeds: int,
    root: Path,
) -> dict[str, Any]:
    """A case's row. `adding`: the share of clocks in which all lanes of the first layer add."""
    chosen = design_of(case, design)
    if chosen.network is None:
        raise ValueError(f"design '{design.name}' must be a network")
    hidden = chosen.network.layers[0]
    price = priced(case, chosen, root, seeds)
    clocks = mean(clocks_of(chosen.model_copy(update={"host": None}), parameters, spikes, root))
    active = float(spikes.sum(dtype=np.int64)) / len(spikes)
    mhz = price["mhz"]
    row = {
        "target": case.target,
        "host": case.host,
        "lanes": " + ".join(map(str, case.lanes)),
        **price,
        "ticks": spikes.shape[1],
        "active_inputs": round(active, 1),
        "clocks_an_image": round(clocks, 1),
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
        shown = ["-" if row[name] is None else str(row[name]) for name in names]
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def chosen_cases(targets: Sequence[str], hosts: Sequence[str]) -> list[Case]:
    """The cases of some targets and doors; all of them where none is named."""
    return [
        case
        for case in CASES
        if (not targets or case.target in targets) and (not hosts or case.host in hosts)
    ]


def kept_rows(file: Path, fresh: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a report that are not measured anew, with those that are, in the cases' order."""
    old = json.loads(file.read_text(encoding="utf-8"))["rows"] if file.is_file() else []
    rows = {(row["target"], row["host"]): dict(row) for row in (*old, *fresh)}
    return [rows[key] for case in CASES if (key := (case.target, case.host)) in rows]


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
    given = parser.parse_args()
    file = example_folder(EXAMPLE) / f"{EXAMPLE}.toml"
    design = load_design(file)
    if design.network is None:
        raise RuntimeError(f"{file} is no network")
    parameters = load_parameters(file.with_suffix(".npz"), design.network)
    samples = load_samples(given.samples, design.network.layers[0].inputs)
    spikes = samples.spikes[: given.images]
    rows = [
        row_of(case, design, parameters, spikes, given.seeds, given.build)
        for case in chosen_cases(given.target, given.host)
    ]
    report = {
        "schema": SCHEMA,
        "command": f"python -m campaigns.networks_hardware --samples {given.samples.name}"
        f" --images {len(spikes)}",
        "images": len(spikes),
        "rows": kept_rows(given.out / f"{REPORT}.json", rows),
    }
    write_json(given.out / f"{REPORT}.json", report)
    write_report(given.out, REPORT, page(report))


if __name__ == "__main__":
    main()
