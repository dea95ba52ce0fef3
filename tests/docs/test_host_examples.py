"""The examples for other people's systems run, and learn as the golden model does."""

from __future__ import annotations

import contextlib
import io
import json
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest
from support import ROOT

from sc_hw.build.elaborate import elaborate
from sc_model.spec import load_design

EXAMPLES = ROOT / "examples"


def example(name: str) -> dict[str, Any]:
    """An example's script."""
    return runpy.run_path(str(EXAMPLES / name / "run.py"))


def test_the_c_driver_learns_through_axi(tmp_path: Path) -> None:
    printed, wanted = example("axi_c_driver")["run"](tmp_path)
    assert printed == wanted
    assert len([line for line in wanted if line.startswith("spike")]) > 10
    assert wanted[-1] == "finished"


def test_the_verilog_testbench_learns_through_wishbone(tmp_path: Path) -> None:
    """In Icarus, which is soon done; without it in Verilator, whose C++ has to be compiled."""
    simulator = "icarus" if shutil.which("iverilog") else "verilator"
    printed, wanted = example("verilog_system")["run"](tmp_path, simulator)
    assert printed == wanted


@pytest.mark.soak
def test_the_verilog_testbench_is_the_same_in_verilator(tmp_path: Path) -> None:
    printed, wanted = example("verilog_system")["run"](tmp_path, "verilator")
    assert printed == wanted


def test_litex_makes_a_soc_with_the_block(tmp_path: Path) -> None:
    build = elaborate(load_design(EXAMPLES / "lane.toml").behind("wishbone"), tmp_path)
    soc = runpy.run_path(str(EXAMPLES / "litex" / "soc.py"))
    with contextlib.redirect_stdout(io.StringIO()):
        verilog = soc["build"](build.folder / "system.v", tmp_path / "soc")
    assert "sc_system sc_system(" in verilog.read_text(encoding="utf-8")
    maps = json.loads((tmp_path / "soc" / "csr.json").read_text(encoding="utf-8"))
    assert maps["memories"]["sc"]["base"] == soc["BASE"]
    assert (tmp_path / "soc" / "csr.svd").is_file()


@pytest.mark.soak
def test_the_litex_soc_learns(tmp_path: Path) -> None:
    found, wanted = example("litex")["run"](tmp_path)
    assert found == wanted
