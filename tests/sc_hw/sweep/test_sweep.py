"""A whole sweep, with work that takes no time; the engines' own test has the real one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support import ROOT

from sc_hw.sweep.sweep import sweep
from sc_model.spec import ConfigError, load_design

SWEEP = """\
[sweep]
name = "small"
design = "lane.toml"
targets = ["ice40-up5k"]
objectives = ["lut"{more}]
{keys}
"""
GRID = '[grid]\n"rule.weight_bits" = [4, 6, 8]\n"rule.trace_bits" = [5, 6]\n'


class Here:
    """An engine in this process: LUTs are the bits of weight and trace."""

    def __init__(self, *_: Any) -> None:
        self.items = 0

    def run(self, work: Any, items: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, item in items.items():
            self.items += 1
            rule = item["tables"]["rule"]
            price = {"lut": rule["weight_bits"] + rule["trace_bits"], "ff": rule["trace_bits"]}
            price |= {"fits": True, "fmax_mhz": 50.0}
            yield key, {"prices": {"ice40-up5k": price}, "accuracies": {}}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sc_hw.sweep.sweep.Processes", Here)
    (tmp_path / "lane.toml").write_text((ROOT / "examples" / "lane.toml").read_text())
    (tmp_path / "s.toml").write_text(SWEEP.format(more="", keys=GRID))
    return tmp_path / "s.toml"


def test_results_are_written_and_the_front_is_a_design(file: Path, tmp_path: Path) -> None:
    result = sweep(file, out=tmp_path / "out")
    assert (result["points"], result["failed"], result["worked_on"]) == (6, 0, 6)
    (front,) = result["fronts"]
    assert [row["values"] for row in front["points"]] == [
        {"rule.weight_bits": 4, "rule.trace_bits": 5}
    ]
    number = front["points"][0]["point"]
    design = load_design(tmp_path / "out" / "front" / f"small_{number}.toml")
    assert (design.rule.parameters["weight_bits"], design.rule.parameters["trace_bits"]) == (4, 5)
    assert len((tmp_path / "out" / "table.csv").read_text().splitlines()) == 7
    assert json.loads((tmp_path / "out" / "sweep.json").read_text()) == result
    assert "| 0 | 4 | 5 | 9 |" in (tmp_path / "out" / "sweep.md").read_text()
    assert f"front/small_{number}.toml" in (tmp_path / "out" / "sweep.html").read_text()
    for name in result["files"]:
        assert (tmp_path / "out" / name).is_file()


def test_a_sweep_that_grows_works_on_what_is_new(file: Path, tmp_path: Path) -> None:
    sweep(file, out=tmp_path / "out")
    file.write_text(SWEEP.format(more="", keys=GRID.replace("[5, 6]", "[5, 6, 7]")))
    result = sweep(file, out=tmp_path / "out")
    assert (result["points"], result["worked_on"]) == (9, 3)


def test_points_that_are_the_same_design_are_worked_on_once(file: Path, tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    space = '[space]\n"rule.weight_bits" = [4, 6]\n"rule.trace_bits" = {low = 5, high = 6}\n'
    keys = f'sampler = "nsga2"\npoints = 12\nbatch = 4\n{space}'
    file.write_text(SWEEP.format(more=', "ff"', keys=keys))
    result = sweep(file, out=tmp_path / "out")
    assert result["points"] == 12
    assert result["worked_on"] <= 4
    first = (tmp_path / "out" / "table.csv").read_bytes()
    assert sweep(file, out=tmp_path / "other")["worked_on"] == result["worked_on"]
    assert (tmp_path / "other" / "table.csv").read_bytes() == first


def test_designs_of_an_older_front_are_taken_away(file: Path, tmp_path: Path) -> None:
    sweep(file, out=tmp_path / "out")
    before = {path.name for path in (tmp_path / "out" / "front").iterdir()}
    file.write_text(SWEEP.format(more="", keys=GRID.replace("[4, 6, 8]", "[8, 6, 3]")))
    sweep(file, out=tmp_path / "out")
    after = {path.name for path in (tmp_path / "out" / "front").iterdir()}
    assert len(after) == 1
    assert after != before


def test_a_design_that_is_none_is_said_before_anything_is_done(file: Path, tmp_path: Path) -> None:
    (tmp_path / "lane.toml").write_text('[design]\nname = "x"\nblock = "lnae"\n')
    with pytest.raises(ConfigError, match=r"^\[design\] block must be .*did you mean 'lane'\?"):
        sweep(file, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_samples_that_are_missing_are_said_before_any_work(file: Path, tmp_path: Path) -> None:
    task = '[[task]]\nkind = "samples"\nfile = "none.npz"\n'
    file.write_text(SWEEP.format(more=', "accuracy"', keys=GRID + task))
    with pytest.raises(
        ConfigError, match=r"^\[\[task\]\] file: there is no file .*none.npz; it is"
    ):
        sweep(file, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
