"""A Yosys script in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT


@pytest.mark.parametrize("module", ["good", "missing"])
def test_a_script_file_is_run(module: str, tmp_path: Path) -> None:
    (tmp_path / "good.v").write_text("module good(input a, output y); assign y = ~a; endmodule\n")
    script = tmp_path / "script.ys"
    script.write_text(f"read_verilog {tmp_path / 'good.v'}\nhierarchy -top {module}\n")
    done = subprocess.run(
        [sys.executable, "-m", "sc_hw.tools.run_pyosys", str(script)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is (module == "good"), done.stderr
