"""Cologne Chip GateMate: no multiplier blocks; a tree of cut adders is faster than the inferred
array.
"""

from sc_hw.fabric.families.family import Family
from sc_hw.fabric.schedule import DelayModel

FAMILIES = (
    Family(
        "gatemate",
        DelayModel(carry_bits=10, lut_levels=1, lut_inputs=4, multiplier_stages=3),
        products="adders",
    ),
)
