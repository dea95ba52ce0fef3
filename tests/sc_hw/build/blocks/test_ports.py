"""Ports and packed words, as a manifest describes them."""

from __future__ import annotations

from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.build.blocks.ports import clock_of, leaf_fields, ports_of

INNER = data.StructLayout({"x": 3, "y": data.ArrayLayout(data.StructLayout({"z": 2}).size, 2)})
WORD = data.StructLayout({"flag": 1, "inner": INNER})


def test_clock_and_reset_of_a_domain() -> None:
    assert clock_of("sync") == {"clock": "clk", "reset": "rst"}
    assert clock_of("sense") == {"clock": "sense_clk", "reset": "sense_rst"}


def test_leaves_have_dots_indices_and_offsets() -> None:
    rows = [(leaf["name"], leaf["offset"], leaf["width"]) for leaf in leaf_fields(WORD)]
    assert rows == [("flag", 0, 1), ("inner.x", 1, 3), ("inner.y[0]", 4, 2), ("inner.y[1]", 6, 2)]


def test_ports_of_a_component() -> None:
    component = wiring.Component({"a": In(5), "word": Out(WORD)})
    clk, rst, a, word = ports_of(component)
    assert (clk["name"], rst["name"]) == ("clk", "rst")
    assert (a["direction"], a["width"], a["fields"]) == ("input", 5, [])
    assert (word["direction"], word["width"], len(word["fields"])) == ("output", 8, 4)
    assert "domain" not in a
