"""Xilinx 7-series: synthesis only."""

from __future__ import annotations

from fabric_cells import check, limit_of

from sc_hw.fabric.targets import load_target


def test_target() -> None:
    target = load_target("xilinx-7")
    check(target, "xilinx7", "xilinx")
    assert (target.pnr, target.pnr_args) == (None, ())
    assert target.no_pnr is not None
    assert limit_of(target, "LUT6") == [464]
    assert limit_of(target, "RAMB18E1") == [388.2, 464]
    assert limit_of(target, "DSP48E1") == [464, 464.25]
    assert target.cells.bram == {"RAMB18E1": 0.5, "RAMB36E1": 1}
