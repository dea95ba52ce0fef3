"""Programs that fail are quoted, and leave their log."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sc_hw.tools import ToolError, run, run_yosys


def program(folder: Path, name: str, prints: str, code: int = 0) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{prints}'\nexit {code}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def test_failing_tool_is_quoted(tmp_path: Path) -> None:
    prints = "creating register for o_error\nERROR: out of cells"
    file = program(tmp_path, "nextpnr", prints, code=255)
    log = tmp_path / "log"
    with pytest.raises(ToolError) as error:
        run([str(file)], log=log)
    assert str(error.value) == f"nextpnr failed (exit 255): ERROR: out of cells; all of it: {log}"
    assert log.read_text() == f"{prints}\n"


def test_a_yosys_error_ends_no_process_of_ours_and_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as error:
        run_yosys("read_verilog missing.v\n", folder=tmp_path, name="broken")
    assert str(error.value).startswith("yosys failed (exit ")
    assert "missing.v" in str(error.value)
    assert str(error.value).endswith(f"; all of it: {tmp_path / 'broken.log'}")
    assert (tmp_path / "broken.ys").read_text() == "read_verilog missing.v\n"
