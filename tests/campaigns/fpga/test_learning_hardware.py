"""The page about networks that learn on FPGAs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from campaigns.fpga import learning_hardware
from campaigns.fpga.learning_hardware import CASES, TRAINED, design_of, kept_rows, page
from sc_hw.build.blocks import block_of
from sc_hw.fabric.families import load_family


def row(target: str, host: str, mhz: float | None) -> dict[str, Any]:
    return {
        "target": target,
        "host": host,
        "lanes": 8,
        "mhz": mhz,
        **{f"clocks_after_{n}": 5000.0 for n in TRAINED},
    }


def test_a_page_has_a_column_for_each_case_and_says_what_was_not_measured() -> None:
    rows = [row("ice40-up5k", "none", 33.0), row("ice40-up5k", "uart", None)]
    text = page({"command": "python -m x", "samples": 500, "rows": rows})
    assert "| | ice40-up5k, host none | ice40-up5k, host uart |" in text
    assert "| mhz | 33.0 | - |" in text


def test_rows_that_are_not_measured_anew_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "learning_hardware.json"
    first = row("ecp5-25f-6", "none", 80.0)
    file.write_text(json.dumps({"rows": [first, row("ice40-up5k", "none", 1.0)]}))
    rows = kept_rows(file, [row("ice40-up5k", "none", 33.0)])
    assert [(each["target"], each["mhz"]) for each in rows] == [
        ("ice40-up5k", 33.0),
        ("ecp5-25f-6", 80.0),
    ]


def test_each_case_is_the_network_of_the_chapter() -> None:
    for case in CASES:
        design = design_of(case)
        plan = block_of(design, load_family(design.fabric)).component.plan
        assert (plan.rows, plan.neurons, plan.classes, plan.lanes) == (785, 128, 10, case.lanes)
        assert plan.single_port == (case.target == "ice40-up5k")
    assert learning_hardware.REPORT == "learning_hardware"
