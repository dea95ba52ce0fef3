"""Load a bitstream into a board with openFPGALoader."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sc_hw.bitstream.programs import loader
from sc_hw.boards import Board
from sc_hw.errors import ToolError
from sc_model.environment import child_environment
from sc_model.processes import run_program
from sc_model.spec import ConfigError
from sc_model.texts import shown

# what openFPGALoader prints where nothing is plugged in
_NO_BOARD = re.compile(r"not found|no device|unable to open|JTAG init failed|cannot open", re.I)
_LIBRARY = re.compile(r"shared libraries: (\S+):")
_BUS_AND_DEVICE = re.compile(r"\d+:\d+")
# Debian's packages of the libraries that the wheel does not bring
_LIBRARIES = {"libusb-1.0.so.0": "libusb-1.0-0", "libftdi1.so.2": "libftdi1-2"}


def bitstream_of(folder: Path, board: Board) -> Path:
    """The bitstream of a folder that `sc-hw build` wrote; ConfigError where there is none.

    Parameters
    ----------
    folder : the board's folder, or a build's.
    board : the board that it must be for.
    """
    places = (folder, folder / "board" / board.name)
    for place in places:
        try:
            report: dict[str, Any] = json.loads((place / "report.json").read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if "bitstream" not in report:
            continue
        if report["board"] != board.name:
            raise ConfigError(
                f"folder {shown(str(folder))} is of board '{report['board']}', not '{board.name}'."
            )
        if report["bitstream"] is None:
            raise ConfigError(f"folder {shown(str(folder))}: {report['bitstream_reason']}.")
        if (file := place / str(report["bitstream"])).is_file():
            return file
    raise ConfigError(
        f"folder {shown(str(folder))} has no bitstream for board '{board.name}'; `sc-hw build"
        f" DESIGN --board {board.name}` makes it."
    )


def load_command(bitstream: Path, board: Board, port: str | None, flash: bool) -> tuple[str, ...]:
    """openFPGALoader's arguments.

    Parameters
    ----------
    bitstream : what is loaded.
    board : where to.
    port : which of several boards: its serial port, ``bus:device`` as `lsusb` prints them, or the
        serial number of its adapter.
    flash : into the flash, so that it stays; else where the board can, into the FPGA alone.

    Raises ConfigError where the port is none of a USB adapter.
    """
    adapter: tuple[str, ...] = ()
    if port is not None and _BUS_AND_DEVICE.fullmatch(port):
        adapter = ("--busdev-num", port)
    elif port is not None:
        adapter = ("--ftdi-serial", _serial_number(port))
    return (*board.loader, *adapter, *(("-f",) if flash else ()), str(bitstream))


def _serial_number(port: str) -> str:
    """The serial number of the adapter behind a serial port; a text that is no port is one."""
    from serial.tools.list_ports import comports

    if "/" not in port and not port.upper().startswith("COM"):
        return port
    numbers = {info.device: info.serial_number for info in comports()}
    number = numbers.get(port)
    if number is None:
        ports = ", ".join(sorted(name for name, has in numbers.items() if has)) or "none"
        raise ConfigError(f"--port must be of a USB adapter ({ports}), not {shown(port)}.")
    return str(number)


def program(bitstream: Path, board: Board, *, port: str | None = None, flash: bool = False) -> str:
    """Load a bitstream into a board; what openFPGALoader printed.

    Raises
    ------
    ConfigError : see `load_command`.
    ToolError : openFPGALoader is missing, finds no board, or fails.
    """
    arguments = load_command(bitstream, board, port, flash)
    process = run_program((*loader(), *arguments), env=child_environment())
    text = str(process.stdout + process.stderr)
    if process.returncode != 0:
        raise ToolError(_reason(text, board, arguments))
    return text


def _reason(text: str, board: Board, arguments: Sequence[str]) -> str:
    """Why openFPGALoader failed, in one line, and what to do."""
    if library := _LIBRARY.search(text):
        package = _LIBRARIES.get(library[1], library[1])
        return (
            f"openFPGALoader needs {library[1]}, which is not installed; apt-get install {package}"
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = lines[-1] if lines else "it printed nothing"
    command = " ".join(("openFPGALoader", *arguments))
    if _NO_BOARD.search(text):
        return (
            f"openFPGALoader finds no board '{board.name}' ({last}); plug it in"
            f" ({board.connection.rstrip('.') or 'USB'}), allow its USB device to this user, or"
            f" give --port; command: {command}"
        )
    return f"openFPGALoader failed: {last}; command: {command}"
