"""The audit passes emitted crossings, refuses edits of them, and says what it has not judged."""

from __future__ import annotations

from pathlib import Path

import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.audit.audit import audit
from sc_hw.build.emit import to_verilog
from sc_hw.network.cdc import DEPTHS, WordCrossing

CLOCKS = {"a_clk": "a", "b_clk": "b"}


@pytest.mark.parametrize("depth", DEPTHS)
def test_crossings_are_what_they_say(depth: int) -> None:
    crossing = WordCrossing(5, depth, i_domain="a", o_domain="b")
    result = audit(to_verilog(crossing, "top", None), "top", CLOCKS, crossing.crossings)
    assert result.findings == ()
    assert result.crossings == crossing.crossings
    assert len(result.crossings) == 7
    assert min(result.registers.values()) > 10
    assert audit(
        to_verilog(crossing, "top", None), "top", CLOCKS
    ).passed  # also by itself, without a list


class _Holder(wiring.Component):
    """Two crossings in a row, as a network has them."""

    def __init__(self) -> None:
        self.first = WordCrossing(4, 2, i_domain="a", o_domain="b")
        self.second = WordCrossing(4, 1, i_domain="b", o_domain="a")
        self.shared_modules = {**self.first.shared_modules, **self.second.shared_modules}
        self.crossings = (
            *(record.under("there") for record in self.first.crossings),
            *(record.under("back") for record in self.second.crossings),
        )
        super().__init__({"i": In(stream.Signature(4)), "o": Out(stream.Signature(4))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.there, m.submodules.back = self.first, self.second
        wiring.connect(m, wiring.flipped(self.i), self.first.i)
        wiring.connect(m, self.first.o, self.second.i)
        wiring.connect(m, self.second.o, wiring.flipped(self.o))
        m.d.comb += [
            self.second.i_restart.eq(self.first.o_clear),
            self.first.o_restart.eq(self.second.i_clear),
        ]
        return m


def test_crossings_inside_a_design_keep_their_names() -> None:
    holder = _Holder()
    result = audit(to_verilog(holder, "top", None), "top", CLOCKS, holder.crossings)
    assert result.findings == ()
    assert len(result.crossings) == 14
    assert {record.group for record in result.crossings} == {"there", "back"}


def test_edit_in_the_emitted_text_is_found(tmp_path: Path) -> None:
    """A synchroniser of one flip-flop in an otherwise right crossing."""
    crossing = WordCrossing(5, 2, i_domain="a", o_domain="b")
    text = to_verilog(crossing, "top", None)
    assert text.count("q <= first;") == 2
    file = tmp_path / "edited.v"
    file.write_text(text.replace("q <= first;", "q <= d;", 1), encoding="utf-8")
    kinds = {
        finding.kind
        for finding in audit(file, "top", CLOCKS, crossing.crossings, folder=tmp_path).findings
    }
    assert {"no synchroniser", "crossing not found"} <= kinds


LATCH = """module top(
  input a_clk, input b_clk, input en, input d, output reg q, output reg r, output reg s);
  always @(posedge a_clk) r <= d;
  always @(posedge b_clk) s <= ~s;
  always @* if (en) q = r;
endmodule"""
ASYNCHRONOUS = """module top(
  input a_clk, input b_clk, input clear, input d, output reg r, output reg s);
  always @(posedge a_clk or posedge clear) if (clear) r <= 0; else r <= d;
  always @(posedge b_clk) s <= ~s;
endmodule"""
BLACK = """module top(input a_clk, input b_clk, input d, output q, output reg s);
  VENDOR_RAM ram(.CLK(a_clk), .D(d), .Q(q));
  wire other;
  VENDOR_LUT lut(.A(d), .O(other));
  always @(posedge b_clk) s <= ~s;
endmodule"""
FALLING = """module top(input a_clk, input b_clk, input d, output reg r, output reg s);
  always @(negedge a_clk) r <= d;
  always @(posedge b_clk) s <= ~s;
endmodule"""
CLOCK_AS_DATA = """module top(input a_clk, input b_clk, input d, output reg r, output reg s);
  always @(posedge a_clk) r <= d;
  always @(posedge b_clk) s <= a_clk ^ s;
endmodule"""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (LATCH, "latch"),
        (ASYNCHRONOUS, "asynchronous control"),
        (FALLING, "falling edge"),
        (CLOCK_AS_DATA, "clock as data"),
    ],
)
def test_what_follows_no_rising_edge_is_refused(text: str, kind: str) -> None:
    assert kind in {finding.kind for finding in audit(text, "top", CLOCKS).findings}


def test_black_boxes_are_named_as_not_judged() -> None:
    result = audit(BLACK, "top", CLOCKS)
    assert result.findings == ()
    assert any("VENDOR_RAM" in line and "registers of a" in line for line in result.not_judged)
    assert any("VENDOR_LUT" in line and "logic" in line for line in result.not_judged)
    assert any("counter is proved" in line for line in result.not_judged)
