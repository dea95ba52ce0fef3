"""What `doctor` finds about the machine: one finding for each thing that a user wonders about."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sc_hw.tools import machine as module
from sc_hw.tools.machine import Finding, machine

Findings = Callable[[], dict[str, Finding]]


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Findings:
    """Findings by name, in a folder and with a cache of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(tmp_path))

    def found() -> dict[str, Finding]:
        return {finding.name: finding for finding in machine()}

    return found


def test_all_as_usual(findings: Findings, tmp_path: Path) -> None:
    usual = findings()
    assert {name for name, finding in usual.items() if finding.note} == {"Icarus"}
    assert usual["Icarus"].found == "none"
    assert "apt-get install iverilog" in usual["Icarus"].note
    assert not any(finding.fatal for finding in usual.values())


def test_another_interpreter_and_names_in_the_folder(findings: Findings, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name, text in (("python3", "exit 9"), ("iverilog", "echo Icarus Verilog version 11.0")):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "numpy.py").write_text("")
    (tmp_path / "sim").mkdir()
    (tmp_path / "json").mkdir()  # a folder without __init__.py hides nothing
    (tmp_path / "sim" / "__init__.py").write_text("")
    found = findings()
    assert (
        found["interpreter"].note
        == f"{tmp_path}/bin/python3 on PATH is another one and is not used"
    )
    assert found["working folder"].found == "it has numpy.py, sim"
    assert "harmless" in found["working folder"].note
    assert found["Icarus"] == Finding("Icarus", f"11.0 at {tmp_path}/bin/iverilog")


def test_variables(findings: Findings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEFLAGS", "-n")
    monkeypatch.setenv("LD_PRELOAD", "")
    assert "MAKEFLAGS" in findings()["variables"].found
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/lib")
    assert findings()["variables"].note.startswith("LD_LIBRARY_PATH reach all programs")


def test_folders_that_can_not_be_written(
    findings: Findings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", "/proc")
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/none")
    monkeypatch.setattr(module.os, "access", lambda path, mode: False)
    found = findings()
    assert found["temporary folder"].note == "TMPDIR=/proc can't be written"
    assert found["cache folder"].found == "/proc/none can't be made: No such file or directory"
    assert found["cache folder"].note.startswith("set XDG_CACHE_HOME to a folder that can be")
    assert found["build folder"].note == "change to another folder, or give one with --build"

    def none() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(module.tempfile, "gettempdir", none)
    assert [name for name, finding in findings().items() if finding.fatal] == ["temporary folder"]


def test_a_cache_that_others_can_write(findings: Findings, tmp_path: Path) -> None:
    (tmp_path / "cache" / "sc-hw").mkdir(parents=True)
    (tmp_path / "cache" / "sc-hw").chmod(0o777)
    note = findings()["cache folder"].note
    assert note == (
        f"others can write there, and programs in it are run: chmod go-w {tmp_path}/cache/sc-hw"
    )


def test_a_folder_with_an_odd_name(
    findings: Findings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "my $proj").mkdir()
    monkeypatch.chdir(tmp_path / "my $proj")
    found = findings()["names of folders"]
    assert found.found == "working folder: letters that make knows"
    assert "harmless" in found.note
    assert os.listdir() == []
