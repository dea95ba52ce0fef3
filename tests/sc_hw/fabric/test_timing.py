"""What fits between two registers at a clock period."""

from __future__ import annotations

from dataclasses import replace

from sc_hw.fabric.schedule import DelayModel
from sc_hw.fabric.timing import Timing


def test_what_fits_into_a_period() -> None:
    timing = Timing(
        clock_to_out=0.5,
        setup=0.25,
        route=1.0,
        lut=0.25,
        carry_in=0.5,
        carry=0.125,
        carry_out=0.5,
        memory=2.0,
    )
    assert timing.at(4.0, multiplier_stages=3) == DelayModel(12, 2, 4, 3, memory_register=False)
    assert timing.at(2.25, multiplier_stages=3) == DelayModel(1, 1, 4, 3, memory_register=True)
    far = replace(
        timing, memory=0.0, memory_out=2.5
    )  # 2.5 to the memory's pins, 1.0 of routing, 0.25 of setup
    assert timing.at(4.0, multiplier_stages=3) == far.at(4.0, multiplier_stages=3)
    assert far.at(3.5, multiplier_stages=3).memory_register
