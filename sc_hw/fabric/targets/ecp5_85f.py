"""Lattice ECP5-85F, speed grades 6 and 8: 83,640 LUT4, 208 block RAMs, 156 multipliers."""

from sc_hw.fabric.targets._ecp5 import ecp5

TARGETS = (ecp5("85", 6), ecp5("85", 8))
