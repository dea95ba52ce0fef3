"""RTL as a shared library: built once, by one process, again when it is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sc_hw.build.elaborate import Build
from sc_hw.simulation.cosim import environment
from sc_hw.simulation.library import rtl_library
from sc_hw.tools import ToolError
from sc_model.spec import ConfigError
from sc_sim.rtl import Rtl, RtlBank

BuildOf = Callable[..., Build]


def test_library_is_built_once_and_again_when_it_is_broken(
    build_of: BuildOf, tmp_path: Path
) -> None:
    build = build_of("bank", 8)
    folder = tmp_path / build.id
    folder.mkdir()
    for name in ("manifest.json", "top.v"):
        shutil.copy(build.folder / name, folder)
    library = rtl_library(folder)
    made = library.stat().st_mtime_ns
    assert rtl_library(folder) == library
    assert library.stat().st_mtime_ns == made
    (library.parent / "complete").unlink()  # a build that was killed
    assert rtl_library(folder).stat().st_mtime_ns > made
    text = (folder / "top.v").read_text(encoding="utf-8")
    (folder / "top.v").write_text(text + "// changed\n", encoding="utf-8")
    assert rtl_library(folder) != library


def test_two_processes_build_the_same_design_at_once(build_of: BuildOf, tmp_path: Path) -> None:
    build = build_of("bank", 8)
    folder = tmp_path / build.id
    folder.mkdir()
    for name in ("manifest.json", "top.v"):
        shutil.copy(build.folder / name, folder)
    command = [sys.executable, "-m", "sc_sim.library", str(folder)]
    racing = [
        subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate() for process in racing]
    assert [process.returncode for process in racing] == [0, 0], said
    assert said[0] == said[1]
    assert RtlBank(Rtl(folder, Path(said[0][0].strip()))).state["weight"].tolist() == [0] * 8
    assert len(list((folder / "sim").glob("library-*"))) == 1


def test_verilog_that_is_none(build_of: BuildOf, tmp_path: Path) -> None:
    build = build_of("bank", 8)
    folder = tmp_path / build.id
    folder.mkdir()
    shutil.copy(build.folder / "manifest.json", folder)
    (folder / "top.v").write_text("module broken(", encoding="utf-8")
    with pytest.raises(
        ToolError, match=r"compiling the design failed: verilator failed: .*rror.*; all of it: "
    ):
        rtl_library(folder)
    with pytest.raises(ConfigError, match=r"build folder .* has no manifest.json"):
        rtl_library(tmp_path / "nothing")
