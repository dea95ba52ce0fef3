"""A design of several clocks is read as one netlist, with the clock of each register and memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.proof.flattened import MissingPartError, read_flattened
from sc_model.graph.smt import Terms

TERMS = Terms()  # must outlive its terms
VERILOG = r"""
module inner(input clk, input [3:0] d, output [3:0] q);
  reg [3:0] \value$3 ;
  reg [3:0] words [0:3];
  wire [3:0] value;
  assign value = ~d;
  always @(posedge clk) begin \value$3  <= value; words[d[1:0]] <= d; end
  assign q = \value$3 ^ words[d[3:2]];
endmodule
module top(input a_clk, input b_clk, input [3:0] d, output [3:0] q, output [3:0] r);
  reg [3:0] late;
  inner part(.clk(a_clk), .d(d), .q(q));
  always @(negedge b_clk) late <= d;
  reg [3:0] early;
  always @(posedge b_clk) early <= late;
  assign r = early;
endmodule
"""


def test_registers_signals_and_clocks(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_text(VERILOG)
    design = read_flattened(tmp_path / "top.v", "top", ("a_clk", "b_clk"), tmp_path, TERMS)
    part = design.part("part")
    register = part.register("value")
    assert design.clocks == {register: "a_clk", "part.words": "a_clk", "early": "b_clk"}
    # A next value is that at an edge of the register's clock.
    assert design.net.following[register] == part.signal("value")
    assert set(design.below("part")) == {register, "part.words"}
    assert part.has("value")
    assert not part.has("values")
    with pytest.raises(MissingPartError, match=r"^signal part\.other is not in the Verilog$"):
        part.signal("other")
    with pytest.raises(
        MissingPartError, match=r"^no register part\.other in the Verilog, where one must be$"
    ):
        part.register("other")
    with pytest.raises(MissingPartError, match=r"^no register part\.value in the Verilog"):
        part.register("value", 3)
