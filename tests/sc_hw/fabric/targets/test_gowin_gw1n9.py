"""Gowin GW1N-9: area only."""

from __future__ import annotations

from fabric_cells import check, limit_of

from sc_hw.fabric.targets import load_target


def test_target() -> None:
    target = load_target("gowin-gw1n9")
    check(target, "gowin", "gowin")
    assert limit_of(target, "LUT4") == [None]
    assert limit_of(target, "MULT18X18") == [None, None]
    assert target.no_fmax is not None
    assert len(target.pin_names) == 5
    assert target.cells.dsp["MULT9X9"] == 0.5
