"""No fabric in particular: portable Verilog with a pipeline of moderate depth.

It also serves fabrics without a family of their own whose tools infer memories and multipliers.
"""

from sc_hw.fabric.families.family import Family
from sc_hw.fabric.schedule import DelayModel

FAMILIES = (
    Family("generic", DelayModel(carry_bits=16, lut_levels=2, lut_inputs=4, multiplier_stages=3)),
)
