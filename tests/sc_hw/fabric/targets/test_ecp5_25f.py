"""ECP5-25F: cells, speed grades and the arguments of nextpnr."""

from __future__ import annotations

from fabric_cells import check, limit_of

from sc_hw.fabric.targets import load_target


def test_both_grades() -> None:
    slow, fast = load_target("ecp5-25f-6"), load_target("ecp5-25f-8")
    for target in (slow, fast):
        check(target, "ecp5", "ecp5", "lattice")
        assert target.pnr_args[0] == "--25k"
    assert [t.pnr_args[t.pnr_args.index("--speed") + 1] for t in (slow, fast)] == ["6", "8"]
    # the clock tree has a figure for each grade, block RAM and multiplier one for grade 8
    assert limit_of(slow, "DP16KD") == [257, 272]
    assert limit_of(fast, "DP16KD") == [272, 370]
    assert limit_of(fast, "MULT18X18D") == [225, 370]
    assert limit_of(fast, "LUT4") == [370]
