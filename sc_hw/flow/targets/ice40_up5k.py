"""Lattice iCE40 UltraPlus UP5K (sg48): 5,280 LUT4, 30 block RAMs, 8 multipliers."""

from sc_hw.flow.targets._ice40 import ICE40_CELLS
from sc_hw.flow.targets.target import Target

TARGETS = (
    Target(
        name="ice40-up5k",
        title="Lattice iCE40 UP5K",
        family="ice40_up",
        synth="synth_ice40 -dsp -device u -abc9",
        cells=ICE40_CELLS,
        pnr="nextpnr-ice40",
        pnr_args=("--up5k", "--package", "sg48", "--pcf-allow-unconstrained"),
        pins=39,
    ),
)
