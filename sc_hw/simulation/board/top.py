"""A board's own top module for simulation: pins, PLL, reset, LEDs, UART, and the system behind it.

It is that of the bitstream, with the memories and multipliers of the FPGA as behavioural twins, as
in every text that is simulated, and with `primitives.v` for its PLL and LED driver.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sc_hw.bitstream.bitstream import System
from sc_hw.bitstream.build import board_variant, system_on_board
from sc_hw.bitstream.flows import flow_of
from sc_hw.bitstream.top import RESET_S, TOP, BoardTop
from sc_hw.boards import Board
from sc_hw.build.elaborate import Build, elaborate
from sc_hw.build.emit import to_verilog
from sc_hw.files import PathLike, make_folder, write_text
from sc_model.spec import Design

FILE = "board_simulated.v"
# Clocks of `sc_pll_lock`, and of the flip-flops between it and the reset.
LOCK_CLOCKS = 160
# What the simulated host's line is connected with; a board has more pins, and no reset among them.
WRAPPER = """
module sc_board_line(input clk, input rx, output tx);
  board board(.clock(clk), .rx(rx), .tx(tx));
endmodule
"""
LINTED = "/* verilator lint_off PINMISSING */\n/* verilator lint_off UNUSED */\n"


def simulated_board(design: Design, board: Board, root: PathLike) -> tuple[Build, Path]:
    """The build of a design's variant for a board, and the file with the board's top.

    Parameters
    ----------
    design : the design.
    board : the board; its clock is its own.
    root : folder of builds.

    Raises
    ------
    ConfigError
        The design can't be on the board.
    ToolError
        A tool is missing or fails.
    """
    build = elaborate(board_variant(design, board), root)
    folder = make_folder(build.folder / "sim" / board.name)
    file = folder / FILE
    write_text(file, board_verilog(system_on_board(build), board))
    return build, file


def board_verilog(system: System, board: Board) -> str:
    """Verilog of a board's top with models of its primitives, and `sc_board_line` around it."""
    flow = flow_of(board)
    top = BoardTop(
        system.component,
        board,
        flow,
        flow.clocking(board, board.mhz),
        flow.ports(board),
        system.shared_modules,
    )
    models = resources.files("sc_hw.simulation.board").joinpath("primitives.v").read_text()
    return LINTED + "\n".join((to_verilog(top, TOP, None), models, WRAPPER))


def start_clocks(clock_hz: float) -> int:
    """Clocks from power-on to the end of a board's reset."""
    return LOCK_CLOCKS + round(RESET_S * clock_hz)
