"""The emitted Verilog as a shared library, built by `python -m sc_sim.library` in its own process.

That process has Verilator on its PATH.
"""

from __future__ import annotations

from pathlib import Path

from sc_hw.files import raise_if_disk_is_full
from sc_hw.simulation.cosim import SIMULATORS, environment, hand_on_warnings
from sc_hw.tools import ToolError, find
from sc_model.forks import run_module
from sc_model.spec import ConfigError

TOOLS_NEEDED = ("g++", "make", "perl", "verilator")
_BAD_INPUT = 2


def rtl_library(
    folder: Path,
    *,
    waves: bool = False,
    bus: bool = False,
    line: bool = False,
    board: bool = False,
) -> Path:
    """The library of a build folder, built unless it is there.

    Parameters
    ----------
    folder : build folder.
    waves : whether the library can write all signals to a file.
    bus : whether it is that of `system.v` with the bus's initiator, for `sc_sim.bus`.
    line : whether it is that of `system.v` at the end of a serial line, for `sc_sim.serial_line`.
    board : whether it is a whole board; `folder` is its Verilog then (see `board.top`).

    Raises
    ------
    ConfigError
        The folder is no build.
    ToolError
        A tool is missing or fails.
    """
    for name in TOOLS_NEEDED:
        find(name)
    flags = {"--waves": waves, "--bus": bus, "--line": line, "--board": board}
    options = [option for option, flag in flags.items() if flag]
    arguments = [*options, "--", str(folder)]
    process = run_module("sc_sim.library", arguments, SIMULATORS, environment())
    hand_on_warnings(process.stderr)
    message = (
        process.stderr.strip().splitlines() or [f"no message, exit status {process.returncode}"]
    )[-1]
    if process.returncode == _BAD_INPUT:
        raise ConfigError(message)
    if process.returncode:
        raise_if_disk_is_full(folder, process.stderr)
        raise ToolError(f"compiling the design failed: {message}")
    return Path(process.stdout.removesuffix("\n"))  # a path may have lines of its own
