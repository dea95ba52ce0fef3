"""GateMate CCGM1A1: cells, and no figure for its clocks."""

from __future__ import annotations

from fabric_cells import check, limit_of

from sc_hw.fabric.targets import load_target


def test_target() -> None:
    target = load_target("gatemate-ccgm1a1")
    check(target, "gatemate", "gatemate")
    assert limit_of(target, "CC_LUT2") == [None]
    assert limit_of(target, "CC_BRAM_40K") == [None, None]
    assert target.cells.bram == {"CC_BRAM_20K": 0.5, "CC_BRAM_40K": 1}  # two halves
    assert target.absent == ("CC_MULT",)  # the fabric has none: it becomes logic
