"""nextpnr's own reports: clocks by port, critical paths, spreads over seeds, reused runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sc_hw.fabric.targets import load_target
from sc_hw.price import placement
from sc_hw.price.placement import (
    _pins_arguments,
    achieved_mhz,
    clock_mhz,
    critical_path,
    no_room,
    place_and_route,
)
from sc_hw.progress import silent
from sc_hw.tools import ToolError

TARGET = load_target("ice40-hx8k")
DOMAINS = (
    {"role": "fast", "clock": "clk", "reset": "rst"},
    {"role": "slow", "clock": "slow_clk", "reset": "slow_rst"},
)


def hop(kind: str, delay: float, start: str = "", end: str = "") -> dict[str, Any]:
    return {"type": kind, "delay": delay, "from": {"cell": start}, "to": {"cell": end}}


def nextpnr_report(fast: float, slow: float) -> dict[str, Any]:
    """As nextpnr writes it: clock nets with names of their own, paths of several kinds."""
    clocks = ("posedge clk$SB_IO_IN_$glb_clk", "posedge slow_clk$SB_IO_IN_$glb_clk")
    path = [hop("clk-to-q", 0.5, "a"), hop("routing", 1.25), hop("logic", 0.25)]
    longer = [hop("clk-to-q", 0.5, "b"), hop("routing", 2.0), hop("setup", 0.125, end="c")]
    return {
        "fmax": {
            clocks[0]: {"achieved": fast, "constraint": 400},
            clocks[1]: {"achieved": slow, "constraint": 400},
        },
        "utilization": {"LC": {"used": 12, "available": 7680}, "RAM": {"used": 0, "available": 32}},
        "critical_paths": [
            {"from": clocks[0], "to": clocks[0], "path": path},
            {"from": clocks[1], "to": clocks[1], "path": longer},
            {"from": clocks[0], "to": clocks[1], "path": [hop("routing", 99.0)]},
            {"from": "<async>", "to": "<async>", "path": [hop("routing", 98.0)]},
            {"from": clocks[0], "to": clocks[0], "path": []},
        ],
    }


def test_a_clock_is_found_by_its_port() -> None:
    fmax = nextpnr_report(200, 50)["fmax"]
    assert clock_mhz(fmax, "clk") == 200
    assert clock_mhz(fmax, "slow_clk") == 50
    text = (
        r"^nextpnr's report must have one clock 'none', not 0 among posedge"
        r" clk\$SB_IO_IN_\$glb_clk, posedge slow_clk\$SB_IO_IN_\$glb_clk$"
    )
    with pytest.raises(ToolError, match=text):
        clock_mhz(fmax, "none")
    twice = {**fmax, "posedge clk$other": {"achieved": 7}}
    with pytest.raises(ToolError, match=r"^nextpnr's report must have one clock 'clk', not 2 "):
        clock_mhz(twice, "clk")


def test_the_slowest_clock_of_several_counts() -> None:
    assert achieved_mhz(nextpnr_report(200, 50)["fmax"], DOMAINS) == 50
    assert achieved_mhz(nextpnr_report(20, 50)["fmax"], DOMAINS) == 20
    assert achieved_mhz({"posedge clk": {"achieved": 123.4}}, None) == 123.4


def test_thecritical_path_stays_within_a_clock() -> None:
    assert critical_path(nextpnr_report(200, 50)) == {
        "from": "b",
        "to": "c",
        "delay_ns": 2.625,
        "logic_ns": 0.625,
        "routing_ns": 2.0,
    }
    assert critical_path({"critical_paths": []}) is None
    assert critical_path({}) is None


def place(
    monkeypatch: pytest.MonkeyPatch, figures: dict[int, tuple[float, float]], domains: Any
) -> dict[str, Any]:
    """`place_and_route` with a report for each seed in place of nextpnr."""
    reports = {seed: nextpnr_report(*pair) for seed, pair in figures.items()}
    for seed, report in reports.items():
        report["critical_paths"][1]["path"][0]["from"]["cell"] = f"seed {seed}"
    monkeypatch.setattr(placement, "status", lambda name: type("", (), {"problem": None}))
    monkeypatch.setattr(placement, "_report", lambda target, netlist, seed, folder: reports[seed])
    return place_and_route(TARGET, Path(), len(figures), 2, silent, domains)


def test_median_and_range_are_over_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    result = place(monkeypatch, {1: (200, 55), 2: (150, 51), 3: (190, 70)}, DOMAINS)
    assert result["fmax"] == {
        "median_mhz": 55,
        "min_mhz": 51,
        "max_mhz": 70,
        "by_seed_mhz": [55, 51, 70],
        "reason": None,
    }
    assert result["critical_path"]["from"] == "seed 1"  # of the median
    assert result["fmax_by_clock"]["fast"]["by_seed_mhz"] == [200, 150, 190]
    assert result["fmax_by_clock"]["slow"]["median_mhz"] == 55
    assert (result["placed"], result["placed_reason"]) == ({"LC": 12}, None)


def test_a_design_with_one_clock_has_no_figures_by_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "fmax_by_clock" not in place(monkeypatch, {1: (200, 55)}, None)


def test_a_target_without_place_and_route_says_why() -> None:
    target = load_target("xilinx-7")
    result = place_and_route(target, Path(), 5, 1, silent)
    assert result["placed_reason"] == result["fmax"]["reason"] == target.no_pnr
    assert (result["placed"], result["critical_path"]) == (None, None)
    assert result["fmax"]["median_mhz"] is None


def test_a_run_is_reused_until_an_input_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...], *, cwd: Path, **options: Any) -> None:
        runs.append(command)
        (cwd / command[command.index("--report") + 1]).write_text(json.dumps({"run": len(runs)}))

    tool = type("", (), {"command": ("nextpnr",), "version": "0.8", "environ": lambda self: {}})()
    monkeypatch.setattr(placement, "run", run)
    monkeypatch.setattr(placement, "find", lambda name: tool)
    (tmp_path / "block.json").write_text("netlist")

    def report(target: Any = TARGET, seed: int = 1) -> Any:
        return placement._report(target, "block.json", seed, tmp_path)["run"]

    assert [report(), report(), report(seed=2), report()] == [1, 1, 2, 1]
    assert runs[0][:1] == ("nextpnr",)
    assert runs[0][runs[0].index("--freq") + 1] == "400"
    assert report(replace(TARGET, pnr_args=("--up5k",))) == 3
    (tmp_path / "block.json").write_text("another netlist")
    assert report(replace(TARGET, pnr_args=("--up5k",))) == 4
    tool.version = "0.9"
    assert report(replace(TARGET, pnr_args=("--up5k",))) == 5


def test_pins_are_placed_where_the_tool_needs_them(tmp_path: Path) -> None:
    assert _pins_arguments(TARGET, tmp_path) == ()
    assert _pins_arguments(load_target("gowin-gw1n9"), tmp_path) == ("--vopt", "cst=pins.cst")
    lines = (tmp_path / "pins.cst").read_text().splitlines()
    assert lines[0] == 'IO_LOC "clk" 25;'
    assert lines[-1] == 'IO_LOC "shift_out" 29;'


def test_fmax_is_read_for_each_clock() -> None:
    fmax = {
        "$glbnet$sense_clk": {"achieved": 120.5},
        "think_clk$SB_IO_IN_$glb_clk": {"achieved": 60.25},
    }
    domains = [
        {"role": "sense", "clock": "sense_clk", "reset": "sense_rst"},
        {"role": "think", "clock": "think_clk", "reset": "think_rst"},
    ]
    assert clock_mhz(fmax, "sense_clk") == 120.5
    assert clock_mhz(fmax, "think_clk") == 60.25
    assert achieved_mhz(fmax, domains) == 60.25
    with pytest.raises(
        ToolError, match=r"^nextpnr's report must have one clock 'clk', not 0 among "
    ):
        clock_mhz(fmax, "clk")


def test_a_full_device_is_told_from_other_failures() -> None:
    lines = (
        "Info: \t         ICESTORM_LC:    5129/   5280    97%",
        "Info: \t        ICESTORM_RAM:      24/     30    80%",
        "Info: \t        ICESTORM_PLL:       1/      1   100%",
    )
    full = "ERROR: Unable to find legal placement for all cells, design is probably at"
    assert no_room("\n".join((*lines, full))) == "ICESTORM_LC 5,129 of 5,280"
    assert no_room(full) == "nextpnr gives no numbers"
    assert no_room("ERROR: Unable to find a placement location for cell 'x'\n") is None
