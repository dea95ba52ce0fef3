"""Xilinx 7-series: Yosys infers DSP48E1 and block RAM from the behavioural twins.

The multiplier's registers become those of the DSP48E1. The silicon's block RAM has an output
register, so the pipeline is cut for one (`ram_register`, as by default). Yosys 0.70 does not use it
(DOB_REG stays 0): it keeps the twin's register in the fabric, a flip-flop for each bit of a word.
The latency is the same, but `estimate` counts these flip-flops; a tool that moves the register into
the block does not have them.
"""

from sc_hw.fabric.families.family import Family
from sc_hw.fabric.schedule import DelayModel

# Carry chains of 24 bits are six CARRY4; a DSP48E1 has three registers from operands to product.
FAMILIES = (
    Family(
        "xilinx7",
        DelayModel(carry_bits=24, lut_levels=1, lut_inputs=6, multiplier_stages=3),
        multiplier=(25, 18),
    ),
)
