"""Lattice ECP5-25F, speed grades 6 and 8: 24,288 LUT4, 56 block RAMs, 28 multipliers."""

from sc_hw.fabric.targets._ecp5 import ecp5

TARGETS = (ecp5("25", 6), ecp5("25", 8))
