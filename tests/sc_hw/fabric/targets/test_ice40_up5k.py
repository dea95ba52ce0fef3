"""iCE40 UltraPlus UP5K: limits of RAMs, and of a multiplier by its registers."""

from __future__ import annotations

from fabric_cells import check, limit_of

from sc_hw.fabric.targets import load_target


def test_target() -> None:
    target = load_target("ice40-up5k")
    check(target, "ice40_up", "ice40")
    assert limit_of(target, "SB_LUT4") == [185]
    assert limit_of(target, "SB_RAM40_4K") == [150, 185]
    assert limit_of(target, "SB_SPRAM256KA") == [70, 185]


def test_the_sheet_has_a_figure_only_without_the_pipeline_register() -> None:
    target, name = load_target("ice40-up5k"), "PIPELINE_16x16_MULT_REG1"
    assert limit_of(target, "SB_MAC16", **{name: "0"}) == [50, 185]
    assert limit_of(target, "SB_MAC16") == [50, 185]  # Yosys leaves a 0 out
    assert limit_of(target, "SB_MAC16", **{name: "1"}) == [185, None]
