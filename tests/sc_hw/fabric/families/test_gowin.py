"""Gowin: Yosys infers block RAM and multipliers from the twins."""

from __future__ import annotations

from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import Family, load_family
from sc_hw.fabric.primitives import BlockRAM, PipelinedMultiplier


def test_twins_are_left_for_yosys() -> None:
    family = load_family("gowin")
    assert type(family) is Family
    assert " * " in to_verilog(PipelinedMultiplier(12, 8, 3), "m", family)
    ram = to_verilog(BlockRAM(1024, 9), "ram", family)
    assert ram == to_verilog(BlockRAM(1024, 9), "ram", None)
    assert "[1023:0]" in ram
