"""iCE40: SB_PLL40, PCF, icepack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from amaranth.hdl import Const, Instance, Module, Signal, Value

from sc_hw.bitstream.flows.flow import Flow
from sc_hw.bitstream.pll import Pll, Range, Setting, nearest, unreachable
from sc_hw.bitstream.programs import call
from sc_hw.boards import Board
from sc_hw.boards.resources import Port

# Lattice FPGA-DS-02008 (UltraPlus) and DS1040 (LP/HX), sysCLOCK PLL timing; icepll has the same.
PHASE, VCO, OUTPUT = Range(10, 133), Range(533, 1066), Range(16, 275)
# Upper ends of the phase detector's ranges for FILTER_RANGE 1, 2, ...: Lattice's table is not in
# its sheets, this one is icepll's.
_FILTERS = (17, 26, 44, 66, 101)


def _settings(reference: float) -> Iterator[Setting]:
    """All settings of the feedback path SIMPLE, in icepll's order."""
    for divr in range(16):
        for divf in range(128):
            for divq in range(1, 7):
                phase = reference / (divr + 1)
                vco = phase * (divf + 1)
                values = {"DIVR": divr, "DIVF": divf, "DIVQ": divq}
                yield Setting(values, phase, vco, vco / (1 << divq))


def _tiles(text: str) -> dict[str, tuple[str, ...]]:
    """Sections of an .asc file that are part of the bitstream, by their head line.

    Comments and symbols are left out, and so are sections of zeros: one of the two writers leaves
    them out, too.
    """
    sections: dict[str, list[str]] = {}
    body: list[str] = []
    for line in text.splitlines():
        if line.startswith("."):
            # each extra bit is a line of its own
            body = sections.setdefault(line.strip(), [])
        elif line.strip():
            body.append(line.strip())
    section_head = re.compile(r"\.(io|logic|ramb|ramt|dsp\d|ipcon)_tile |\.ram_data |\.extra_bit ")
    return {
        head: tuple(lines)
        for head, lines in sections.items()
        if section_head.match(head) and (head.startswith(".extra") or set("".join(lines)) - {"0"})
    }


# Of the package SG48: RGB0, RGB1, RGB2 of the driver. Half current mode, lowest step: 2 mA (Lattice
# FPGA-TN-02021, table of RGB currents).
RGB_PINS = ("39", "40", "41")
_CURRENT = {"CURRENT_MODE": "0b1", **{f"RGB{n}_CURRENT": "0b000001" for n in range(3)}}


def _led_driver(driven: Mapping[int, tuple[Port, Any, Value]]) -> Instance:
    """The driver, with the LEDs that are on it; it pulls down where its input is 1."""
    return Instance(
        "SB_RGBA_DRV",
        i_CURREN=Const(1),
        i_RGBLEDEN=Const(1),
        **{f"p_{name}": value for name, value in _CURRENT.items()},
        **{f"i_RGB{n}PWM": driven[n][1] if n in driven else Const(0) for n in range(3)},
        **{f"o_RGB{n}": output for n, (_, _, output) in driven.items()},
    )


class Ice40Flow(Flow):
    """nextpnr-ice40 and icestorm."""

    name = "ice40"
    constraint_file = "board.pcf"
    pnr = "nextpnr-ice40"
    # PULLUP is written into the PCF; the others are those that amaranth-boards has beside it
    attributes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "PULLUP": ("0", "1"),
        "GLOBAL": ("0", "1"),
        "IO_STANDARD": ("SB_LVCMOS", "SB_LVTTL", "SB_LVDS_INPUT"),
    }
    programs = ("icepack", "iceunpack")
    bitstream = "board.bin"

    def pll(self, board: Board, mhz: float) -> Pll:
        reference = board.clock_mhz
        setting = nearest(_settings(reference), mhz, phase=PHASE, vco=VCO, output=OUTPUT)
        if setting is None or mhz not in OUTPUT:
            raise unreachable(mhz, reference, OUTPUT)
        filter_range = 1 + sum(setting.phase_mhz >= end for end in _FILTERS)
        primitive = "SB_PLL40_PAD" if board.clock_is_pll_pad else "SB_PLL40_CORE"
        values = {**setting.parameters, "FILTER_RANGE": filter_range}
        return Pll(primitive, reference, mhz, setting.mhz, setting.vco_mhz, values)

    def add_pll(self, m: Module, board: Board, pll: Pll, clock: Value) -> tuple[Value, Value]:
        output, locked = Signal(name="system_clk"), Signal(name="locked")
        values = pll.parameters or {}
        # PAD takes the pin itself, CORE a net of the fabric.
        source = "i_PACKAGEPIN" if board.clock_is_pll_pad else "i_REFERENCECLK"
        m.submodules.pll = Instance(
            pll.primitive,
            p_FEEDBACK_PATH="SIMPLE",
            p_DIVR=Const(values["DIVR"], 4),
            p_DIVF=Const(values["DIVF"], 7),
            p_DIVQ=Const(values["DIVQ"], 3),
            p_FILTER_RANGE=Const(values["FILTER_RANGE"], 3),
            i_RESETB=Const(1),
            i_BYPASS=Const(0),
            o_PLLOUTGLOBAL=output,
            o_LOCK=locked,
            **{source: clock},
        )
        return output, locked

    def drive(self, m: Module, board: Board, levels: Mapping[str, tuple[Port, Any, Value]]) -> None:
        """Connect outputs; the three LED pins of an UltraPlus have drivers for a constant current.

        Boards have no resistor there, as the UPduino: a pin that simply pulls down would burn its
        LED.
        """
        plain = dict(levels)
        if "--up5k" in board.place:
            driven = {
                RGB_PINS.index(port.pin.location): plain.pop(name)
                for name, (port, _, _) in levels.items()
                if port.pin.location in RGB_PINS
            }
            if driven:
                m.submodules.led_driver = _led_driver(driven)
        super().drive(m, board, plain)

    def constraints(self, board: Board, ports: Sequence[Port], pll: Pll) -> str:
        lines = []
        for port in ports:
            pulled = port.direction == "input" and port.pin.attributes.get("PULLUP") == "1"
            pull = "-pullup yes " if pulled else ""
            lines.append(f"set_io {pull}{port.name} {port.pin.location}")
        lines.append(f"set_frequency clock {pll.reference_mhz:g}")
        return "\n".join(lines) + "\n"

    def place_arguments(self, board: Board) -> tuple[str, ...]:
        return (*board.place, "--pcf", self.constraint_file, "--asc", "board.asc")

    def pack(self, board: Board, folder: Path, target: Path) -> None:
        call("icepack", (*board.pack_options, "board.asc", target.name), folder)

    def check(self, board: Board, folder: Path, pll: Pll) -> dict[str, Any]:
        """Every tile of the unpacked bitstream is that of nextpnr."""
        call("iceunpack", (self.bitstream, "unpacked.asc"), folder)
        expected = _tiles((folder / "board.asc").read_text(encoding="utf-8"))
        unpacked = _tiles((folder / "unpacked.asc").read_text(encoding="utf-8"))
        different = sorted(
            head for head in {*expected, *unpacked} if expected.get(head) != unpacked.get(head)
        )
        return {
            "what": "tiles, extra bits and memory contents that iceunpack finds in the bitstream",
            "compared": len(expected),
            "different": different[:10],
            "passed": not different and bool(expected),
        }


FLOW = Ice40Flow()
