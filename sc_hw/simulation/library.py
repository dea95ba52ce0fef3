"""The emitted Verilog as a shared library: `python -m sim.library` in a process of its own that
sees Verilator.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sc_hw.simulation.cosim import environment
from sc_hw.tools import ToolError, find
from sc_model.spec import ConfigError

TOOLS_NEEDED = ("g++", "make", "perl", "verilator")
_BAD_INPUT = 2


def rtl_library(folder: Path, *, waves: bool = False) -> Path:
    """The library of a build folder, built unless it is there; with `waves` one that can write
    them.

    Raises ConfigError for a folder that is no build, ToolError for a missing or failing tool.
    """
    for name in TOOLS_NEEDED:
        find(name)
    command = [sys.executable, "-m", "sim.library", str(folder), *(["--waves"] if waves else [])]
    done = subprocess.run(
        command,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    said = (done.stderr.strip().splitlines() or [f"no message, exit status {done.returncode}"])[-1]
    if done.returncode == _BAD_INPUT:
        raise ConfigError(said)
    if done.returncode:
        raise ToolError(f"compiling the design failed: {said}")
    return Path(done.stdout.strip().splitlines()[-1])
