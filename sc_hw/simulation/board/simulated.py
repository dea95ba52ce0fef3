"""The system of a build at the end of a serial line, as a port for drivers."""

from __future__ import annotations

import json
from pathlib import Path

from sc_hw.simulation.board.top import start_clocks
from sc_hw.simulation.library import rtl_library
from sc_sim.serial_line.line import SerialLine, Settings, SimulatedPort

NAME = "sim-board"
# Clocks without a byte after which a wait is passed over: the longest step of a layer takes fewer.
QUIET_CLOCKS = 2_000_000


def simulated_line(folder: Path, seed: int = 0, board: Path | None = None) -> SerialLine:
    """The system of a build with door `uart`, after power-on and a reset.

    Parameters
    ----------
    folder : of the build.
    seed : of what is random: memories without initial values.
    board : Verilog of a board that the build is on (see `board.top`), which is run in place of the
        system; its reset is over.

    Raises
    ------
    ConfigError
        The folder is no build, or of a design without door `uart`.
    ToolError
        A tool is missing or fails.
    """
    library = rtl_library(folder, line=True) if board is None else rtl_library(board, board=True)
    host = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["host"]
    bit = host["clock_mhz"] * 1e6 / host["parameters"]["baud"]
    line = SerialLine(library, Settings(send_bit=bit, receive_bit=bit), seed)
    line.reset()
    if board is not None:
        line.run(start_clocks(host["clock_mhz"] * 1e6))
    return line


def simulated_port(folder: Path, seed: int = 0) -> SimulatedPort:
    """A port on it, whose time is the system's; parameters and errors as of `simulated_line`."""
    host = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["host"]
    return SimulatedPort(
        simulated_line(folder, seed), host["clock_mhz"] * 1e6, quiet_clocks=QUIET_CLOCKS, name=NAME
    )
