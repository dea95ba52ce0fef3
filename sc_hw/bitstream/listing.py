"""What there is to say of each board: device, clock, and whether its tools are here."""

from __future__ import annotations

from typing import Any

from sc_hw.bitstream.flows import flow_of, load_flow
from sc_hw.bitstream.programs import command
from sc_hw.boards import board_names, load_board
from sc_hw.errors import ToolError
from sc_hw.fabric.targets import load_target
from sc_hw.tools import status
from sc_model.spec import ConfigError


def listing() -> tuple[list[dict[str, Any]], list[str]]:
    """A row for each board that is installed, by name, and a line for each that is broken."""
    rows, broken = [], []
    for name in board_names():
        board = load_board(name)
        try:
            flow, no_pins = flow_of(board), None
        except ConfigError as error:
            broken.append(str(error))
            continue
        except ToolError as error:  # its pins are in a package that is not installed
            flow, no_pins = load_flow(board.flow), str(error)
        target = load_target(board.target)
        rows.append(
            {
                "board": name,
                "title": board.title,
                "target": target.name,
                "clock_mhz": board.clock_mhz,
                "mhz": board.mhz,
                "leds": list(board.leds),
                "bitstream": flow.bitstream or None,
                "bitstream_reason": flow.no_bitstream or None,
                "connection": board.connection,
                "to_do": no_pins or _missing(("yosys", target.pnr), flow.programs),
            }
        )
    return rows, broken


def _missing(tools: tuple[str | None, ...], programs: tuple[str, ...]) -> str | None:
    """What to install for a board; None where all is here."""
    for tool in tools:
        if tool is not None and (problem := status(tool).problem) is not None:
            return problem
    for name in programs:
        try:
            command(name)
        except ToolError as error:
            return str(error)
    return None
