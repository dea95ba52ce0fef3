"""The convolutional network of the digits on an FPGA: `python -m campaigns.fpga.conv_hardware
--samples mnist_conv_test.npz --out reports` writes conv_hardware.json and conv_hardware.md.

The samples are those that `examples/mnist/train.py --network conv` writes beside the design. Each
row is the network of `examples/mnist` with some lanes: synthesised, placed and routed with several
seeds, the median of which is its clock. All images go through its compiled Verilog and through the
golden integers, whose words are compared; clocks are counted from the reset in front of an image to
each word of it. The first row's design is also proved. The network stands alone, in a frame whose
registers are at all of its pins.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.freshness.stamps import write_report
from sc_hw.build.elaborate import elaborate
from sc_hw.commands.demo import example_folder
from sc_hw.fabric.targets import load_target
from sc_hw.files import write_json
from sc_hw.price.estimate import estimate
from sc_hw.proof.prove import prove
from sc_hw.simulation.library import rtl_library
from sc_model.evaluation import Samples, accuracy, load_parameters, load_samples, run_integers
from sc_model.spec import Design, NetworkSpec, load_design
from sc_sim.blocks.network.device import RtlNetwork
from sc_sim.blocks.network.rtl import NetworkRtl

SCHEMA = "sc-hw.conv-hardware.v1"
REPORT = "conv_hardware"
EXAMPLE = "mnist_conv"
TARGET = "ecp5-25f-6"
# Lanes of each layer: as many as a layer has channels, and fewer
LANES = ((8, 16, 10), (8, 8, 5))


def network_of(design: Design) -> NetworkSpec:
    """The network of a design."""
    if design.network is None:
        raise ValueError(f"design '{design.name}' must be a network")
    return design.network


def with_lanes(design: Design, lanes: Sequence[int], fabric: str) -> Design:
    """The network with some lanes in each layer, for a fabric."""
    network = network_of(design)
    layers = tuple(
        layer.model_copy(update={"lanes": count})
        for layer, count in zip(network.layers, lanes, strict=True)
    )
    network = network.model_copy(update={"layers": layers})
    return design.model_copy(update={"network": network, "fabric": fabric})


def played(
    folder: Path, parameters: Mapping[str, Any], spikes: NDArray[np.uint8], golden: NDArray[Any]
) -> dict[str, Any]:
    """All images in the compiled Verilog, beside the golden words, (images, steps, neurons)."""
    rtl = NetworkRtl(folder, rtl_library(folder))
    clocks, differences = [], 0
    began = time.perf_counter()
    try:
        RtlNetwork(rtl).load(parameters)
        for image, wanted in zip(spikes, golden, strict=True):
            found = rtl.sample(image, len(image))
            if found is None:
                raise RuntimeError(f"the network in {folder} does not answer an image")
            differences += not np.array_equal(found[0].bits, wanted)
            clocks.append(found[1])
    finally:
        rtl.close()
    to_word = np.stack(clocks)
    return {
        "images": len(spikes),
        "images_that_differ": differences,
        "clocks_an_image": round(mean(to_word[:, -1].tolist()), 1),
        "clocks_least": int(to_word[:, -1].min()),
        "clocks_most": int(to_word[:, -1].max()),
        "clocks_to_word": [round(float(each), 1) for each in to_word.mean(axis=0)],
        "simulation_s": round(time.perf_counter() - began, 1),
    }


def proved(design: Design, root: Path) -> dict[str, Any]:
    """What the proof of a design says, without mutants."""
    began = time.perf_counter()
    certificate = prove(design, root=root, mutants=False, jobs=1)
    claims = certificate["claims"]
    return {
        "claims": len(claims),
        "not_proved": [claim["name"] for claim in claims if claim["verdict"] != "proved"],
        "seconds": round(time.perf_counter() - began, 1),
        "slowest": max(
            ({key: claim[key] for key in ("name", "seconds")} for claim in claims),
            key=lambda each: each["seconds"],
        ),
    }


def row_of(
    design: Design,
    lanes: Sequence[int],
    parameters: Mapping[str, Any],
    samples: Samples,
    golden: NDArray[Any],
    seeds: int,
    root: Path,
) -> dict[str, Any]:
    """The network with some lanes: its price, and what its Verilog does."""
    chosen = with_lanes(design, lanes, load_target(TARGET).family)
    build = elaborate(chosen, root)
    ran = played(build.folder, parameters, samples.spikes, golden)
    price = estimate(chosen, [TARGET], root=root, seeds=seeds, jobs=1)[0]
    mhz = price["fmax"]["median_mhz"]
    row = {
        "target": TARGET,
        "lanes": " + ".join(map(str, lanes)),
        "lut4": price["lut"],
        "ff": price["ff"],
        "block_ram": price["bram"],
        "multipliers": price["dsp"],
        "seeds": seeds,
        "mhz": mhz,
        "mhz_least": price["fmax"]["min_mhz"],
        "mhz_most": price["fmax"]["max_mhz"],
        "not_placed": price["placed_reason"],
        **ran,
        "us_an_image": None if mhz is None else round(ran["clocks_an_image"] / mhz, 1),
        "verilog_lines": len((build.folder / "top.v").read_text().splitlines()),
    }
    print(row, flush=True)
    return row


_COLUMNS = {
    "lanes": "lanes",
    "lut4": "LUT4",
    "ff": "FF",
    "block_ram": "block RAM",
    "multipliers": "multipliers",
    "mhz": "MHz",
    "clocks_an_image": "clocks an image",
    "us_an_image": "us an image",
    "images_that_differ": "images that differ",
    "verilog_lines": "lines of Verilog",
}


def page(report: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    right, proof = report["right"], report["proof"]
    lines = [
        "# A convolutional network of the digits on an FPGA",
        "",
        f"`{report['command']}`",
        "",
        f"1 x 28 x 28 - 8c5 - p2 - 16c5 - p2 - 10, weights of 8 bits, {report['ticks']} ticks;"
        f" {report['images']:,} test images in the compiled Verilog, {right:,} of them right"
        f" ({100 * right / report['images']:.2f} %). `{TARGET}`: MHz are medians of"
        f" {report['rows'][0]['seeds']} seeds' routed designs; clocks are those from the reset in"
        " front of an image to its last word.",
        "",
        f"| {' | '.join(_COLUMNS.values())} |",
        "|" + "--:|" * len(_COLUMNS),
    ]
    for row in report["rows"]:
        shown = ["-" if row[name] is None else str(row[name]) for name in _COLUMNS]
        lines.append(f"| {' | '.join(shown)} |")
    first = report["rows"][0]
    words = ", ".join(f"{each:,.0f}" for each in first["clocks_to_word"])
    failed = "all proved" if not proof["not_proved"] else f"not {', '.join(proof['not_proved'])}"
    lines += [
        "",
        f"An answer may be taken before the last tick: with {first['lanes']} lanes the words come"
        f" {words} clocks from the reset, and so many images are right after each of them:"
        f" {', '.join(f'{each:,}' for each in report['right_after_ticks'])}.",
        "",
        f"Its proof: {proof['claims']} claims, {failed}, in {proof['seconds']:,} s of one process"
        f' on a machine with other work; the slowest one is "{proof["slowest"]["name"]}"'
        f" ({proof['slowest']['seconds']:.1f} s).",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=Path, required=True)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    given = parser.parse_args()
    file = example_folder("mnist") / f"{EXAMPLE}.toml"
    design = load_design(file)
    network = network_of(design)
    parameters = load_parameters(file.with_suffix(".npz"), network)
    samples = load_samples(given.samples, network.layers[0].inputs).first(given.images)
    golden = run_integers(network, parameters, samples.spikes)[-1]
    chosen = with_lanes(design, LANES[0], load_target(TARGET).family)
    proof = proved(chosen, given.build)
    ticks = samples.spikes.shape[1]
    right = [accuracy(golden[:, :tick], samples.labels).right for tick in range(1, ticks + 1)]
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "command": f"python -m campaigns.fpga.conv_hardware --samples {given.samples.name}"
        f" --images {len(samples.spikes)}",
        "images": len(samples.spikes),
        "ticks": ticks,
        "right": right[-1],
        "right_after_ticks": right,
        "rows": [],
        "proof": proof,
    }
    for lanes in LANES:  # a row takes long: what is there is written
        row = row_of(design, lanes, parameters, samples, golden, given.seeds, given.build)
        report["rows"].append(row)
        write_json(given.out / f"{REPORT}.json", report)
        write_report(given.out, REPORT, page(report))


if __name__ == "__main__":
    main()
