"""Lattice iCE40 UltraPlus UP5K (sg48): 5,280 LUT4, 30 block RAMs, 8 multipliers."""

from sc_hw.fabric.targets._ice40 import ICE40_CELLS
from sc_hw.fabric.targets.target import ClockLimit, Target

_SHEET = "Lattice FPGA-DS-02008 version 1.9"
_MULTIPLIER = tuple(ICE40_CELLS.dsp)

TARGETS = (
    Target(
        name="ice40-up5k",
        title="Lattice iCE40 UP5K",
        family="ice40_up",
        synth="synth_ice40 -device u -abc9",
        cells=ICE40_CELLS,
        pnr="nextpnr-ice40",
        pnr_args=("--up5k", "--package", "sg48", "--pcf-allow-unconstrained"),
        pins=39,
        # a logic cell is a LUT and a flip-flop
        capacity={"lut": 5280, "ff": 5280, "bram": 30, "dsp": 8, "spram": 4},
        capacity_source="nextpnr-ice40's database: ICESTORM_LC, _RAM, _DSP, _SPRAM",
        limits=(
            ClockLimit("clock tree", 185, f"{_SHEET}, table 4.21 (fMAX_GBUF)"),
            ClockLimit(
                "block RAM",
                150,
                f"{_SHEET}, table 4.16 (Register-to-Register Performance): 256 x 16 pseudo-dual"
                " port",
                "typical",
                cells=tuple(ICE40_CELLS.bram),
            ),
            # The sheet times the multiplier with the pipeline register bypassed, so a design that
            # uses the register has no figure.
            ClockLimit(
                "multiplier",
                50,
                f"{_SHEET}, table 4.17 (fMAX16x16SMULT): 16 x 16 with its pipeline register"
                " bypassed",
                cells=_MULTIPLIER,
                where=(("PIPELINE_16x16_MULT_REG1", 0),),
            ),
            ClockLimit(
                "multiplier",
                None,
                f"{_SHEET} gives the multiplier's clock only with its pipeline register bypassed,"
                " and here it is used",
                "not found",
                cells=_MULTIPLIER,
                where=(("PIPELINE_16x16_MULT_REG1", 1),),
            ),
            ClockLimit(
                "SPRAM",
                70,
                f"{_SHEET}, table 4.18 (fMAXSRAM, the column of minima)",
                cells=("SB_SPRAM256KA",),
            ),
        ),
    ),
)
