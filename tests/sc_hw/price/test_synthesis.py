"""Cells are counted as the target's table says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sc_hw.fabric.targets import load_target
from sc_hw.price.synthesis import count, synthesise, uncounted

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


def test_a_cell_that_a_target_forgets_and_another_of_its_family_counts() -> None:
    others = [load_target(name) for name in ("ice40-up5k", "ecp5-25f-6", "ecp5-85f-6")]
    whole = load_target("ecp5-25f-6")
    mine = replace(whole, name="mine", cells=replace(whole.cells, bram={"DP16KD": 1}))
    cells = {"LUT4": 10, "PFUMX": 9, "PDPW16KD": 2, "DP16KD": 1}
    assert uncounted(cells, mine, [*others, mine]) == [
        "2 PDPW16KD counted as nothing: Cells.bram of target 'mine' does not name it, that of"
        " 'ecp5-25f-6' does"
    ]
    assert uncounted(cells, whole, [*others, mine]) == []


@pytest.mark.parametrize("name", ["gowin-gw1n9", "gatemate-ccgm1a1", "xilinx-7"])
def test_pads_are_around_the_top_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / "top.v").write_text(LANES)
    cells = synthesise(["top.v"], load_target(name), tmp_path, "top", ["lane"], top="top")
    pads = {cell: number for cell, number in cells.items() if "BUF" in cell and "BUFG" not in cell}
    assert sorted(pads.values()) == [1, 2]  # outputs, inputs
    assert sum(number for cell, number in cells.items() if "BUFG" in cell) <= 1
