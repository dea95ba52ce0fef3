"""Xilinx 7-series: synthesis only."""

from sc_hw.flow.targets.target import Cells, Target

TARGETS = (
    Target(
        name="xilinx-7",
        title="Xilinx 7-series",
        family="xilinx7",
        synth="synth_xilinx -family xc7 -abc9",
        cells=Cells(
            lut={f"LUT{n}": 1 for n in range(1, 7)} | {"SRL16E": 1, "SRLC32E": 1, "RAM32M": 4, "RAM64M": 4},
            ff={"FDRE": 1, "FDSE": 1, "FDCE": 1, "FDPE": 1},
            bram={"RAMB18E1": 0.5, "RAMB36E1": 1},
            dsp={"DSP48E1": 1},
            bram_unit="RAMB36E1 (36 kbit)",
            dsp_unit="DSP48E1",
        ),
        no_pnr="no open place and route for 7-series installs from a wheel: synthesis only, no timing",
    ),
)
