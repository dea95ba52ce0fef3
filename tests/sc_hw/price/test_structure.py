"""Numbers by part, of modules made by hand."""

from __future__ import annotations

import pytest
from price_modules import adder, cell, module, register

from sc_hw.fabric.targets import load_target
from sc_hw.price.depth import Delays
from sc_hw.price.structure import Counts, part_of, structure_of_modules

UP5K, ECP5 = load_target("ice40-up5k"), load_target("ecp5-25f-6")
DELAYS = Delays(1, 1, 1, 0.0, 1, 1, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("place", "part"),
    [
        ("plastic_lane", "lanes"),
        ("layer_a.lane_0.update", "lanes"),
        ("neurons.update", "neurons"),
        ("neurons.memory", "neurons"),
        ("outputs.update", "memories"),
        ("memory", "memories"),
        ("weights.ram", "memories"),
        ("update$285", "lanes"),
        ("neurons_3", "neurons"),
        ("host", "host"),
        ("host$292", "host"),
        ("sequencer", "control"),
        ("", "control"),
    ],
)
def test_a_place_belongs_to_a_part(place: str, part: str) -> None:
    assert part_of(place) == part


def test_a_module_counts_as_often_as_it_is_built() -> None:
    a, b, y = ([f"{name}{bit}" for bit in range(4)] for name in "aby")
    lane = module(
        {"a": a, "b": b},
        {"y": [f"q{bit}" for bit in range(4)]},
        {"add": adder(a, b, y), "hold": register(y, [f"q{bit}" for bit in range(4)])},
    )
    lanes = {
        f"lane_{number}": cell(
            "plastic_lane", {"y": [f"{number} {bit}" for bit in range(4)]}, {"a": a, "b": b}
        )
        for number in range(3)
    }
    memory = cell("SB_RAM40_4K", {"RDATA": ["m"]}, {"RADDR": a})
    top = module(
        {"a": a, "b": b},
        {"y": [*(f"{number} {bit}" for number in range(3) for bit in range(4)), "m"]},
        {**lanes, "words": memory},
    )
    found = structure_of_modules({"plastic_lane": lane, "top": top}, "top", UP5K, DELAYS)
    assert found.parts["lanes"] == Counts(sums=12, ff=12)
    assert found.total.bram == 1
    assert found.parts["memories"].bram == 1
    # through the module: out of its register, into the frame's LUT and register
    assert found.period_ns == pytest.approx(1 + 1 + 3 + 1, abs=3)
    assert found.cells == {"SB_RAM40_4K": 1}


def test_an_adder_of_ecp5_takes_luts_in_pairs() -> None:
    a, b, y = ([f"{name}{bit}" for bit in range(7)] for name in "aby")
    top = module({"a": a, "b": b}, {"y": y}, {"add": adder(a, b, y)})
    assert structure_of_modules({"top": top}, "top", ECP5, DELAYS).total.sums == 8
    assert structure_of_modules({"top": top}, "top", UP5K, DELAYS).total.sums == 7


def test_a_gate_at_an_output_goes_into_the_frames_lut() -> None:
    both = cell("$and", {"Y": ["g"]}, {"A": ["a"], "B": ["b"]})
    alone = module({"a": ["a"], "b": ["b"]}, {"o": ["g"]}, {"gate": both})
    assert structure_of_modules({"top": alone}, "top", UP5K, DELAYS).total.cover == 0
    held = {"gate": both, "hold": register(["g"], ["q"])}
    read = module({"a": ["a"], "b": ["b"]}, {"o": ["g"], "p": ["q"]}, held)
    assert structure_of_modules({"top": read}, "top", UP5K, DELAYS).total.cover == 1
