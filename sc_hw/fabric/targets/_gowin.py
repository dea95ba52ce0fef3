"""What all Gowin targets share."""

from sc_hw.fabric.targets.target import Cells, ClockLimit

GOWIN_CELLS = Cells(
    lut={"LUT1": 1, "LUT2": 1, "LUT3": 1, "LUT4": 1, "ALU": 1, "RAM16SDP4": 4},
    ff={"DFF*": 1},
    bram={"SDP*": 1, "DPB*": 1, "DPX9B*": 1, "SP*": 1},
    dsp={"MULT18X18": 1, "MULT9X9": 0.5, "MULT36X36": 4},
    bram_unit="BSRAM (18 kbit)",
    dsp_unit="MULT18X18",
)

# as in synth_gowin
GOWIN_WITHOUT_PADS = "-noiopads"
GOWIN_PADS = ("iopadmap -bits -inpad IBUF O:I -outpad OBUF I:O",)

GOWIN_CLOCK_TREE = ClockLimit(
    "clock tree",
    None,
    "no document of Gowin that could be read gives the global clock's greatest frequency",
    "not found",
)

NO_FMAX = (
    "nextpnr-himbaechel-gowin leaves block-RAM and multiplier arcs out of its timing model (it"
    " reports 1,025 MHz for a memory loop), so its Fmax is no measurement"
)
