"""Gowin GW1NR-9C (QN88): 8,640 LUT4, 26 block RAMs, 20 multipliers. Area only."""

from sc_hw.fabric.targets._gowin import (
    GOWIN_CELLS,
    GOWIN_CLOCK_TREE,
    GOWIN_PADS,
    GOWIN_WITHOUT_PADS,
    NO_FMAX,
)
from sc_hw.fabric.targets.target import ClockLimit, Target

_UNREAD = "Gowin's DS100 (GW1N) and DS117 (GW1NR) could not be read"

TARGETS = (
    Target(
        name="gowin-gw1n9",
        title="Gowin GW1N-9",
        family="gowin",
        synth="synth_gowin -family gw1n",
        cells=GOWIN_CELLS,
        without_pads=GOWIN_WITHOUT_PADS,
        pads=GOWIN_PADS,
        pnr="nextpnr-himbaechel-gowin",
        pnr_args=("--device", "GW1NR-LV9QN88PC6/I5", "--vopt", "family=GW1N-9C"),
        pins=70,
        capacity={"lut": 8640, "ff": 6480, "bram": 26, "dsp": 20},
        capacity_source="nextpnr-himbaechel's database: LUT4, DFF, BSRAM, MULT18X18",
        no_fmax=NO_FMAX,
        pin_names=("25", "26", "27", "28", "29"),
        pin_option="cst",
        limits=(
            GOWIN_CLOCK_TREE,
            ClockLimit("block RAM", None, _UNREAD, "not found", cells=tuple(GOWIN_CELLS.bram)),
            ClockLimit("multiplier", None, _UNREAD, "not found", cells=tuple(GOWIN_CELLS.dsp)),
        ),
    ),
)
