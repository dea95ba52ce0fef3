"""Lattice iCE40 HX8K (ct256): 7,680 LUT4, 32 block RAMs, no multipliers."""

from sc_hw.flow.targets._ice40 import ICE40_CELLS
from sc_hw.flow.targets.target import Target

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
    ),
)
