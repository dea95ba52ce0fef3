"""`sc-hw sweep`: what it prints, and wrong input in one line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sc_hw.cli import app
from sc_hw.cli.application import main

RESULT = {
    "points": 6,
    "failed": 1,
    "first_failure": "it is too large",
    "worked_on": 2,
    "folder": "sweep_s",
    "objectives": ["accuracy", "lut"],
    "files": ["sweep.sqlite", "table.csv"],
    "fronts": [
        {
            "target": "ice40-up5k",
            "task": "digits",
            "points": [
                {
                    "point": 3,
                    "values": {"layer.lanes": 2},
                    "objectives": {"accuracy": 0.85, "lut": 1234.0},
                }
            ],
        }
    ],
}


def test_fronts_are_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[Any] = []

    def swept(file: Path, **options: Any) -> dict[str, Any]:
        given.append((file, options["out"], options["jobs"], options["scheduler"]))
        return RESULT

    monkeypatch.setattr("sc_hw.sweep.sweep.sweep", swept)
    options = ["--out", str(tmp_path), "--jobs", "3", "--scheduler", "tcp://a:1"]
    done = CliRunner().invoke(app, ["sweep", "s.toml", *options], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert given == [(Path("s.toml"), tmp_path, 3, "tcp://a:1")]
    assert "ice40-up5k, task digits: points on the front: 1" in done.stdout
    for text in ("layer.lanes", "0.85", "1,234", "6 points, 1 failed, 2 done now; wrote sweep_s:"):
        assert text in done.stdout
    assert "the first that failed: it is too large" in done.stdout
    done = CliRunner().invoke(app, ["sweep", "s.toml", "--json"])
    assert json.loads(done.stdout) == RESULT
    monkeypatch.setattr("sc_hw.sweep.sweep.sweep", lambda *a, **k: {**RESULT, "failed": 6})
    assert CliRunner().invoke(app, ["sweep", "s.toml"]).exit_code == 1


@pytest.mark.parametrize(("proved", "code"), [(True, 0), (False, 1)])
def test_a_design_of_a_front_that_is_not_proved_ends_in_1(
    monkeypatch: pytest.MonkeyPatch, proved: bool, code: int
) -> None:
    front = RESULT["fronts"][0]
    points = [{**row, "proved": proved} for row in front["points"]]
    result = {**RESULT, "fronts": [{**front, "points": points}]}
    monkeypatch.setattr("sc_hw.sweep.sweep.sweep", lambda *a, **k: result)
    assert CliRunner().invoke(app, ["sweep", "s.toml", "--json"]).exit_code == code


def test_help() -> None:
    done = CliRunner().invoke(app, ["sweep", "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    for option in ("--out", "--jobs", "--scheduler", "--json", "Example: sc-hw sweep"):
        assert option in done.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("sweep", "none.toml"), "error: sweep file none.toml does not exist; docs/sweep.md shows"),
        (("sweep",), "error: Missing argument 'SWEEP'; see `"),
        (("sweep", "s.toml", "--jobs", "0"), "error: Invalid value for '--jobs': "),
        (("price", "none.toml"), "error: design file none.toml does not exist; `sc-hw new NAME`"),
    ],
)
def test_wrong_input_is_one_line(
    arguments: tuple[str, ...],
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sc-hw", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    written = capsys.readouterr().err
    assert written.startswith(line)
    assert written.count("\n") == 1
