"""Flows, one file each, found by looking: what an FPGA family needs on the way to a bitstream."""

from __future__ import annotations

from functools import cache

from sc_hw.bitstream.flows.flow import Flow
from sc_hw.boards import Board, board_file
from sc_hw.fabric.targets import load_target
from sc_model.spec.catalogue import by_name, modules_of, pick
from sc_model.spec.errors import ConfigError


@cache
def _flows() -> dict[str, Flow]:
    flows = [
        (module.FLOW.name, module.FLOW, module.__name__)
        for module in modules_of(__name__, __path__)
        if hasattr(module, "FLOW")
    ]
    return by_name("flow", flows)


def load_flow(name: str, subject: str = "Board.flow") -> Flow:
    """The flow of that name; ConfigError, which begins with `subject`, lists the known ones."""
    return pick(subject, name, _flows())


def flow_of(board: Board) -> Flow:
    """The flow of a board, all of whose fields have been checked.

    Raises
    ------
    ConfigError : there is no such target, flow, pin, attribute or example, or its clock is none
        that the PLL can make; the text names the field.
    ToolError : pins are read from amaranth-boards, which is not installed.
    """
    target = load_target(board.target, f"Board.target of '{board.name}'")
    flow = load_flow(board.flow, f"Board.flow of '{board.name}'")
    if target.pnr != flow.pnr:
        raise ConfigError(
            f"Board.flow of '{board.name}' is '{flow.name}', which needs a target of"
            f" {flow.pnr or 'no nextpnr'}; '{target.name}' has {target.pnr or 'none'}."
        )
    flow.check_board(board)
    try:
        flow.clocking(board, board.mhz)
    except ConfigError as error:  # it speaks of the option, which nobody has given
        text = str(error).replace("--mhz", f"Board.mhz of '{board.name}'", 1)
        raise ConfigError(text) from None
    flow.ports(board)
    if board.design and board_file(board) is None:
        raise ConfigError(
            f"Board.design of '{board.name}' must be an example of this package, not"
            f" '{board.design}'."
        )
    return flow


__all__ = ["Flow", "flow_of", "load_flow"]
