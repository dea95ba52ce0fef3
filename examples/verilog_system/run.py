"""Run `testbench.v`, which instantiates the system, and compare it with the golden model.

python examples/verilog_system/run.py                          # Icarus, where it is there
python examples/verilog_system/run.py --simulator verilator
"""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import sc_hw

HERE = Path(__file__).parent
# The design, the steps, the simulators and what the golden model makes of the steps are those of
# the testbench that drives the block without a host.
BENCH = runpy.run_path(str(HERE.parent / "verilog_testbench" / "run.py"))


def run(root: Path, simulator: str) -> tuple[list[str], list[str]]:
    """Build the system under `root` and simulate it; what the bench prints, and what it must."""
    design = sc_hw.load_design(BENCH["DESIGN"]).behind("wishbone")
    build = sc_hw.elaborate(design, root)
    folder = build.folder / "testbench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    place = build.manifest["placement"]
    arrays = BENCH["stimulus"](place["inputs"], place["neurons"])
    BENCH["write_files"](arrays, folder)
    system = (build.folder / build.manifest["host"]["verilog"]).resolve()
    printed = BENCH["simulate"](system, folder, simulator, HERE / "testbench.v")
    return printed, BENCH["expected"](arrays)


if __name__ == "__main__":
    BENCH["main"](__doc__, run)
