"""Xilinx 7-series: Yosys infers DSP48E1 and block RAM from the behavioural twins.

The multiplier's registers become those of the DSP48E1. Yosys 0.70 does not use the output register
of a block RAM (DOB_REG stays 0): the twin's register stays in the fabric.
"""

from sc_hw.fabric.families.family import Family
from sc_hw.fabric.schedule import DelayModel

# Carry chains of 24 bits are six CARRY4; a DSP48E1 has three registers from operands to product.
FAMILIES = (
    Family("xilinx7", DelayModel(carry_bits=24, lut_levels=1, lut_inputs=6, multiplier_stages=3)),
)
