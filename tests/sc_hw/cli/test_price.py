"""`sc-hw estimate`, `report`: the table, and why a figure is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from report_files import NO_TIMING, REASON, UNKNOWN_LIMIT, metric
from support import ROOT
from typer.testing import CliRunner

from sc_hw.cli import app
from sc_hw.fabric.targets import target_names
from sc_hw.price import estimate

LANE = str(ROOT / "examples" / "lane.toml")


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("estimate", ("--target", "--seeds", "--jobs", "--build", "--json")),
        ("report", ("--recording", "--build", "--json")),
    ],
)
def test_help(command: str, options: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert [option for option in options if option not in done.stdout] == []


def test_a_row_for_each_target(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[Any] = []
    two = {"fast": {"median_mhz": 9, "min_mhz": 8, "max_mhz": 10}}
    rows = [
        metric("a"),
        metric("b", **(NO_TIMING | UNKNOWN_LIMIT | {"quoted_mhz": None, "fmax_by_clock": two})),
    ]
    rows[1]["quoted_updates_per_s"] = None
    totals = {"lut": 5280, "ff": 5280, "bram": 30, "dsp": None}
    for row in rows:
        resources = {
            name: {
                "used": row[name],
                "available": total,
                "percent": None if total is None else 100 * row[name] / total,
            }
            for name, total in totals.items()
        }
        row |= {"device": {"resources": resources, "source": "a sheet"}}
        row |= {"fits": True, "fits_reason": None, "product_notes": ["a product of 17 bits"]}

    def estimated(design: Any, targets: Any, **options: Any) -> list[dict[str, Any]]:
        chosen.append((tuple(targets), options["seeds"]))
        return rows

    monkeypatch.setattr(estimate, "estimate", estimated)
    done = CliRunner().invoke(app, ["estimate", LANE, "--target", "a", "--target", "b"])
    assert done.exit_code == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    cells = (
        "1234/5280 (23.4%) │ 567/5280 (10.7%) │ 2.5/30 (8.33%) │ 0 │ 137.9 (128.4..141.3)"
        " │ 131.5 (multiplier) │ 131.5 │ 131.5"
    )
    assert f"│ a │ {cells} │" in lines
    assert "b: clock fast: 9 (8..10) MHz" in lines
    assert f"b: no Fmax: {REASON}" in lines
    assert "a: a product of 17 bits" in lines
    assert "b: fixture: no sheet" in lines
    done = CliRunner().invoke(app, ["estimate", LANE, "--json", "--seeds", "1"])
    assert json.loads(done.stdout) == rows
    assert chosen == [(("a", "b"), 5), (target_names(), 1)]
