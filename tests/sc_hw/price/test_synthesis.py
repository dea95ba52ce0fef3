"""Cells are counted as the target's table says."""

from __future__ import annotations

from sc_hw.fabric.targets import load_target
from sc_hw.price.synthesis import count


def test_cells_are_counted_once() -> None:
    kinds = load_target("ecp5-25f-6").cells
    assert count({"LUT4": 10, "CCU2C": 3, "TRELLIS_FF": 4, "PFUMX": 9, "DP16KD": 2}, kinds) == {
        "lut": 16,
        "ff": 4,
        "bram": 2,
        "dsp": 0,
    }
    gatemate = load_target("gatemate-ccgm1a1").cells
    assert count({"CC_BRAM_20K": 3}, gatemate)["bram"] == 1.5
