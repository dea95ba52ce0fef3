"""Gowin GW1N-9: rPLL, CST, gowin_pack of Project Apicula."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from amaranth.hdl import Const, Instance, Module, Signal, Value

from sc_hw.bitstream.flows.flow import ANY, Flow
from sc_hw.bitstream.pll import Pll, Range, Setting, nearest, unreachable
from sc_hw.bitstream.programs import call
from sc_hw.boards import Board
from sc_hw.boards.resources import Port
from sc_model.spec import ConfigError

# Gowin DS117 (GW1NR-9, C6/I5), PLL parameters, as gowin_pll has them
PHASE, VCO, OUTPUT = Range(3, 400), Range(400, 1200), Range(3.125, 600)
_OUTPUT_DIVIDERS = (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)
_DEVICE = "GW1NR-9C"


def _settings(reference: float) -> Iterator[Setting]:
    """All settings, in gowin_pll's order."""
    for idiv in range(64):
        for fbdiv in range(64):
            for odiv in _OUTPUT_DIVIDERS:
                mhz = reference * (fbdiv + 1) / (idiv + 1)
                values = {"IDIV_SEL": idiv, "FBDIV_SEL": fbdiv, "ODIV_SEL": odiv}
                yield Setting(values, reference / (idiv + 1), mhz * odiv, mhz)


class GowinFlow(Flow):
    """nextpnr-himbaechel-gowin and Project Apicula."""

    name = "gowin"
    constraint_file = "board.cst"
    pnr = "nextpnr-himbaechel-gowin"
    # Gowin SUG935 (physical constraints), those that apycula has fuses for
    attributes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "IO_TYPE": ANY,
        "PULL_MODE": ("UP", "DOWN", "NONE", "KEEPER"),
        "SLEW_RATE": ("SLOW", "FAST"),
        "OPEN_DRAIN": ("ON", "OFF"),
        "HYSTERESIS": ("NONE", "HIGH", "H2L", "L2H"),
        "DRIVE": ("4", "8", "12", "16", "24"),
        "BANK_VCCIO": ANY,
    }
    pads_in_modules = True
    programs = ("gowin_pack", "gowin_unpack")
    bitstream = "board.fs"
    no_timing = (
        "nextpnr-himbaechel-gowin leaves the arcs of block RAM and multipliers out, so that its"
        " timing says nothing: the clock is a cautious choice and has not been checked"
    )

    def pll(self, board: Board, mhz: float) -> Pll:
        reference = board.clock_mhz
        setting = nearest(_settings(reference), mhz, phase=PHASE, vco=VCO, output=OUTPUT)
        if setting is None or mhz not in OUTPUT:
            raise unreachable(mhz, reference, OUTPUT)
        return Pll("rPLL", reference, mhz, setting.mhz, setting.vco_mhz, setting.parameters)

    def add_pll(self, m: Module, board: Board, pll: Pll, clock: Value) -> tuple[Value, Value]:
        output, locked = Signal(name="system_clk"), Signal(name="locked")
        m.submodules.pll = Instance(
            pll.primitive,
            p_DEVICE=_DEVICE,
            p_FCLKIN=f"{pll.reference_mhz:g}",
            p_DYN_IDIV_SEL="false",
            p_DYN_FBDIV_SEL="false",
            p_DYN_ODIV_SEL="false",
            p_DYN_SDIV_SEL=2,
            p_PSDA_SEL="0000",
            p_DUTYDA_SEL="1000",
            p_CLKFB_SEL="internal",
            p_CLKOUT_BYPASS="false",
            i_CLKIN=clock,
            i_CLKFB=Const(0),
            i_RESET=Const(0),
            i_RESET_P=Const(0),
            i_FBDSEL=Const(0, 6),
            i_IDSEL=Const(0, 6),
            i_ODSEL=Const(0, 6),
            i_PSDA=Const(0, 4),
            i_DUTYDA=Const(0, 4),
            i_FDLY=Const(0, 4),
            o_CLKOUT=output,
            o_LOCK=locked,
            **{f"p_{name}": value for name, value in (pll.parameters or {}).items()},
        )
        return output, locked

    def check_board(self, board: Board) -> None:
        super().check_board(board)
        if "-d" not in board.pack_options[:-1]:
            raise ConfigError(
                f"Board.pack_options of '{board.name}' must have '-d' and the device, as"
                " ('-d', 'GW1N-9C')."
            )

    def constraints(self, board: Board, ports: Sequence[Port], pll: Pll) -> str:
        lines = []
        for port in ports:
            lines.append(f'IO_LOC "{port.name}" {port.pin.location};')
            attributes = " ".join(f"{key}={value}" for key, value in port.pin.attributes.items())
            if attributes:
                lines.append(f'IO_PORT "{port.name}" {attributes};')
        return "\n".join(lines) + "\n"

    def place_arguments(self, board: Board) -> tuple[str, ...]:
        files = ("--vopt", f"cst={self.constraint_file}", "--write", "board.placed.json")
        return (*board.place, *files)

    def pack(self, board: Board, folder: Path, target: Path) -> None:
        arguments = (*board.pack_options, "-o", target.name, "board.placed.json")
        call("gowin_pack", arguments, folder)

    def check(self, board: Board, folder: Path, pll: Pll) -> dict[str, Any]:
        """The unpacked bitstream has the PLL, the memories and the multipliers of the netlist."""
        device = board.pack_options[board.pack_options.index("-d") + 1]
        call("gowin_unpack", ("-d", device, "-o", "unpacked.v", self.bitstream), folder)
        text = (folder / "unpacked.v").read_text(encoding="utf-8")
        unpacked = {kind: len(re.findall(rf"^{kind} ", text, re.M)) for kind in ("BSRAM", "rPLL")}
        report = json.loads((folder / "nextpnr.json").read_text(encoding="utf-8"))
        expected = {
            kind: report["utilization"].get(kind, {}).get("used", 0) for kind in ("BSRAM", "rPLL")
        }
        return {
            "what": "block RAMs and PLLs that gowin_unpack finds in the bitstream",
            "placed": expected,
            "found": unpacked,
            "passed": unpacked == expected and expected["rPLL"] == bool(pll.primitive),
        }


FLOW = GowinFlow()
