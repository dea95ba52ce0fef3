"""What all ECP5 targets share."""

from sc_hw.fabric.targets.target import Cells, ClockLimit, Target

# A CCU2C is two LUT4 with carry; PFUMX and L6MUX21 join LUTs and are no LUTs themselves.
ECP5_CELLS = Cells(
    lut={"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4},
    ff={"TRELLIS_FF": 1},
    bram={"DP16KD": 1, "PDPW16KD": 1},
    dsp={"MULT18X18D": 1},
    bram_unit="DP16KD (18 kbit)",
    dsp_unit="MULT18X18D",
)

_SHEET = "Lattice FPGA-DS-02012 version 3.4"
_CAPACITY = {
    "25": {"lut": 24_288, "ff": 24_288, "bram": 56, "dsp": 28},
    "85": {"lut": 83_640, "ff": 83_640, "bram": 208, "dsp": 156},
}
_CLOCK_TREE_MHZ = {6: 257, 7: 303, 8: 370}


def _limits(speed: int) -> tuple[ClockLimit, ...]:
    """Clock limits of a speed grade, 6 to 8.

    The sheet's performance table has figures of grade 8 only; a slower grade does not exceed them.
    """
    table = f"{_SHEET}, table 3.20 (Register-to-Register Performance)"
    grade = (
        "speed grade 8"
        if speed == 8
        else f"speed grade 8 (it has none for {speed}, which is slower)"
    )
    return (
        ClockLimit(
            "clock tree",
            _CLOCK_TREE_MHZ[speed],
            f"{_SHEET}, table 3.22 (fMAX_PRI), speed grade {speed}",
        ),
        ClockLimit(
            "block RAM",
            272,
            f"{table}: 1024 x 18 true dual port with output registers (214 MHz in read-before-write"
            f" mode), {grade}",
            "typical" if speed == 8 else "typical of a faster grade",
            cells=tuple(ECP5_CELLS.bram),
        ),
        ClockLimit(
            "multiplier",
            225,
            f"{table}: 18 x 18 multiplier, all registers, {grade}",
            "typical" if speed == 8 else "typical of a faster grade",
            cells=tuple(ECP5_CELLS.dsp),
        ),
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
        pnr_args=(
            f"--{size}k",
            "--speed",
            str(speed),
            "--package",
            "CABGA381",
            "--lpf-allow-unconstrained",
        ),
        pins=197 if size == "25" else 205,
        limits=_limits(speed),
        capacity=_CAPACITY[size],
        capacity_source="nextpnr-ecp5's database: TRELLIS_COMB, TRELLIS_FF, DP16KD, MULT18X18D",
    )
