"""Xilinx 7-series: DSP48E1 and block RAM with output register are inferred by yosys from the twins'
registers.
"""

from sc_hw.fabric.families.family import Family
from sc_hw.fabric.schedule import DelayModel

FAMILIES = (
    Family("xilinx7", DelayModel(carry_bits=24, lut_levels=1, lut_inputs=6, multiplier_stages=3)),
)
