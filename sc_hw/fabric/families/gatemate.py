"""Cologne Chip GateMate: products are trees of adders, for the fabric has no multiplier blocks.

A tree whose carry chains are cut into stages is faster than the array that Yosys infers (CC_MULT).
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
