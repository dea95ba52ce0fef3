"""Yosys' passes in front of technology mapping."""

from __future__ import annotations

import pytest

from sc_hw.errors import ToolError
from sc_hw.fabric.targets import load_target
from sc_hw.price.word_level import word_level

TEXT = """
module part(input clk, input [8:0] a, output reg [15:0] d);
  reg [15:0] words [0:511];
  always @(posedge clk) d <= words[a];
endmodule
module inner(input clk, input [7:0] a, output reg [7:0] q);
  always @(posedge clk) q <= q + a;
endmodule
module top(input clk, input [8:0] a, output [15:0] d, output [7:0] q, output [7:0] r);
  part one (.clk(clk), .a(a), .d(d));
  inner two (.clk(clk), .a(a[7:0]), .q(q));
  inner three (.clk(clk), .a(a[8:1]), .q(r));
endmodule
"""


def test_shared_modules_stay_and_come_first_and_memories_are_blocks() -> None:
    text = TEXT.replace("d <= words[a]", "begin d <= words[a]; words[a] <= d; end")
    modules = word_level(text, "top", load_target("ice40-up5k"), ["inner"])
    assert list(modules) == ["inner", "top"]
    kinds = [cell["type"] for cell in modules["top"]["cells"].values()]
    assert kinds.count("inner") == 2
    assert kinds.count("SB_RAM40_4K") == 2
    kinds = [cell["type"] for cell in modules["inner"]["cells"].values()]
    assert "$alu" in kinds
    assert not any(kind.startswith("SB_") for kind in kinds)


def test_a_text_that_is_no_verilog_is_said_in_one_line() -> None:
    with pytest.raises(ToolError, match=r"^yosys failed \(exit 1\): .*syntax error"):
        word_level("module top(", "top", load_target("ice40-up5k"))
