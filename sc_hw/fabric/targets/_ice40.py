"""What all iCE40 targets share."""

from sc_hw.fabric.targets.target import Cells

ICE40_CELLS = Cells(
    lut={"SB_LUT4": 1},
    ff={"SB_DFF*": 1},
    bram={"SB_RAM40_4K*": 1},
    dsp={"SB_MAC16": 1},
    bram_unit="SB_RAM40_4K (4 kbit)",
    dsp_unit="SB_MAC16",
)
