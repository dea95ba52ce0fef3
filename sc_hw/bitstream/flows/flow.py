"""What every flow does: PLL, constraints, nextpnr's arguments, packing, and the check after it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from amaranth.hdl import Module, Value

from sc_hw.bitstream.pll import Pll
from sc_hw.boards import Board
from sc_hw.boards.resources import Port, ports_of
from sc_hw.fabric.checked_fields import check_choice
from sc_model.spec import ConfigError
from sc_model.texts import shown

ANY = ("",)  # an attribute of a pin whose values are too many to be listed here


class Flow(ABC):
    """The way of one FPGA family from a netlist to a bitstream.

    Members
    -------
    name : as a board names it.
    constraint_file : name of its constraint file.
    bitstream : name of the bitstream; empty where no open tool makes it.
    no_bitstream : why there is none and which command makes it; empty where there is one.
    pads_in_modules : whether synthesis gives every module that it keeps pads of its own, so that
        modules can't be mapped once each.
    programs : of `sc_hw.bitstream.programs`, that it calls.
    no_timing : why nextpnr's timing of this device says nothing; empty where it does.
    pnr : the nextpnr of its targets; None where it has none.
    attributes : of pins that its constraint file knows, by name: the values that each may have.
        Tools ignore others without a word.
    """

    name: ClassVar[str]
    constraint_file: ClassVar[str]
    bitstream: ClassVar[str] = ""
    no_bitstream: ClassVar[str] = ""
    pads_in_modules: ClassVar[bool] = False
    programs: ClassVar[tuple[str, ...]] = ()
    no_timing: ClassVar[str] = ""
    pnr: ClassVar[str | None] = None
    attributes: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def ports(self, board: Board) -> tuple[Port, ...]:
        """The ports of the board's top module, as `ports_of` gives them.

        Raises ConfigError also for an attribute of a pin, or a value, that the flow does not know.
        """
        ports = ports_of(board)
        for port in ports:
            for name, value in port.pin.attributes.items():
                subject = f"board '{board.name}': attribute"
                check_choice(f"{subject} of {port.name}", name, self.attributes)
                if self.attributes[name] != ANY:
                    check_choice(f"{subject} {name} of {port.name}", value, self.attributes[name])
        return ports

    def check_board(self, board: Board) -> None:
        """ConfigError for fields of a board that this flow can't use."""
        if not board.place:
            raise ConfigError(f"Board.place of '{board.name}' must name the device.")
        for text in (*board.place, *board.pack_options):
            if len(text.split()) != 1:
                raise ConfigError(
                    f"Board.place and pack_options of '{board.name}' must be one word each, not"
                    f" {shown(text)}."
                )

    def clocking(self, board: Board, mhz: float) -> Pll:
        """The PLL's settings for a system clock; ConfigError where it can't make it."""
        if mhz == board.clock_mhz:
            return Pll("", board.clock_mhz, mhz, mhz)
        return self.pll(board, mhz)

    @abstractmethod
    def pll(self, board: Board, mhz: float) -> Pll:
        """The PLL's settings for a clock that is not the oscillator's."""

    @abstractmethod
    def add_pll(self, m: Module, board: Board, pll: Pll, clock: Value) -> tuple[Value, Value]:
        """Put the PLL into a module; its output clock and its lock."""

    def drive(self, m: Module, board: Board, levels: Mapping[str, tuple[Port, Any, Value]]) -> None:
        """Connect outputs to their pins.

        Parameters
        ----------
        m : the board's top module.
        board : the board.
        levels : by name: the port, whether its signal is active, and the port's own signal.
        """
        for port, active, output in levels.values():
            m.d.comb += output.eq(active ^ int(port.pin.inverted))

    @abstractmethod
    def constraints(self, board: Board, ports: Sequence[Port], pll: Pll) -> str:
        """The text of the constraint file."""

    def other_files(self, board: Board) -> dict[str, str]:
        """Further files that a user needs, as texts by name."""
        return {}

    def place_arguments(self, board: Board) -> tuple[str, ...]:
        """nextpnr's arguments for the device, the constraint file and its own output file."""
        return ()

    def pack(self, board: Board, folder: Path, target: Path) -> None:
        """Pack what nextpnr left in the folder into the bitstream `target`."""
        raise NotImplementedError(f"flow {self.name} has no packer")

    def check(self, board: Board, folder: Path, pll: Pll) -> dict[str, Any]:
        """Unpack the bitstream again and compare; what was compared, with `passed`."""
        raise NotImplementedError(f"flow {self.name} has no unpacker")
