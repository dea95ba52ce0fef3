"""ECP5-85F: the cells of the smaller device, another size for nextpnr."""

from __future__ import annotations

from fabric_cells import check, limit_of

from sc_hw.fabric.targets import load_target


def test_a_larger_device_of_the_same_fabric() -> None:
    for speed in (6, 8):
        small, large = load_target(f"ecp5-25f-{speed}"), load_target(f"ecp5-85f-{speed}")
        check(large, "ecp5", "ecp5", "lattice")
        assert large.pnr_args == ("--85k", *small.pnr_args[1:])
        assert (large.cells, large.limits, large.synth) == (small.cells, small.limits, small.synth)
        assert large.pins > small.pins
        assert limit_of(large, "PDPW16KD") == limit_of(small, "PDPW16KD")
