"""Xilinx 7-series: synthesis only."""

from sc_hw.fabric.targets.target import Cells, ClockLimit, Target

# The target names no part: these are of the slowest commercial grade at 1.0 V.
_SHEET = "Xilinx DS181 version 1.12 (of the Artix-7), speed grade 1 at 1.0 V"
_BRAM = {"RAMB18E1": 0.5, "RAMB36E1": 1}

TARGETS = (
    Target(
        name="xilinx-7",
        title="Xilinx 7-series",
        family="xilinx7",
        synth="synth_xilinx -family xc7 -abc9",
        cells=Cells(
            lut={f"LUT{n}": 1 for n in range(1, 7)}
            | {"SRL16E": 1, "SRLC32E": 1, "RAM32M": 4, "RAM64M": 4},
            ff={"FDRE": 1, "FDSE": 1, "FDCE": 1, "FDPE": 1},
            bram=_BRAM,
            dsp={"DSP48E1": 1},
            bram_unit="RAMB36E1 (36 kbit)",
            dsp_unit="DSP48E1",
        ),
        no_pnr=(
            "no open place and route for 7-series installs from a wheel: synthesis only, no timing"
        ),
        capacity_source="the target names no part of the series",
        limits=(
            ClockLimit("clock tree", 464, f"{_SHEET}, table 30 (FMAX_BUFG)"),
            ClockLimit(
                "block RAM",
                388.2,
                f"{_SHEET}, table 28 (FMAX_BRAM_WF_NC; 339.67 MHz in delayed read-first mode)",
                cells=tuple(_BRAM),
            ),
            ClockLimit(
                "multiplier",
                464.25,
                f"{_SHEET}, table 29 (FMAX, all registers used; 190.69 MHz without pipeline"
                " registers)",
                cells=("DSP48E1",),
            ),
        ),
    ),
)
