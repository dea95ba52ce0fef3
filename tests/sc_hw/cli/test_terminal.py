"""What all commands share: JSON on standard output, progress on standard error, verdicts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from command_line import sc_hw

from sc_hw.cli.terminal import print_json, progress_lines, verdict


def test_json_is_json(tmp_path: Path) -> None:
    sc_hw(tmp_path, "new", "a", "--block", "lane")
    assert {row["tool"] for row in json.loads(sc_hw(tmp_path, "doctor", "--json").stdout)} >= {
        "yosys",
        "verilator",
    }
    made = json.loads(sc_hw(tmp_path, "elaborate", "a.toml", "--json").stdout)
    assert made["manifest"]["id"] == made["id"]
    certificate = json.loads(sc_hw(tmp_path, "prove", "a.toml", "--no-mutants", "--json").stdout)
    assert certificate["passed"]
    checked = json.loads(sc_hw(tmp_path, "prove", "a.toml", "--check", "--json").stdout)
    assert checked == certificate


def test_progress_goes_to_standard_error(tmp_path: Path) -> None:
    sc_hw(tmp_path, "new", "a", "--block", "lane")
    done = sc_hw(tmp_path, "prove", "a.toml", "--no-controls")
    assert "... proving the design" in done.stderr
    assert "..." not in done.stdout
    assert re.fullmatch(
        r"a: passed: 29 of 29 claims proved, 0 of 0 mutants refuted, 0 equivalent, [\d.]+ s\n",
        done.stdout,
    )


def test_progress_is_a_line_for_each_stage(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_lines(as_json=True) as progress:
        progress("one [bold]")
        progress("two")
    printed = capsys.readouterr()
    assert printed.err == "... one [bold]\n... two\n"
    assert printed.out == ""


def test_a_result_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [1, None], "b": "[red]é"})
    assert json.loads(capsys.readouterr().out) == {"a": [1, None], "b": "[red]é"}


def test_verdicts() -> None:
    assert verdict(True) == "[green]passed[/green]"
    assert verdict(False) == "[red]FAILED[/red]"
