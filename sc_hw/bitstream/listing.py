"""What there is to say of each board: device, clock, and whether its tools are here."""

from __future__ import annotations

from typing import Any

from sc_hw.bitstream.flows import load_flow
from sc_hw.bitstream.programs import command
from sc_hw.boards import board_names, load_board
from sc_hw.errors import ToolError
from sc_hw.fabric.targets import load_target
from sc_hw.tools import status


def listing() -> list[dict[str, Any]]:
    """A row for each board that is installed, by name."""
    rows = []
    for name in board_names():
        board = load_board(name)
        flow, target = load_flow(board.flow), load_target(board.target)
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
                "to_do": _missing(("yosys", target.pnr), flow.programs),
            }
        )
    return rows


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
