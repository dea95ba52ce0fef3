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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from campaigns.fpga.measured import kept_rows, network_of, played, proved, routed, with_layers
from campaigns.freshness.stamps import write_report
from sc_hw.build.elaborate import elaborate
from sc_hw.commands.demo import example_folder
from sc_hw.files import write_json
from sc_model.evaluation import Samples, accuracy, load_parameters, load_samples, run_integers
from sc_model.spec import Design, load_design

SCHEMA = "sc-hw.conv-hardware.v1"
REPORT = "conv_hardware"
EXAMPLE = "mnist_conv"
TARGET = "ecp5-25f-6"
# Lanes of each layer, and neurons that it decides in a clock: as many lanes as a layer has channels
# with as many neurons as there is block RAM for, and fewer of both.
LAYERS = (
    {"lanes": (8, 16, 10), "neurons_a_clock": (8, 2, 1)},
    {"lanes": (8, 8, 5), "neurons_a_clock": (1, 1, 1)},
)


def texts_of(layers: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """The fields of the layers as a row has them."""
    return {name: " + ".join(map(str, values)) for name, values in layers.items()}


def row_of(
    design: Design,
    layers: Mapping[str, Sequence[int]],
    parameters: Mapping[str, Any],
    samples: Samples,
    golden: NDArray[Any],
    seeds: int,
    root: Path,
) -> dict[str, Any]:
    """The network with some lanes: its price, and what its Verilog does."""
    variant = with_layers(design, layers, TARGET)
    build = elaborate(variant, root)
    run = played(build.folder, parameters, samples.spikes, golden)
    price = routed(variant, TARGET, root, seeds)
    clocks, mhz = run.clocks_a_sample, price["mhz"]
    row = {
        "target": TARGET,
        **texts_of(layers),
        **{name: price[name] for name in price if name not in ("spram", "logic_cells")},
        "images": len(samples.spikes),
        "images_that_differ": run.differences,
        "clocks_an_image": clocks,
        "clocks_least": int(run.clocks[:, -1].min()),
        "clocks_most": int(run.clocks[:, -1].max()),
        "clocks_to_word": [round(float(each), 1) for each in run.clocks.mean(axis=0)],
        "simulation_s": run.seconds,
        "us_an_image": None if mhz is None else round(clocks / mhz, 1),
        "verilog_lines": len((build.folder / "top.v").read_text().splitlines()),
    }
    print(row, flush=True)
    return row


_COLUMNS = {
    "lanes": "lanes",
    "neurons_a_clock": "neurons a clock",
    "lut4": "LUT4",
    "ff": "FF",
    "block_ram": "block RAM",
    "dsp": "multipliers",
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
        cells = ["-" if row[name] is None else str(row[name]) for name in _COLUMNS]
        lines.append(f"| {' | '.join(cells)} |")
    first = report["rows"][0]
    words = ", ".join(f"{each:,.0f}" for each in first["clocks_to_word"])
    verdict = "all proved" if not proof["not_proved"] else f"not {', '.join(proof['not_proved'])}"
    lines += [
        "",
        f"An answer may be taken before the last tick: in the first row the words come"
        f" {words} clocks from the reset, and so many images are right after each of them:"
        f" {', '.join(f'{each:,}' for each in report['right_after_ticks'])}.",
        "",
        f"Its proof: {proof['claims']} claims, {verdict}, in {proof['seconds']:,} s of one process"
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
    parser.add_argument("--row", type=int, action="append", help="from 0 on; the rest is kept")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    file = example_folder("mnist") / f"{EXAMPLE}.toml"
    design = load_design(file)
    network = network_of(design)
    parameters = load_parameters(file.with_suffix(".npz"), network)
    samples = load_samples(options.samples, network.layers[0].inputs).first(options.images)
    golden = run_integers(network, parameters, samples.spikes)[-1]
    proof = proved(with_layers(design, LAYERS[0], TARGET), options.build)
    ticks = samples.spikes.shape[1]
    right = [accuracy(golden[:, :tick], samples.labels).right for tick in range(1, ticks + 1)]
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "command": f"python -m campaigns.fpga.conv_hardware --samples {options.samples.name}"
        f" --images {len(samples.spikes)} --seeds {options.seeds}",
        "images": len(samples.spikes),
        "ticks": ticks,
        "right": right[-1],
        "right_after_ticks": right,
        "rows": [],
        "proof": proof,
    }
    cases, fresh = [texts_of(layers) for layers in LAYERS], []
    for number, layers in enumerate(LAYERS):  # a row takes long: what is there is written
        if options.row is not None and number not in options.row:
            continue
        row = row_of(design, layers, parameters, samples, golden, options.seeds, options.build)
        fresh.append(row)
        report["rows"] = kept_rows(options.out / f"{REPORT}.json", fresh, cases)
        write_json(options.out / f"{REPORT}.json", report)
        write_report(options.out, REPORT, page(report))


if __name__ == "__main__":
    main()
