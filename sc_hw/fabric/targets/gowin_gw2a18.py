"""Gowin GW2A-18 (PG256): 20,736 LUT4, 46 block RAMs, 48 multipliers. Area only."""

from sc_hw.fabric.targets._gowin import (
    GOWIN_CELLS,
    GOWIN_CLOCK_TREE,
    GOWIN_PADS,
    GOWIN_WITHOUT_PADS,
    NO_FMAX,
)
from sc_hw.fabric.targets.target import ClockLimit, Target

# DS102, of the GW2A itself, could not be read. The GW2AR-18 has the same fabric: Gowin's tables and
# nextpnr name them together.
_SHEET = "Gowin DS226 version 2.4E (of the GW2AR-18)"

TARGETS = (
    Target(
        name="gowin-gw2a18",
        title="Gowin GW2A-18",
        family="gowin",
        synth="synth_gowin -family gw2a",
        cells=GOWIN_CELLS,
        without_pads=GOWIN_WITHOUT_PADS,
        pads=GOWIN_PADS,
        pnr="nextpnr-himbaechel-gowin",
        pnr_args=("--device", "GW2A-LV18PG256C8/I7", "--vopt", "family=GW2A-18"),
        pins=207,
        capacity={"lut": 20_736, "ff": 15_552, "bram": 46, "dsp": 48},
        capacity_source="nextpnr-himbaechel's database: LUT4, DFF, BSRAM, MULT18X18",
        no_fmax=NO_FMAX,
        pin_names=("H11", "T2", "T3", "T4", "T5"),
        pin_option="cst",
        limits=(
            GOWIN_CLOCK_TREE,
            ClockLimit(
                "block RAM",
                380,
                f"{_SHEET}, section 2.5 (230 MHz in read-before-write mode)",
                cells=tuple(GOWIN_CELLS.bram),
            ),
            ClockLimit(
                "multiplier",
                275,
                f"{_SHEET}, table 3-16, speed grade C8/I7: 9 x 9 and 18 x 18 (multiply-add: 265"
                " MHz)",
                cells=("MULT9X9", "MULT18X18"),
            ),
            ClockLimit(
                "multiplier",
                None,
                f"{_SHEET} gives no clock for 36 x 36",
                "not found",
                cells=("MULT36X36",),
            ),
        ),
    ),
)
