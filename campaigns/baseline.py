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
    """What `baseline.json` holds: prices of several designs on several targets.

    Rows are ordered by block, design and target, so that the order of `metrics` does not matter.

    Parameters
    ----------
    metrics : of `sc_hw.price.estimate`, in any order; at least one.
    command : the command that makes the page again.

    Raises
    ------
    ReportError
        Two metrics are of the same build and target, or there are none at all.
    """
    if not metrics:
        raise ReportError(
            "a baseline needs the metrics of at least one design; `sc-hw estimate DESIGN` makes"
            " them."
        )
    order = {"lane": 0, "bank": 1, "layer": 2}  # from small to large; other blocks come last
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
    metrics : of `sc_hw.price.estimate`, in any order; at least one.
    out_folder : created if it is missing.
    command : the command that makes the page again.

    Raises
    ------
    ReportError
        As :func:`collect`.
    OutputError
        The folder can't be written.
    """
    content = collect(metrics, command)
    prices = content["price"]
    context = price_tables(prices)
    pictures = {"area": plots.area(prices), "fmax": plots.fmax(prices)}
    write_pages(out_folder, "baseline", content, context, pictures, True, templates=TEMPLATES)
    return content


def main() -> None:
    """Estimate every design on every target, then write `baseline.json`, `.md` and `.html`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("designs", nargs="+", type=Path)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    metrics = []
    for file in options.designs:
        metrics += estimate(
            load_design(file),
            target_names(),
            root=options.build,
            seeds=options.seeds,
            progress=print,
        )
    baseline(metrics, options.out, "make reports")


if __name__ == "__main__":
    main()
