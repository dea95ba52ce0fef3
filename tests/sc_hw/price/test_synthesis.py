"""Cells are counted as the target's table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.fabric.targets import load_target
from sc_hw.price.synthesis import count, synthesise

LANES = """
module lane(input clk, input [3:0] a, output reg [3:0] q);
  always @(posedge clk) q <= q ^ a;
endmodule
module top(input clk, input d, output o);
  reg [3:0] s;
  wire [3:0] x, y;
  always @(posedge clk) s <= {s[2:0], d};
  lane first(.clk(clk), .a(s), .q(x));
  lane second(.clk(clk), .a(x), .q(y));
  assign o = ^y;
endmodule
"""


def test_cells_are_counted_once() -> None:
    kinds = load_target("ecp5-25f-6").cells
    assert count({"LUT4": 10, "CCU2C": 3, "TRELLIS_FF": 4, "PFUMX": 9, "DP16KD": 2}, kinds) == {
        "lut": 16,
        "ff": 4,
        "bram": 2,
        "dsp": 0,
    }
    gatemate = load_target("gatemate-ccgm1a1").cells
    assert count({"CC_BRAM_20K": 3}, gatemate)["bram"] == 1.5


@pytest.mark.parametrize("name", ["gowin-gw1n9", "gatemate-ccgm1a1", "xilinx-7"])
def test_pads_are_around_the_top_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / "top.v").write_text(LANES)
    cells = synthesise(["top.v"], load_target(name), tmp_path, "top", ["lane"], top="top")
    pads = {cell: number for cell, number in cells.items() if "BUF" in cell and "BUFG" not in cell}
    assert sorted(pads.values()) == [1, 2]  # outputs, inputs
    assert sum(number for cell, number in cells.items() if "BUFG" in cell) <= 1
