"""The library of a top with a serial line: its Verilog, compiled with the host's end in C++."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sc_sim.design import BuildFolderError, read_manifest
from sc_sim.driver.compilation import DRIVER, compile_library
from sc_sim.driver.library import ONE_CLOCK, POSITION_INDEPENDENT, VERILATOR

DOOR = "uart"
SPI, BUS, BOARD = "-DSC_SPI", "-DSC_BUS", "-DSC_BOARD"
BOARD_TOP = "sc_board_line"


def build_line(
    folder: Path,
    verilog: str,
    top: str,
    *,
    spi: bool = False,
    with_bus: bool = False,
    board: bool = False,
) -> Path:
    """The library, built unless it is there.

    Parameters
    ----------
    folder : of builds; the library is in `folder/sim`.
    verilog : text of the top and all below it.
    top : module with the ports `clk`, `rst`, and `rx`, `tx` or `sck`, `cs_n`, `mosi`, `miso`.
    spi : whether it has those of SPI.
    board : whether it has no `rst`, so that a reset is a new power-on.
    with_bus : whether it has a Wishbone `bus__...` for a memory that writes down every access.

    Raises
    ------
    SimulationError
        A tool is missing or fails.
    """
    sources = {
        "top.v": verilog,
        DRIVER: resources.files("sc_sim.serial_line").joinpath("serial_line.cc").read_text(),
        "random.h": resources.files("sc_sim.driver").joinpath("random.h").read_text(),
    }
    flags = [
        *ONE_CLOCK,
        POSITION_INDEPENDENT,
        *([SPI] if spi else []),
        *([BUS] if with_bus else []),
        *([BOARD] if board else []),
    ]
    return compile_library(folder, top, sources, VERILATOR, flags)


def build_system_line(folder: Path) -> Path:
    """The library of a build's `system.v` behind its door `uart`, built unless it is there.

    Raises
    ------
    BuildFolderError
        The folder is no build, or its design has no door `uart`.
    SimulationError
        A tool is missing or fails.
    """
    host = read_manifest(folder).get("host", {})
    if host.get("door") != DOOR:
        raise BuildFolderError(
            f"build folder {folder} must hold a design with door {DOOR}, not"
            f" {host.get('door', 'one without a host')}; sc-hw elaborate DESIGN --door {DOOR}."
        )
    verilog = (folder / host["verilog"]).read_text(encoding="utf-8")
    # a folder of its own: `folder/sim` may have the library of the block
    return build_line(folder / "sim" / "line", verilog, host["top"])


def build_board_line(file: Path) -> Path:
    """The library of a whole board, built unless it is there, in the folder of its Verilog.

    Parameters
    ----------
    file : Verilog with the module `sc_board_line`, whose ports are `clk`, `rx` and `tx`.

    Raises
    ------
    BuildFolderError
        There is no such file.
    SimulationError
        A tool is missing or fails.
    """
    try:
        verilog = file.read_text(encoding="utf-8")
    except OSError as error:
        raise BuildFolderError(f"the board's Verilog {file} can't be read: {error}.") from None
    return build_line(file.parent, verilog, BOARD_TOP, board=True)
