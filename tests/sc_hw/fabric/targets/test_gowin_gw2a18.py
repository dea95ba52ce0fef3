"""Gowin GW2A-18: area only, with limits of block RAM and multiplier."""

from __future__ import annotations

from fabric_cells import check, limit_of

from sc_hw.fabric.targets import load_target


def test_target() -> None:
    target = load_target("gowin-gw2a18")
    check(target, "gowin", "gowin")
    assert limit_of(target, "SDPB") == [380, None]  # nothing is known of the clock tree
    assert limit_of(target, "MULT18X18") == [275, None]
    assert limit_of(target, "MULT36X36") == [None, None]
    assert target.no_fmax == load_target("gowin-gw1n9").no_fmax
    assert len(target.pin_names) == 5
