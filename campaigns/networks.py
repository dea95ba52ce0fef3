"""A benchmark on images: `python -m campaigns.networks --data FILE --out reports` writes
networks.json and networks.md.

`examples/mnist/train.py` trains the network of 784, 128 and 10 neurons for each fifth of the data,
with the other four, and a convolutional one for the last fifth; what is already in the folder of
`--trained` is taken as it is. The test images then go through the network in floating point,
through the golden integers, and so many of the last fold's through the compiled Verilog, where
every output spike is compared and clocks are counted. Prices after place and route come from
`campaigns.networks_hardware`, those of the convolutional network, with its images in Verilog, from
`campaigns.fpga.conv_hardware`. Published figures of others are those of their papers.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.freshness.stamps import write_report
from sc_hw.commands.demo import example_folder
from sc_hw.files import write_json
from sc_hw.simulation.evaluation import evaluate
from sc_model.evaluation import (
    Samples,
    accuracy,
    load_parameters,
    load_samples,
    run_integers,
)
from sc_model.spec import NetworkSpec, load_design

SCHEMA = "sc-hw.networks.v1"
FOLDS = 5
EXAMPLE = "mnist"
NAMES = {"dense": "mnist", "conv": "mnist_conv"}  # of the designs
# Reports on place and route, and the modules that make them
HARDWARE = {
    "dense": ("networks_hardware.json", "campaigns.networks_hardware"),
    "conv": ("conv_hardware.json", "campaigns.fpga.conv_hardware"),
}

# What their authors write
PEERS: tuple[dict[str, Any], ...] = (
    {
        "name": "Spiker+",
        "network": "for MNIST, its size is not in the abstract",
        "device": "FPGA, not named in the abstract",
        "us_image": 780,
        "logic": "7,612 logic cells",
        "memory": "18 BRAM",
        "accuracy": None,
        "source": "arXiv:2401.01141, abstract",
        "differs": "device, and what the network is; whole inference on the device, 180 mW",
    },
    {
        "name": "im-afan/snn-fpga",
        "network": "for MNIST, its size is not in the abstract",
        "device": "Xilinx Artix-7, 100 MHz, measured on a board",
        "us_image": 520,
        "logic": "6,358 LUT (of six inputs)",
        "memory": "40.5 BRAM",
        "accuracy": None,
        "source": "arXiv:2507.07284, abstract; README of its repository",
        "differs": "device; a MicroBlaze on the FPGA runs the program; any topology",
    },
    {
        "name": "Flexi-NeurA",
        "network": "256-128-10, images of 16 x 16",
        "device": "FPGA, not named in the abstract",
        "us_image": 1100,
        "logic": "1,623 logic cells",
        "memory": "7 BRAM",
        "accuracy": "97.23 % in version 1 of the paper, 96.23 % in a later one",
        "source": "arXiv:2602.18140, abstracts of both versions",
        "differs": "a third of the inputs; device",
    },
)


def trained(
    data: Path, labels: Path | None, fold: int, folder: Path, network: str = "dense"
) -> Path:
    """The design of a fold's network, trained where it is not there yet."""
    name = NAMES[network]
    design = folder / f"{name}.toml"
    if not design.exists():
        script = example_folder(EXAMPLE) / "train.py"
        command = [sys.executable, str(script), "--data", str(data), "--fold", str(fold)]
        command += ["--out", str(folder), "--name", name, "--network", network]
        command += ["--labels", str(labels)] if labels is not None else []
        subprocess.run(command, check=True)
    return design


def activity(
    spec: NetworkSpec, parameters: Mapping[str, NDArray[Any]], samples: Samples
) -> tuple[dict[str, float], list[int | None], float]:
    """Events an image, of the inputs and of each layer; right answers after each tick; and seconds
    that it took.
    """
    spikes = samples.spikes
    start = time.perf_counter()
    layers = run_integers(spec, parameters, spikes)
    seconds = time.perf_counter() - start
    after = [
        accuracy(layers[-1][:, :ticks], samples.labels).right
        for ticks in range(1, spikes.shape[1] + 1)
    ]
    words = {"input": spikes, **dict(zip([each.name for each in spec.layers], layers, strict=True))}
    events = {name: float(each.sum(dtype=np.int64) / len(spikes)) for name, each in words.items()}
    return events, after, seconds


def fold_row(number: int, design: Path, rtl: int, root: Path) -> dict[str, Any]:
    """A fold's network on its test images."""
    data = design.with_name(f"{design.stem}_test.npz")
    result = evaluate(design, data, rtl=rtl, root=root)
    spec = load_design(design).network
    if spec is None:
        raise RuntimeError(f"{design} is no network")
    samples = load_samples(data, spec.layers[0].inputs)
    parameters = load_parameters(design.with_suffix(".npz"), spec)
    events, after, seconds = activity(spec, parameters, samples)
    row: dict[str, Any] = {
        "fold": number,
        "images": result["samples"],
        "ticks": result["steps"],
        "events": {name: round(each, 1) for name, each in events.items()},
        **{
            what: {key: result[what][key] for key in ("samples", "right", "accuracy", "tied")}
            for what in ("float", "integer", "rtl")
            if result[what] is not None
        },
        "right_after_ticks": after,
        "float_missing": result["float_missing"],
        "rtl_difference": result["rtl_difference"],
        "golden_images_per_s": round(result["samples"] / seconds),
    }
    if result["rtl"] is not None:
        clocks = result["rtl"]["clocks"]
        row["clocks"] = {"mean": round(mean(clocks), 1), "least": min(clocks), "most": max(clocks)}
        row["clocks_to_word"] = result["rtl"]["clocks_to_word"]
    print(json.dumps(row), flush=True)
    return row


def together(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Right answers of all folds."""
    totals: dict[str, Any] = {}
    for what in ("float", "integer", "rtl"):
        known = [row[what] for row in rows if what in row]
        images, right = (sum(each[key] for each in known) for key in ("samples", "right"))
        totals[what] = {
            "images": images,
            "right": right,
            "accuracy": right / images if images else None,
            "worst_fold": min((each["accuracy"] for each in known), default=None),
        }
    totals["right_after_ticks"] = [
        sum(each) for each in zip(*(row["right_after_ticks"] for row in rows), strict=True)
    ]
    totals["differences_rtl"] = sum(row["rtl_difference"] is not None for row in rows)
    return totals


def hardware(folder: Path, network: str) -> tuple[list[dict[str, Any]] | None, str | None]:
    """Rows of a network after place and route; or why there are none."""
    name, module = HARDWARE[network]
    file = folder / name
    if not file.is_file():
        return None, f"{name} is not there: python -m {module} makes it"
    return list(json.loads(file.read_text(encoding="utf-8"))["rows"]), None


def report_of(
    rows: Sequence[Mapping[str, Any]],
    convolutional: Mapping[str, Any],
    data: str,
    rtl: int,
    folder: Path,
) -> dict[str, Any]:
    """The whole report.

    Parameters
    ----------
    rows : of all folds.
    convolutional : of the convolutional network, the last fold.
    data, rtl : as of the command.
    folder : where the reports on place and route are.
    """
    prices, missing = hardware(folder, "dense")
    of_kernels, no_kernels = hardware(folder, "conv")
    return {
        "schema": SCHEMA,
        "command": f"python -m campaigns.networks --data {data} --rtl {rtl}",
        "machine": platform.processor() or platform.machine(),
        "data": data,
        "images": sum(row["images"] for row in rows),
        "totals": together(rows),
        "folds": list(rows),
        "convolutional": dict(convolutional),
        "convolutional_hardware": of_kernels,
        "convolutional_hardware_missing": no_kernels,
        "hardware": prices,
        "hardware_missing": missing,
        "peers": list(PEERS),
    }


# --- the page -------------------------------------------------------------------------------------


def page(report: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    totals, rows = report["totals"], report["folds"]
    integer, rtl = totals["integer"], totals["rtl"]
    clocks = next((row["clocks"] for row in rows if "clocks" in row), None)
    lines = [
        "# Handwritten digits on 784, 128 and 10 spiking neurons",
        "",
        f"`{report['command']}`",
        "",
        f"Data: {report['data']}, {report['images']:,} images, in {len(rows)} parts; each is the"
        " test of a network that was trained with the others"
        f" ({report['images'] - rows[0]['images']:,} images, without the 60,000 training images of"
        " MNIST). Weights of 8 bits, membranes that leak by a shift.",
        "",
        f"**{100 * integer['accuracy']:.2f} % right in integers** ({integer['right']:,} of"
        f" {integer['images']:,}), {100 * totals['float']['accuracy']:.2f} % in floating point"
        if totals["float"]["accuracy"] is not None
        else f"**{100 * integer['accuracy']:.2f} % right in integers**",
    ]
    if clocks is not None:
        lines += [
            "",
            f"In the compiled Verilog {rtl['images']:,} test images give"
            f" {'the same' if not totals['differences_rtl'] else 'OTHER'} output spikes as the"
            f" golden integers, {100 * rtl['accuracy']:.2f} % right, in"
            f" {clocks['mean']:,.0f} clocks an image from the reset to the last word"
            f" ({clocks['least']:,} to {clocks['most']:,}).",
        ]
    lines += [
        "",
        "| fold | images | float | integers | ticks | input events | hidden | output |"
        " golden images/s |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        events = row["events"]
        float_share = f"{row['float']['accuracy']:.4f}" if "float" in row else "-"
        lines.append(
            f"| {row['fold']} | {row['images']:,} | {float_share} |"
            f" {row['integer']['accuracy']:.4f} | {row['ticks']} | {events['input']} |"
            f" {events['hidden']} | {events['output']} | {row['golden_images_per_s']:,} |"
        )
    lines += ["", *early_lines(totals, rows)]
    lines += [
        "",
        "Events are spikes an image. An input pixel spikes once, the brighter the earlier. Images a"
        " second are of the compiled integers, on a machine with other work.",
        "",
    ]
    lines += convolutional_lines(report)
    lines += hardware_lines(report)
    lines += [
        "## Published figures of others",
        "",
        "As their abstracts have them; the papers were not read whole. A LUT of Artix-7 has six"
        " inputs, one of iCE40 and ECP5 four.",
        "",
        "| | network | device | us an image | logic | memory | accuracy | source | what differs |",
        "|---|---|---|--:|---|---|---|---|---|",
    ]
    keys = ("name", "network", "device", "us_image", "logic", "memory", "accuracy", "source")
    for peer in report["peers"]:
        cells = [str(peer[key]) if peer[key] is not None else "not read" for key in keys]
        lines.append("| " + " | ".join([*cells, peer["differs"]]) + " |")
    return "\n".join(lines) + "\n"


def early_lines(totals: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Answers after fewer ticks."""
    clocks = next((row["clocks_to_word"] for row in rows if "clocks_to_word" in row), None)
    lines = [
        "An answer may be taken before the last tick:",
        "",
        "| ticks | right | clocks from the reset |",
        "|--:|--:|--:|",
    ]
    for number, right in enumerate(totals["right_after_ticks"]):
        share = right / totals["integer"]["images"]
        until = "-" if clocks is None else f"{clocks[number]:,.0f}"
        lines.append(f"| {number + 1} | {100 * share:.2f} % | {until} |")
    return lines


def convolutional_lines(report: Mapping[str, Any]) -> list[str]:
    """The convolutional network, and its rows after place and route."""
    row, rows = report["convolutional"], report["convolutional_hardware"]
    events = ", ".join(f"{name} {each:,}" for name, each in row["events"].items())
    lost = 100 * (row["float"]["accuracy"] - row["integer"]["accuracy"]) if "float" in row else None
    lines = [
        "## Convolutions",
        "",
        "1 x 28 x 28 - 8c5 - p2 - 16c5 - p2 - 10, the last fold:"
        f" {100 * row['integer']['accuracy']:.2f} % of {row['images']:,} right in integers"
        + (
            f", {100 * row['float']['accuracy']:.2f} % with the same weights in floating point"
            f" ({lost:.2f} points lost)"
            if lost is not None
            else ""
        )
        + f"; {row['ticks']} ticks; events an image: {events}.",
    ]
    lines.append("")
    if rows is None:
        return [*lines, f"Not run in Verilog: {report['convolutional_hardware_missing']}.", ""]
    for entry in rows:
        differ = entry["images_that_differ"]
        same = "all give the golden output spikes" if not differ else f"{differ:,} of them DIFFER"
        time_us = "-" if entry["us_an_image"] is None else f"{entry['us_an_image']:,}"
        lines.append(
            f"* {entry['lanes']} lanes, {entry['neurons_a_clock']} neurons a clock, on"
            f" {entry['target']}: {entry['images']:,} images in the compiled Verilog, {same};"
            f" {entry['clocks_an_image']:,.0f} clocks an image, {time_us} us at {entry['mhz']} MHz,"
            f" {entry['lut4']:,} LUT4, {entry['block_ram']} block RAMs."
        )
    return [*lines, ""]


def hardware_lines(report: Mapping[str, Any]) -> list[str]:
    """Prices after place and route."""
    lines = ["## After place and route", ""]
    if report["hardware"] is None:
        return [*lines, f"None: {report['hardware_missing']}.", ""]
    names = list(dict.fromkeys(key for row in report["hardware"] for key in row))
    lines += ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for row in report["hardware"]:
        cells = [row.get(name) for name in names]
        texts = [f"{cell:,}" if isinstance(cell, int | float) else cell or "-" for cell in cells]
        lines.append("| " + " | ".join(texts) + " |")
    return [*lines, ""]


def main() -> None:
    """Run the benchmark and write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="images: idx or .npz")
    parser.add_argument("--labels", type=Path, help="their labels, for idx files elsewhere")
    parser.add_argument("--trained", type=Path, default=Path("build/networks"))
    parser.add_argument("--rtl", type=int, default=1000, help="test images through the Verilog")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    rows = []
    for fold in range(FOLDS):
        design = trained(options.data, options.labels, fold, options.trained / f"fold{fold}")
        # trained with the first four fifths: the others would need a build each
        rows.append(fold_row(fold, design, options.rtl if fold == FOLDS - 1 else 0, options.build))
    last = options.trained / f"fold{FOLDS - 1}"
    design = trained(options.data, options.labels, FOLDS - 1, last, "conv")
    convolutional = fold_row(FOLDS - 1, design, 0, options.build)
    report = report_of(rows, convolutional, options.data.name, options.rtl, options.out)
    write_json(options.out / "networks.json", report)
    write_report(options.out, "networks", page(report))


if __name__ == "__main__":
    main()
