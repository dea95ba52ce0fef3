"""iCE40 HX8K: no multipliers."""

from __future__ import annotations

from fabric_cells import check, limit_of

from sc_hw.fabric.targets import load_target


def test_target() -> None:
    target = load_target("ice40-hx8k")
    check(target, "ice40_hx", "ice40")
    assert limit_of(target, "SB_LUT4") == [275]
    assert limit_of(target, "SB_RAM40_4KNR") == [275, 403]  # with an inverted read clock
    assert target.absent == ("SB_MAC16",)
    assert "-dsp" not in target.synth
