"""The port pages show what the components do, and the testbench that was written from them runs."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

import pytest
from port_diagrams import LAYER, MADE, PAGES, blocks_of
from support import ROOT

from sc_hw.build.blocks import block_of
from sc_hw.fabric.families import load_family

FOLDER = ROOT / "examples" / "verilog_testbench"


def test_tables_and_diagrams_of_the_pages_are_as_simulated() -> None:
    written: dict[str, str] = {}
    for page in PAGES.glob("*.md"):
        written |= blocks_of(page.read_text(encoding="utf-8"))
    assert written == {name: make() for name, make in MADE.items()}


def test_links_of_the_pages_exist() -> None:
    for page in PAGES.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_bench_has_the_sizes_of_its_design() -> None:
    text = (FOLDER / "testbench.v").read_text(encoding="utf-8")
    sizes = {name: int(value) for name, value in re.findall(r"\b([A-Z]+) = (\d+)", text)}
    described = block_of(LAYER, load_family(LAYER.fabric)).description()
    place, codes = described["placement"], {s["name"]: s["code"] for s in described["spaces"]}
    for name in ("inputs", "neurons", "chains", "columns", "rows"):
        assert sizes[name.upper()] == place[name]
    for name in ("synapse", "input", "output", "neuron"):
        assert sizes[name.upper()] == codes[name]


def bench(tmp_path: Path, simulator: str) -> tuple[list[str], list[str]]:
    """What the bench prints in a simulator, and what the golden model expects."""
    found = importlib.util.spec_from_file_location("verilog_testbench_run", FOLDER / "run.py")
    assert found is not None
    assert found.loader is not None
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    printed, wanted = script.run(tmp_path, simulator)
    assert len([line for line in wanted if line.startswith("spike")]) > 10
    assert wanted[-1] == "finished"
    return printed, wanted


def test_the_bench_prints_what_the_golden_model_does(tmp_path: Path) -> None:
    """In Icarus, which is soon done; without it in Verilator, whose C++ has to be compiled."""
    printed, wanted = bench(tmp_path, "icarus" if shutil.which("iverilog") else "verilator")
    assert printed == wanted


@pytest.mark.soak
def test_the_bench_is_the_same_in_verilator(tmp_path: Path) -> None:
    printed, wanted = bench(tmp_path, "verilator")
    assert printed == wanted
