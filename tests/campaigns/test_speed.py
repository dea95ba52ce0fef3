"""Speed against stated bars: which are met, what is measured again, and the page."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from report_files import NO_TIMING, metric
from support import ROOT

from campaigns import speed
from sc_hw.build.elaborate import build_id
from sc_model.spec import load_design

LANE = ROOT / "examples" / "lane.toml"


def metrics(**changes: Any) -> dict[str, Any]:
    return metric("ice40-up5k", block="lane", **changes) | {"placed": {}, "timing": {}} | changes


def test_a_clock_must_reach_its_bar_and_an_area_must_not_exceed_it() -> None:
    bar = {"design": "a.toml", "mhz": [130, 140], "lut": [1234, 1000], "updates": [0.1, None]}
    row = speed.bar_row(bar, metrics(), None)
    assert row["file"] == "a.toml"
    assert [
        (check["what"], check["reached"], check["floor_met"], check["goal_met"])
        for check in row["checks"]
    ] == [("mhz", 137.9, True, False), ("lut", 1234, True, False), ("updates", 0.1315, True, None)]


def test_what_was_not_measured_meets_no_bar_and_misses_none() -> None:
    bar = {"design": "a.toml", "mhz": [130, 140]}
    (check,) = speed.bar_row(bar, metrics(**NO_TIMING), None)["checks"]
    assert (check["reached"], check["floor_met"], check["goal_met"]) == (None, None, None)


def test_a_bar_like_another_design_is_a_share_of_its_clock() -> None:
    bar = {"design": "a.toml", "like": "b.toml"}
    (check,) = speed.bar_row(bar, metrics(), metrics())["checks"]
    assert (check["floor"], check["goal"]) == (round(0.85 * 137.9, 2), None)
    assert check["floor_met"] is True
    assert speed.bar_row(bar, metrics(), metrics(**NO_TIMING))["checks"] == []


def test_page() -> None:
    bar = {"design": "a.toml", "mhz": [130, 140], "lut": [1000, None]}
    none = speed.bar_row({"design": "b.toml", "mhz": [9, None]}, metrics(**NO_TIMING), None)
    page = speed.markdown([speed.bar_row(bar, metrics(), None), none], "the command")
    first, second = [line for line in page.splitlines() if line.startswith("| fixture")]
    cost = "| fixture | Device ice40-up5k | 1234 | 567 | 2.5 | 0 |"
    assert first == (
        f"{cost} 137.9 (128.4 to 141.3; 3 seeds) | 131.5 (multiplier) | 0.13 G |"
        " floor mhz >= 130: met; goal mhz >= 140: not met; floor lut <= 1000: not met |"
    )
    assert second.endswith("| 131.5 (multiplier) | - | floor mhz >= 9: not measured |")
    path = "7.25 ns (3.5 logic, 3.75 routing) from `block.a` to `block.b`"
    assert page.endswith(f"* fixture, Device ice40-up5k: {path}\n")


def test_metrics_of_the_same_verilog_and_seeds_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def estimated(design: Any, targets: Any, *, seeds: int, **options: Any) -> list[Any]:
        calls.append(seeds)
        return [{"new": seeds}]

    monkeypatch.setattr(speed, "estimate", estimated)
    assert speed.measure(LANE, "ice40-up5k", tmp_path, 3) == {"new": 3}
    folder = tmp_path / build_id(load_design(LANE)) / "estimate" / "ice40-up5k"
    folder.mkdir(parents=True)
    monkeypatch.setattr(speed, "to_verilog", lambda *arguments: "the Verilog")
    stored = metrics(verilog_sha256=speed.sha256("the Verilog"))
    (folder / "metrics.json").write_text(json.dumps(stored))
    assert speed.measure(LANE, "ice40-up5k", tmp_path, 3) == stored
    assert speed.measure(LANE, "ice40-up5k", tmp_path, 5) == {"new": 5}  # other seeds
    monkeypatch.setattr(speed, "to_verilog", lambda *arguments: "other Verilog")
    assert speed.measure(LANE, "ice40-up5k", tmp_path, 3) == {"new": 3}
    assert calls == [3, 5, 3]


def test_only_the_named_designs_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"lane.toml": "lane", "bank.toml": "bank"}
    bars = tmp_path / "bars.toml"
    entry = '[[bar]]\ndesign = "{}"\ntarget = "ice40-up5k"\nmhz = [1, 2]\n'
    bars.write_text("".join(entry.format(file) for file in names))
    for file in names:
        text = (ROOT / "examples" / file).read_text()
        (tmp_path / file).write_text(text)
        names[file] = load_design(tmp_path / file).name
    measured: list[str] = []
    written: list[list[tuple[str, int]]] = []  # rows after each design, as a kill would leave them

    def measure(file: Path, target: str, build: Path, seeds: int) -> dict[str, Any]:
        measured.append(file.name)
        return metrics(lut=len(measured))

    def write(path: Path, content: dict[str, Any]) -> None:
        written.append([(row["file"], row["lut"]) for row in content["rows"]])
        path.write_text(json.dumps(content))

    monkeypatch.setattr(speed, "measure", measure)
    monkeypatch.setattr(speed, "write_json", write)
    for arguments in ([], ["--only", names["bank.toml"]], ["--only", names["lane.toml"]]):
        command = ["speed", str(bars), "--out", str(tmp_path), *arguments]
        monkeypatch.setattr(sys, "argv", command)
        speed.main()
    assert measured == ["lane.toml", "bank.toml", "bank.toml", "lane.toml"]
    lane, bank = ("lane.toml", 1), ("bank.toml", 3)
    assert written == [[lane], [lane, ("bank.toml", 2)], [lane, bank], [("lane.toml", 4), bank]]
    assert (tmp_path / "speed.md").is_file()


def test_a_design_has_the_same_seeds_where_another_is_compared_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = tmp_path / "bars.toml"
    bars.write_text(
        '[[bar]]\ndesign = "bank.toml"\ntarget = "ice40-hx8k"\nseeds = 15\n'
        '[[bar]]\ndesign = "triplet.toml"\ntarget = "ice40-hx8k"\nlike = "bank.toml"\n'
    )
    asked: list[tuple[str, int]] = []

    def measure(file: Path, target: str, build: Path, seeds: int) -> dict[str, Any]:
        asked.append((file.name, seeds))
        return metrics()

    monkeypatch.setattr(speed, "measure", measure)
    monkeypatch.setattr(sys, "argv", ["speed", str(bars), "--out", str(tmp_path)])
    speed.main()
    assert asked == [("bank.toml", 15), ("bank.toml", 15), ("triplet.toml", 5)]
