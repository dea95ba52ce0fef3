"""The committed baseline: `python -m campaigns.baseline DESIGN... --out reports`.

Every design is estimated on every target; `baseline.json`, `.md` and `.html` are written.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from sc_hw.errors import ReportError
from sc_hw.fabric.targets import target_names
from sc_hw.price.estimate import estimate
from sc_hw.reporting import plots
from sc_hw.reporting.content import price_content
from sc_hw.reporting.pages import write_pages
from sc_hw.reporting.tables import price_tables
from sc_model.spec import load_design

TEMPLATES = Path(__file__).parent / "templates"

BASELINE_SCHEMA = "sc-hw.baseline.v1"


def collect(metrics: Sequence[Mapping[str, Any]], command: str) -> dict[str, Any]:
    """What `baseline.json` holds: the price of several designs on several targets, by block, design
    and target.

    Raises ReportError for two metrics of the same design, build and target, or for none at all.
    """
    if not metrics:
        raise ReportError(
            "a baseline needs the metrics of at least one design; `sc-hw estimate DESIGN` makes"
            " them."
        )
    order = {"lane": 0, "bank": 1, "layer": 2}
    prices = sorted(
        (price_content(metric) for metric in metrics),
        key=lambda p: (
            order.get(p["block"], len(order)),
            p["block"],
            p["design"],
            p["synapses"],
            p["build_id"],
            p["target"],
        ),
    )
    for first, second in pairwise(prices):
        if (first["build_id"], first["target"]) == (second["build_id"], second["target"]):
            raise ReportError(
                f"target '{first['target']}' is given twice for build {first['build_id']}"
                f" ({first['design']})."
            )
    tools: dict[str, str] = {}
    for price in prices:
        tools.update(price["tools"] or {})
    return {
        "schema_version": BASELINE_SCHEMA,
        "command": command,
        "price": prices,
        "tools": {"estimate": tools},
        "hardware_measurement_claimed": False,
    }


def baseline(
    metrics: Sequence[Mapping[str, Any]], out_folder: Path, command: str
) -> dict[str, Any]:
    """Write `baseline.json`, `.md` and `.html` into a folder; return what is in `baseline.json`.

    Parameters
    ----------
    metrics : of `sc_hw.price.estimate`, in any order.
    out_folder : made if missing.
    command : what makes the page again.

    Raises what :func:`collect` raises, and OutputError where the folder can't be written.
    """
    content = collect(metrics, command)
    prices = content["price"]
    context = price_tables(prices)
    pictures = {"area": plots.area(prices), "fmax": plots.fmax(prices)}
    write_pages(out_folder, "baseline", content, context, pictures, True, templates=TEMPLATES)
    return content


def main() -> None:
    """Estimate, then write `baseline.json`, `.md` and `.html`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("designs", nargs="+", type=Path)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    metrics = []
    for file in given.designs:
        metrics += estimate(
            load_design(file), target_names(), root=given.build, seeds=given.seeds, progress=print
        )
    baseline(metrics, given.out, "make reports")


if __name__ == "__main__":
    main()
