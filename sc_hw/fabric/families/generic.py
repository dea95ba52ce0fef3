"""No fabric in particular: plain Verilog with a moderate pipeline. Also serves fabrics whose tools
infer well.
"""

from sc_hw.fabric.families.family import Family
from sc_hw.fabric.schedule import DelayModel

FAMILIES = (
    Family("generic", DelayModel(carry_bits=16, lut_levels=2, lut_inputs=4, multiplier_stages=3)),
)
