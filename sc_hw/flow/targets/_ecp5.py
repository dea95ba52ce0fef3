"""What all ECP5 targets share."""

from sc_hw.flow.targets.target import Cells, Target

# A CCU2C is two LUT4 with carry; PFUMX and L6MUX21 join LUTs and are no LUTs themselves.
ECP5_CELLS = Cells(
    lut={"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4},
    ff={"TRELLIS_FF": 1},
    bram={"DP16KD": 1, "PDPW16KD": 1},
    dsp={"MULT18X18D": 1},
    bram_unit="DP16KD (18 kbit)",
    dsp_unit="MULT18X18D",
)


def ecp5(size: str, speed: int) -> Target:
    """An ECP5 in the CABGA381 package."""
    return Target(
        name=f"ecp5-{size}f-{speed}",
        title=f"Lattice ECP5-{size}F speed {speed}",
        family="ecp5",
        synth="synth_ecp5 -abc9",
        cells=ECP5_CELLS,
        pnr="nextpnr-ecp5",
        pnr_args=(f"--{size}k", "--speed", str(speed), "--package", "CABGA381", "--lpf-allow-unconstrained"),
        pins=197 if size == "25" else 205,
    )
