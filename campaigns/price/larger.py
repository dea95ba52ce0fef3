"""The price model on networks larger than any that it was fitted to: `python -m
campaigns.price.larger --out reports` writes price_larger.json and price_larger.md.

What was measured is taken from the reports of the networks on FPGAs; predicted is the same design
with today's generator and model. Rows with a host are left out: a price is that of the block alone.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from campaigns.fpga import learning_hardware
from campaigns.fpga.measured import NO_HOST, with_layers
from campaigns.freshness.stamps import write_report
from sc_hw.commands.demo import example_folder
from sc_hw.files import write_json
from sc_hw.price.price import price
from sc_model.spec import Design, load_design

SCHEMA = "sc-hw.price-larger.v1"
REPORT = "price_larger"
REPORTS = Path(__file__).parents[2] / "reports"
# Networks of examples by the report that has measured them.
EXAMPLES = {"networks_hardware": "mnist", "conv_hardware": "mnist_conv"}
# Names of our figures in those reports.
MEASURED = {"lut": "lut4", "ff": "ff", "bram": "block_ram", "fmax_mhz": "mhz"}
FIELDS = ("lanes", "neurons_a_clock")


def designs(reports: Path = REPORTS) -> Iterator[tuple[Design, Mapping[str, Any]]]:
    """Each design that was measured without a host, and its row."""
    for report, example in EXAMPLES.items():
        folder = example_folder("mnist", f"{example}.toml")
        network = load_design(folder / f"{example}.toml")
        for row in _rows(reports, report):
            fields = {
                name: [int(each) for each in str(row[name]).split(" + ")]
                for name in FIELDS
                if name in row
            }
            yield with_layers(network, fields, row["target"]), row
    for row in _rows(reports, learning_hardware.REPORT):
        case = learning_hardware.Case(row["target"], NO_HOST, row["lanes"])
        yield learning_hardware.design_of(case), row


def _rows(reports: Path, report: str) -> list[dict[str, Any]]:
    rows = json.loads((reports / f"{report}.json").read_text(encoding="utf-8"))["rows"]
    return [row for row in rows if row.get("host", NO_HOST) == NO_HOST]


def compared(design: Design, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ours: predicted and measured, and by how many percent the first is too high."""
    (predicted,) = price(design, [row["target"]])
    figures = {}
    for name, theirs in MEASURED.items():
        value = predicted[name]
        ours = value["value"] if isinstance(value, Mapping) else value
        real = row[theirs]
        off = None if not real or ours is None else round(100 * (ours / real - 1), 1)
        figures[name] = {"predicted": ours, "measured": real, "percent": off}
    return {
        "design": design.name,
        "block": design.block,
        "target": row["target"],
        "lanes": str(row["lanes"]),
        "note": predicted["model_note"],
        **figures,
    }


def page(report: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    heads = ("LUT", "FF", "BRAM", "Fmax, MHz")
    lines = [
        "# The price model on larger networks",
        "",
        f"`{report['command']}`",
        "",
        "Predicted with today's generator, and measured at the time of [networks_hardware]"
        "(networks_hardware.md), [conv_hardware](conv_hardware.md) and [learning_hardware]"
        "(learning_hardware.md): what has changed since then counts as an error. The model was"
        " fitted to designs of 88 to 3,610 LUTs, half of them below 585"
        " ([price](price.md)). In brackets: percent too high.",
        "",
        f"| network | target | lanes | {' | '.join(heads)} |",
        "|---|---|---|" + "---|" * len(heads),
    ]
    for row in report["rows"]:
        cells = [row["design"], row["target"], row["lanes"]]
        for name in MEASURED:
            figure = row[name]
            if figure["predicted"] is None:
                cells.append(f"none, measured {figure['measured']}")
                continue
            off = "" if figure["percent"] is None else f" ({figure['percent']:+g} %)"
            cells.append(f"{figure['predicted']:g}, measured {figure['measured']}{off}")
        lines.append(f"| {' | '.join(map(str, cells))} |")
    notes = list(dict.fromkeys(row["note"] for row in report["rows"] if row["note"]))
    lines += ["", *(f"* {note}." for note in notes)]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign."""
    parser = argparse.ArgumentParser(prog="campaigns.price.larger", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build"), help="folder of the report")
    out = parser.parse_args(arguments).out
    rows = []
    for design, row in designs():
        rows.append(compared(design, row))
        print(rows[-1], flush=True)
    report = {
        "schema": SCHEMA,
        "command": "python -m campaigns.price.larger --out reports",
        "rows": rows,
    }
    write_json(out / f"{REPORT}.json", report)
    write_report(out, REPORT, page(report))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
