"""A family without primitives of its own leaves all twins as they are."""

from __future__ import annotations

import pytest
from amaranth.lib import wiring

from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import Family, family_names, load_family
from sc_hw.fabric.primitives import BlockRAM, CarryOut, MultiplyAdd, PipelinedMultiplier
from sc_hw.fabric.schedule import DelayModel

PLAIN = Family("plain", DelayModel(16, 2, 4, 3))


@pytest.mark.parametrize(
    ("twin", "sizes"),
    [
        (BlockRAM, (16, 4)),
        (PipelinedMultiplier, (4, 4, 3)),
        (MultiplyAdd, (4, 4, 8, 9)),
        (CarryOut, ()),
    ],
)
def test_twins_stay_as_they_are(twin: type[wiring.Component], sizes: tuple[int, ...]) -> None:
    text = to_verilog(twin(*sizes), "twin", PLAIN)
    assert text == to_verilog(twin(*sizes), "twin", None)


@pytest.mark.parametrize("name", family_names())
def test_declarations(name: str) -> None:
    family = load_family(name)
    assert family.name == name
    for delay in (family.delay, family.layer_delay or family.delay):
        assert delay.multiplier_stages >= 2
        assert min(delay.carry_bits, delay.lut_levels, delay.lut_inputs) >= 1
