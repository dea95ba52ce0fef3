"""Cologne Chip GateMate CCGM1A1: 20,480 cells of two LUT trees, 32 block RAMs of 40 kbit."""

from sc_hw.fabric.targets.target import Cells, ClockLimit, Target

_BRAM = {"CC_BRAM_20K": 0.5, "CC_BRAM_40K": 1}
_UNREAD = "Cologne Chip's DS1001 could not be read"

TARGETS = (
    Target(
        name="gatemate-ccgm1a1",
        title="Cologne Chip GateMate CCGM1A1",
        family="gatemate",
        synth="synth_gatemate -luttree -nomx8",
        cells=Cells(
            lut={"CC_L2T4": 1, "CC_L2T5": 1, "CC_LUT*": 1, "CC_MX2": 1, "CC_MX4": 1, "CC_ADDF": 1},
            ff={"CC_DFF": 1},
            bram=_BRAM,
            dsp={"CC_MULT": 1},
            bram_unit="CC_BRAM_40K (40 kbit)",
            dsp_unit="CC_MULT (built of logic cells)",
        ),
        # as in synth_gatemate
        without_pads="-noiopad -noclkbuf",
        pads=(
            "iopadmap -bits -inpad CC_IBUF Y:I -outpad CC_OBUF A:O",
            "clkbufmap -buf CC_BUFG O:I",
        ),
        pnr="nextpnr-himbaechel-gatemate",
        pnr_args=("--device", "CCGM1A1", "--vopt", "allow-unconstrained"),
        pins=162,
        # two LUT trees and two flip-flops a cell; a block RAM is two halves in the database
        capacity={"lut": 40_960, "ff": 40_960, "bram": 32},
        capacity_source="nextpnr-himbaechel's database: CPE_LT, CPE_FF, RAM_HALF",
        absent=("CC_MULT",),
        limits=(
            ClockLimit("clock tree", None, _UNREAD, "not found"),
            ClockLimit("block RAM", None, _UNREAD, "not found", cells=tuple(_BRAM)),
        ),
    ),
)
