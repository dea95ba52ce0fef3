"""A library is built once for its sources."""

from __future__ import annotations

from pathlib import Path

import pytest
from serial_boards import uart_library

from sc_sim import library
from sc_sim.design import BuildFolderError
from sc_sim.serial_line.library import build_board_line


def test_a_library_is_built_once(builds: Path) -> None:
    first = uart_library(builds)
    made = first.stat().st_mtime_ns
    uart_library.cache_clear()
    assert uart_library(builds) == first
    assert first.stat().st_mtime_ns == made


def test_a_board_whose_verilog_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = rf"^the board's Verilog {tmp_path}/none\.v can't be read: .*No such file"
    with pytest.raises(BuildFolderError, match=text):
        build_board_line(tmp_path / "none.v")
    assert library.main(["--board", str(tmp_path / "none.v")]) == library.BAD_FOLDER
    assert capsys.readouterr().err.startswith("the board's Verilog ")
