"""Gowin LittleBee and Arora: Yosys infers block RAM and multipliers from the behavioural twins."""

from sc_hw.fabric.families.family import Family
from sc_hw.fabric.schedule import DelayModel

FAMILIES = (
    Family(
        "gowin",
        DelayModel(carry_bits=16, lut_levels=1, lut_inputs=4, multiplier_stages=3),
        multiplier=(18, 18),
    ),
)
