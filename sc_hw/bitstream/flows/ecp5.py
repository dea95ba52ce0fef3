"""ECP5: EHXPLLL, LPF, ecppack."""

from __future__ import annotations

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

# Lattice FPGA-DS-02012, sysCLOCK PLL timing; ecppll has the same.
PHASE, VCO, OUTPUT = Range(3.125, 400), Range(400, 800), Range(10, 400)
_VCO_AIM = 600  # the middle, which Lattice's own tool chooses among equals
# values of Lattice's own tool that the PLL's charge pump and filter have for all frequencies
_FILTER = {
    "ICP_CURRENT": "12",
    "LPF_RESISTOR": "8",
    "MFG_ENABLE_FILTEROPAMP": "1",
    "MFG_GMCREF_SEL": "2",
}


def _settings(reference: float) -> Iterator[Setting]:
    """All settings with feedback from the output CLKOP, in ecppll's order."""
    for divider in range(1, 129):
        phase = reference / divider
        if phase < PHASE.low:
            return
        for feedback in range(1, 81):
            for output in range(1, 129):
                vco = phase * feedback * output
                if vco > VCO.high:
                    break
                values = {"CLKI_DIV": divider, "CLKFB_DIV": feedback, "CLKOP_DIV": output}
                yield Setting(values, phase, vco, vco / output)


class Ecp5Flow(Flow):
    """nextpnr-ecp5 and Project Trellis."""

    name = "ecp5"
    constraint_file = "board.lpf"
    pnr = "nextpnr-ecp5"
    # Lattice FPGA-TN-02032 (sysI/O), those that Project Trellis has bits for
    attributes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "IO_TYPE": ANY,
        "PULLMODE": ("UP", "DOWN", "NONE"),
        "SLEWRATE": ("SLOW", "FAST"),
        "OPENDRAIN": ("ON", "OFF"),
        "CLAMP": ("ON", "OFF"),
        "HYSTERESIS": ("ON", "OFF"),
        "DRIVE": ("4", "8", "12", "16"),
        "DIFFRESISTOR": ("OFF", "100"),
        "TERMINATION": ("OFF", "50", "75", "150"),
    }
    programs = ("ecppack", "ecpunpack")
    bitstream = "board.bit"

    def pll(self, board: Board, mhz: float) -> Pll:
        reference = board.clock_mhz
        setting = nearest(
            _settings(reference), mhz, phase=PHASE, vco=VCO, output=OUTPUT, vco_aim=_VCO_AIM
        )
        if setting is None or mhz not in OUTPUT:
            raise unreachable(mhz, reference, OUTPUT)
        # half a period late, as Lattice's own tool does
        values = {**setting.parameters, "CLKOP_CPHASE": setting.parameters["CLKOP_DIV"] // 2}
        return Pll("EHXPLLL", reference, mhz, setting.mhz, setting.vco_mhz, values)

    def add_pll(self, m: Module, board: Board, pll: Pll, clock: Value) -> tuple[Value, Value]:
        output, locked = Signal(name="system_clk"), Signal(name="locked")
        m.submodules.pll = Instance(
            pll.primitive,
            p_PLLRST_ENA="DISABLED",
            p_INTFB_WAKE="DISABLED",
            p_STDBY_ENABLE="DISABLED",
            p_DPHASE_SOURCE="DISABLED",
            p_OUTDIVIDER_MUXA="DIVA",
            p_OUTDIVIDER_MUXB="DIVB",
            p_OUTDIVIDER_MUXC="DIVC",
            p_OUTDIVIDER_MUXD="DIVD",
            p_CLKOP_ENABLE="ENABLED",
            p_CLKOP_FPHASE=0,
            p_FEEDBK_PATH="CLKOP",
            i_CLKI=clock,
            i_CLKFB=output,
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_ENCLKOP=Const(0),
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(1),
            i_PHASESTEP=Const(1),
            i_PHASELOADREG=Const(1),
            i_PLLWAKESYNC=Const(0),
            o_CLKOP=output,
            o_LOCK=locked,
            **{f"p_{name}": value for name, value in (pll.parameters or {}).items()},
            **{f"a_{name}": value for name, value in _FILTER.items()},
        )
        return output, locked

    def constraints(self, board: Board, ports: Sequence[Port], pll: Pll) -> str:
        lines = ["BLOCK RESETPATHS;", "BLOCK ASYNCPATHS;"]
        for port in ports:
            lines.append(f'LOCATE COMP "{port.name}" SITE "{port.pin.location}";')
            attributes = " ".join(f"{key}={value}" for key, value in port.pin.attributes.items())
            if attributes:
                lines.append(f'IOBUF PORT "{port.name}" {attributes};')
        lines.append(f'FREQUENCY PORT "clock" {pll.reference_mhz:g} MHZ;')
        return "\n".join(lines) + "\n"

    def place_arguments(self, board: Board) -> tuple[str, ...]:
        return (*board.place, "--lpf", self.constraint_file, "--textcfg", "board.config")

    def pack(self, board: Board, folder: Path, target: Path) -> None:
        call("ecppack", (*board.pack_options, "board.config", target.name), folder)

    def check(self, board: Board, folder: Path, pll: Pll) -> dict[str, Any]:
        """The unpacked bitstream packs to the same bytes, and has nextpnr's memories and PLL.

        Settings can't be compared line by line: several names stand for the same bits.
        """
        call("ecpunpack", (self.bitstream, "unpacked.config"), folder)
        call("ecppack", (*board.pack_options, "unpacked.config", "again.bit"), folder)
        same = (folder / self.bitstream).read_bytes() == (folder / "again.bit").read_bytes()
        expected, unpacked = (
            marked_settings((folder / name).read_text(encoding="utf-8"))
            for name in ("board.config", "unpacked.config")
        )
        missing = sorted(
            setting
            for tiles, setting in expected
            if not any((frozenset((tile,)), setting) in unpacked for tile in tiles)
        )
        memories = sum(setting.endswith(".MODE DP16KD") for _, setting in expected)
        return {
            "what": "ecpunpack's settings pack to the same bytes; modes of block RAMs and dividers"
            " of the PLL in them, tile by tile",
            "repacks_to_same_bytes": same,
            "compared": len(expected),
            "missing": missing[:10],
            "memories": memories,
            "passed": same and not missing and has_dividers(expected, pll),
        }


TileSetting = tuple[frozenset[str], str]
# What is looked for in the unpacked bitstream: how memories are used, and the PLL's dividers.
_MARKED = re.compile(r"enum: EBR\d\.MODE \w+|word: CLK\w+_DIV [01]+")


def marked_settings(text: str) -> set[TileSetting]:
    """Modes of block RAMs and dividers of PLLs in a textual configuration.

    Each comes with the tiles that it belongs to: nextpnr names a group of tiles, of which the
    unpacker names the one that holds the bits. A divider of 1, whose bits are all 0, is left out:
    that is the state of a tile that nothing is said about, and the unpacker does not name it.
    """
    settings: set[TileSetting] = set()
    tiles: frozenset[str] = frozenset()
    for line in text.splitlines():
        if line.startswith("."):
            tiles = frozenset(line.split()[1:])
        elif _MARKED.match(line) and set(line.split()[-1]) != {"0"}:
            settings.add((tiles, " ".join(line.split())))
    return settings


def has_dividers(settings: set[TileSetting], pll: Pll) -> bool:
    """Whether settings of :func:`marked_settings` have the PLL's dividers, which count from 0."""
    values = pll.parameters or {}
    texts = {text for _, text in settings}
    return all(
        f"word: {name} {values[name] - 1:07b}" in texts
        for name in ("CLKI_DIV", "CLKFB_DIV", "CLKOP_DIV")
        if values.get(name, 1) > 1
    )


FLOW = Ecp5Flow()
