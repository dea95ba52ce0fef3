"""Gowin GW2A-18 (PG256): 20,736 LUT4, 46 block RAMs, 48 multipliers. Area only."""

from sc_hw.flow.targets._gowin import GOWIN_CELLS, NO_FMAX
from sc_hw.flow.targets.target import Target

TARGETS = (
    Target(
        name="gowin-gw2a18",
        title="Gowin GW2A-18",
        family="gowin",
        synth="synth_gowin -family gw2a",
        cells=GOWIN_CELLS,
        pnr="nextpnr-himbaechel-gowin",
        pnr_args=("--device", "GW2A-LV18PG256C8/I7", "--vopt", "family=GW2A-18"),
        pins=207,
        no_fmax=NO_FMAX,
        pin_names=("H11", "T2", "T3", "T4", "T5"),
        pin_option="cst",
    ),
)
