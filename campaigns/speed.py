"""How fast the generated hardware is on real fabrics, against stated bars.

`python -m campaigns.speed examples/speed/bars.toml --out reports` places and routes every design of
the list (with `--seeds`, 5 by default, or as many as the list says) and writes speed.json and
speed.md. Metrics that an earlier run left in `--build` for the same Verilog and as many seeds are
taken from there, so that an interrupted run resumes where it stopped. `--only NAME` measures only
the designs of that name. Rows that are not measured, or not yet, stay as they are in speed.json.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path
from typing import Any

from campaigns.freshness.stamps import write_report
from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import build_id, sha256
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import load_target
from sc_hw.files import write_json
from sc_hw.price.estimate import estimate
from sc_model.spec import load_design

SCHEMA = "sc-hw.speed.v1"
LIKE = 0.85  # a bar `like = DESIGN` asks for this share of the other design's median clock
_METRIC_KEYS = (
    "design",
    "target",
    "title",
    "build_id",
    "lut",
    "ff",
    "bram",
    "dsp",
    "fmax",
    "placed",
    "critical_path",
    "updates_per_s",
    "device_limit_mhz",
    "device_limit",
    "limit_reason",
    "quoted_mhz",
    "quoted_from",
    "quoted_updates_per_s",
    "tools",
    "timing",
)


def measure(file: Path, target: str, build: Path, seeds: int) -> dict[str, Any]:
    """Metrics of a design on its device.

    Those of an earlier run are returned where its Verilog and its number of seeds are the same.

    Parameters
    ----------
    file : design file.
    target : name of the device's target.
    build : folder of builds.
    seeds : place-and-route runs.
    """
    design = load_design(file)
    metrics_file = build / build_id(design) / "estimate" / target / "metrics.json"
    if metrics_file.is_file():
        metrics = json.loads(metrics_file.read_text(encoding="utf-8"))
        family = load_family(load_target(target).family)
        block = block_of(design.model_copy(update={"fabric": family.name}), family)
        text = to_verilog(block.component, block.top, family)
        same = metrics.get("verilog_sha256") == sha256(text)
        if same and len(metrics["fmax"]["by_seed_mhz"] or ()) == seeds:
            return dict(metrics)
    return estimate(design, [target], root=build, seeds=seeds, progress=print)[0]


def bar_row(
    bar: dict[str, Any], metrics: dict[str, Any], reference: dict[str, Any] | None
) -> dict[str, Any]:
    """A row of `speed.json`: metrics, and what was reached beside what each bar asks for.

    Parameters
    ----------
    bar : of the list: `design` and any of `mhz`, `lut` (at most) and `updates` (in 10^9 a second),
        each as [floor, goal]; `like`, see `reference`.
    metrics : of the design.
    reference : metrics of the design that the bar is `like`, or None.

    Returns the row; `floor_met` and `goal_met` are None where nothing was measured or asked for.
    """
    clock, updates = metrics["fmax"]["median_mhz"], metrics["quoted_updates_per_s"]
    reached = {
        "mhz": clock,
        "lut": metrics["lut"],
        "updates": None if updates is None else updates / 1e9,
    }
    bars = {what: bar[what] for what in ("mhz", "lut", "updates") if what in bar}
    if reference is not None and reference["fmax"]["median_mhz"] is not None:
        bars["mhz"] = [round(LIKE * reference["fmax"]["median_mhz"], 2), None]
    checks = []
    for what, (floor, goal) in bars.items():
        value = reached[what]
        # A clock and a rate must reach their bar; an area must not exceed it.
        is_met = [
            None
            if value is None or bound is None
            else (value <= bound if what == "lut" else value >= bound)
            for bound in (floor, goal)
        ]
        checks.append(
            {
                "what": what,
                "reached": value,
                "floor": floor,
                "floor_met": is_met[0],
                "goal": goal,
                "goal_met": is_met[1],
            }
        )
    return {**{key: metrics[key] for key in _METRIC_KEYS}, "file": bar["design"], "checks": checks}


def _clock_text(fmax: dict[str, Any]) -> str:
    """Text of a cell: median clock, range and number of seeds, or why there is none."""
    if not fmax["median_mhz"]:
        return str(fmax["reason"])
    seeds = len(fmax["by_seed_mhz"])
    return (
        f"{fmax['median_mhz']:.1f} ({fmax['min_mhz']:.1f} to {fmax['max_mhz']:.1f}; {seeds} seeds)"
    )


def _checks_text(checks: list[dict[str, Any]]) -> str:
    """Text of a cell: each bar, and whether it is met."""
    texts = []
    for check in checks:
        sign = "<=" if check["what"] == "lut" else ">="
        for name in ("floor", "goal"):
            if check[name] is not None:
                words = {True: "met", False: "not met", None: "not measured"}
                word = words[check[f"{name}_met"]]
                texts.append(f"{name} {check['what']} {sign} {check[name]}: {word}")
    return "; ".join(texts) or "-"


def _table_row(item: dict[str, Any]) -> str:
    """A row of the Markdown table."""
    rate, limit_mhz = item["quoted_updates_per_s"], item["device_limit_mhz"]
    updates = "-" if rate is None else f"{rate / 1e9:.2f} G"
    limit = "-"
    if limit_mhz is not None:
        limit = f"{limit_mhz:.1f}".removesuffix(".0") + f" ({item['device_limit']['what']})"
    cost = " | ".join(str(item[unit]) for unit in ("lut", "ff", "bram", "dsp"))
    return (
        f"| {item['design']} | {item['title']} | {cost} | {_clock_text(item['fmax'])} | {limit} |"
        f" {updates} | {_checks_text(item['checks'])} |"
    )


def markdown(rows: list[dict[str, Any]], command: str) -> str:
    """The rows of `speed.json` as Markdown: a table, then the critical path of each row."""
    lines = [
        "# Speed\n",
        (
            f"Made by `{command}`. Clock: nextpnr, after routing, median of the seeds (lowest to"
            " highest)."
        ),
        (
            "Limit: what the vendor says of the device (see docs/how-it-works.md). Updates/s: at"
            " the lower of the two.\n"
        ),
        "| design | device | LUT | FF | BRAM | DSP | clock, MHz | limit | updates/s | bars |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_table_row(item) for item in rows]
    lines.append("\n## Critical paths (of the median seed)\n")
    for item in rows:
        path = item["critical_path"]
        if path:
            delays = (
                f"{path['delay_ns']} ns ({path['logic_ns']} logic, {path['routing_ns']} routing)"
            )
            lines.append(
                f"* {item['design']}, {item['title']}: {delays} from `{path['from']}` to"
                f" `{path['to']}`"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure the designs of a list, then write `speed.json` and `speed.md`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bars", type=Path)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", action="append", default=[])
    options = parser.parse_args()
    bars = tomllib.loads(options.bars.read_text(encoding="utf-8"))["bar"]
    out = options.out / "speed.json"
    earlier = json.loads(out.read_text(encoding="utf-8"))["rows"] if out.is_file() else []
    rows_by_key = {(row["file"], row["target"]): row for row in earlier}
    folder = options.bars.parent
    keys = [(bar["design"], bar["target"]) for bar in bars]
    seed_counts = {
        key: bar.get("seeds", options.seeds) for key, bar in zip(keys, bars, strict=True)
    }
    for key, bar in zip(keys, bars, strict=True):
        file, target = folder / bar["design"], bar["target"]
        if options.only and load_design(file).name not in options.only:
            continue
        reference = None
        if "like" in bar:
            count = seed_counts.get((bar["like"], target), options.seeds)
            reference = measure(folder / bar["like"], target, options.build, count)
        metrics = measure(file, target, options.build, seed_counts[key])
        rows_by_key[key] = bar_row(bar, metrics, reference)
        rows = [rows_by_key[each] for each in keys if each in rows_by_key]
        # After each design: place and route takes hours, and what is finished must survive a kill.
        write_json(out, {"schema_version": SCHEMA, "seeds": options.seeds, "rows": rows})
    rows = [rows_by_key[each] for each in keys if each in rows_by_key]
    command = f"python -m campaigns.speed {options.bars}"
    write_report(options.out, "speed", markdown(rows, command))


if __name__ == "__main__":
    main()
