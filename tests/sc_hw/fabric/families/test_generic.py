"""The generic family: portable Verilog."""

from __future__ import annotations

from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import Family, load_family
from sc_hw.fabric.primitives import PipelinedMultiplier


def test_nothing_of_a_vendor_is_in_its_verilog() -> None:
    family = load_family("generic")
    assert type(family) is Family
    assert family.products == "block"
    text = to_verilog(PipelinedMultiplier(12, 8, 3), "m", family)
    assert text == to_verilog(PipelinedMultiplier(12, 8, 3), "m", None)
    assert "parameter" not in text
