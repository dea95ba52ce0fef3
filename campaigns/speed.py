"""How fast the generated hardware is on real fabrics, against stated bars.

`python -m campaigns.speed examples/speed/bars.toml --out reports` places and routes every design of
the list (5 seeds each, or as many as it says) and writes speed.json and speed.md. What has been
measured for the same Verilog and seeds is taken from `--build`, so that an interrupted run goes on
where it stopped; `--only NAME` measures the designs of that name alone and leaves the rest as they
are in speed.json.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path
from typing import Any

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import build_id, sha256
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import load_target
from sc_hw.files import write_json, write_text
from sc_hw.price.estimate import estimate
from sc_model.spec import load_design

SCHEMA = "sc-hw.speed.v1"
LIKE = 0.85  # of another design's clock
_KEPT = (
    *(
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
    ),
    *(
        "device_limit_mhz",
        "device_limit",
        "limit_reason",
        "quoted_mhz",
        "quoted_from",
        "quoted_updates_per_s",
        "tools",
        "timing",
    ),
)


def measured(file: Path, target: str, build: Path, seeds: int) -> dict[str, Any]:
    """Metrics of a design on its device, from an earlier run of the same Verilog if there is
    one.
    """
    design = load_design(file)
    kept = build / build_id(design) / "estimate" / target
    if (kept / "metrics.json").is_file():
        metrics = json.loads((kept / "metrics.json").read_text(encoding="utf-8"))
        family = load_family(load_target(target).family)
        block = block_of(design.model_copy(update={"fabric": family.name}), family)
        text = to_verilog(block.component, block.top, family)
        same = metrics.get("verilog_sha256") == sha256(text)
        if same and len(metrics["fmax"]["by_seed_mhz"] or ()) == seeds:
            return dict(metrics)
    return estimate(design, [target], root=build, seeds=seeds, progress=print)[0]


def row(
    bar: dict[str, Any], metrics: dict[str, Any], reference: dict[str, Any] | None
) -> dict[str, Any]:
    """What was reached beside what had to be; `met` is null where nothing was measured."""
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
        got = reached[what]
        met = [
            None if got is None or b is None else (got <= b if what == "lut" else got >= b)
            for b in (floor, goal)
        ]
        checks.append(
            {
                "what": what,
                "reached": got,
                "floor": floor,
                "floor_met": met[0],
                "goal": goal,
                "goal_met": met[1],
            }
        )
    return {**{key: metrics[key] for key in _KEPT}, "file": bar["design"], "checks": checks}


def _number(value: float | None, digits: int = 1) -> str:
    return (
        "-"
        if value is None
        else f"{value:.{digits}f}".removesuffix(".0")
        if digits == 1
        else f"{value:.{digits}f}"
    )


def markdown(rows: list[dict[str, Any]], command: str) -> str:
    """The table, then what limits each row."""
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
    for item in rows:
        fmax = item["fmax"]
        clock = fmax["reason"]
        if fmax["median_mhz"]:
            seeds = len(fmax["by_seed_mhz"])
            clock = (
                f"{fmax['median_mhz']:.1f} ({fmax['min_mhz']:.1f} to {fmax['max_mhz']:.1f}; {seeds}"
                " seeds)"
            )
        updates = (
            "-"
            if item["quoted_updates_per_s"] is None
            else f"{item['quoted_updates_per_s'] / 1e9:.2f} G"
        )
        verdicts = []
        for check in item["checks"]:
            for name in ("floor", "goal"):
                if check[name] is not None:
                    sign = "<=" if check["what"] == "lut" else ">="
                    word = {True: "met", False: "not met", None: "not measured"}[
                        check[f"{name}_met"]
                    ]
                    verdicts.append(f"{name} {check['what']} {sign} {check[name]}: {word}")
        limit = (
            "-"
            if item["device_limit_mhz"] is None
            else f"{_number(item['device_limit_mhz'])} ({item['device_limit']['what']})"
        )
        cost = " | ".join(str(item[unit]) for unit in ("lut", "ff", "bram", "dsp"))
        said = "; ".join(verdicts) or "-"
        lines.append(
            f"| {item['design']} | {item['title']} | {cost} | {clock} | {limit} | {updates} |"
            f" {said} |"
        )
    lines.append("\n## Critical paths (of the median seed)\n")
    for item in rows:
        path = item["critical_path"]
        if path:
            took = f"{path['delay_ns']} ns ({path['logic_ns']} logic, {path['routing_ns']} routing)"
            lines.append(
                f"* {item['design']}, {item['title']}: {took} from `{path['from']}` to"
                f" `{path['to']}`"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bars", type=Path)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", action="append", default=[])
    given = parser.parse_args()
    bars = tomllib.loads(given.bars.read_text(encoding="utf-8"))["bar"]
    out = given.out / "speed.json"
    old = (
        {(r["file"], r["target"]): r for r in json.loads(out.read_text())["rows"]}
        if out.is_file()
        else {}
    )
    rows = []
    for bar in bars:
        file, key = given.bars.parent / bar["design"], (bar["design"], bar["target"])
        if given.only and load_design(file).name not in given.only:
            rows += [old[key]] if key in old else []
            continue
        reference = None
        if "like" in bar:
            reference = measured(
                given.bars.parent / bar["like"], bar["target"], given.build, given.seeds
            )
        rows.append(
            row(
                bar,
                measured(file, bar["target"], given.build, bar.get("seeds", given.seeds)),
                reference,
            )
        )
        write_json(out, {"schema_version": SCHEMA, "seeds": given.seeds, "rows": rows})
    write_json(out, {"schema_version": SCHEMA, "seeds": given.seeds, "rows": rows})
    write_text(given.out / "speed.md", markdown(rows, f"python -m campaigns.speed {given.bars}"))


if __name__ == "__main__":
    main()
