"""Co-simulation and proof where the folder, PATH and the variables are as wrong as they get."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.prove import prove
from sc_hw.simulation.cosim import cosim
from sc_hw.tools import processes, run_yosys
from sc_model.spec import Design, RuleChoice

# every letter that make, a shell, Yosys, Verilator or Tcl gives a meaning
ODD = "-a 'b\"$x#;%\\ü&(*)~`\nz:{}[]|<>!?"
# names of modules that our programs import
HIDING = ("sim", "sc_sim", "numpy", "cocotb", "random", "amaranth", "pyosys", "json", "wasmtime")
SMALL = RuleChoice(family="pair_stdp", parameters={"weight_bits": 4, "trace_bits": 4})


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working folder with an odd name and with files that hide modules; another `python3` first
    on PATH; variables that would keep make from building and Python from starting.
    """
    folder = tmp_path / ODD
    folder.mkdir()
    for name in HIDING:
        (folder / f"{name}.py").write_text("raise SystemExit('the user's file')\n")
    (folder / "tmp").mkdir()
    (tmp_path / "bin").mkdir()
    for name in ("python", "python3"):
        (tmp_path / "bin" / name).write_text("#!/bin/sh\necho another Python >&2\nexit 9\n")
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:.", prepend=":")
    for name, value in {
        "PYTHONPATH": str(folder),
        "PYTHONHOME": "/no/python",
        "MAKEFLAGS": "-n",
        "CXX": "no-compiler",
        "CXXFLAGS": "-std=c++98",
        "VERILATOR_ROOT": "/no/verilator",
        "COCOTB_TEST_FILTER": "none",
        "TMPDIR": str(folder / "tmp"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(folder)
    return folder


def test_stages_work_there(odd: Path) -> None:
    design = Design(name="lane", block="lane", rule=SMALL)
    build = elaborate(design, "-b")
    assert build.folder == odd / "-b" / build.id
    answer = cosim(build, steps=20)
    assert answer["passed"]
    assert answer["synapse_steps"] == 20
    assert prove(design, root="-b", mutants=False)["passed"]
    assert list((odd / "tmp").iterdir()) == []


def test_a_yosys_script_names_what_is_around_its_folder_from_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "b $c" / "proof"
    folder.mkdir(parents=True)
    monkeypatch.setattr(processes, "run", lambda *_, **__: "")
    place = folder.resolve()
    script = f"read_verilog {place.parent}/top.v\nwrite_json {place}/a.json\nlog /x{place}/a\n"
    run_yosys(script, folder=folder, name="a")
    text = (folder / "a.ys").read_text(encoding="utf-8")
    assert text == f"read_verilog ../top.v\nwrite_json ./a.json\nlog /x{place}/a\n"
