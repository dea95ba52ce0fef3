"""The page about networks that learn on FPGAs."""

from __future__ import annotations

from typing import Any

from campaigns.fpga import learning_hardware
from campaigns.fpga.learning_hardware import CASES, TRAINED, design_of, page
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


def test_each_case_is_the_network_of_the_chapter() -> None:
    for case in CASES:
        design = design_of(case)
        plan = block_of(design, load_family(design.fabric)).component.plan
        sizes = (plan.rows, plan.neurons_of(0), plan.classes, plan.lanes)
        assert sizes == (785, 128, 10, case.lanes)
        assert plan.single_port == (case.target == "ice40-up5k")
    assert learning_hardware.REPORT == "learning_hardware"
