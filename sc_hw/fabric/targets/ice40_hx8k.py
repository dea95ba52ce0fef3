"""Lattice iCE40 HX8K (ct256): 7,680 LUT4, 32 block RAMs, no multipliers."""

from sc_hw.fabric.targets._ice40 import ICE40_CELLS
from sc_hw.fabric.targets.target import ClockLimit, Target

_SHEET = "Lattice DS1040 version 3.4 (now FPGA-DS-02029)"

TARGETS = (
    Target(
        name="ice40-hx8k",
        title="Lattice iCE40 HX8K",
        family="ice40_hx",
        synth="synth_ice40 -device hx -abc9",
        cells=ICE40_CELLS,
        pnr="nextpnr-ice40",
        pnr_args=("--hx8k", "--package", "ct256", "--pcf-allow-unconstrained"),
        pins=206,
        # a logic cell is a LUT and a flip-flop
        capacity={"lut": 7680, "ff": 7680, "bram": 32, "dsp": 0},
        capacity_source="nextpnr-ice40's database: ICESTORM_LC, ICESTORM_RAM",
        absent=("SB_MAC16",),
        limits=(
            ClockLimit(
                "clock tree",
                275,
                f"{_SHEET}, External Switching Characteristics, HX devices (fMAX_GBUF)",
            ),
            ClockLimit(
                "block RAM",
                403,
                f"{_SHEET}, Register-to-Register Performance, HX devices: 256 x 16 pseudo-dual"
                " port",
                "typical",
                cells=tuple(ICE40_CELLS.bram),
            ),
        ),
    ),
)
