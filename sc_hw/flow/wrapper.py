"""A frame of shift registers round a block, so that one with more ports than pins can be placed and routed.

Every input comes out of a register and every output ends in one: nextpnr then times all paths of the block from clock to
clock. The frame costs flip-flops and a LUT an output; it is synthesised alone as well, and its cost subtracted.
"""

from __future__ import annotations

from typing import Any

WRAPPER_TOP = "sc_frame"
WRAPPER_PINS = ("clk", "rst", "shift_in", "capture", "shift_out")


def wrapper(top: str, ports: list[dict[str, Any]]) -> str:
    """Verilog of the frame round module `top`."""
    inputs = [port for port in ports if port["direction"] == "input" and port["name"] not in ("clk", "rst")]
    outputs = [port for port in ports if port["direction"] == "output"]
    n_in, n_out = (sum(port["width"] for port in group) for group in (inputs, outputs))
    connections = [".clk(clk)", ".rst(rst_q)"]
    for group, bus in ((inputs, "stimulus"), (outputs, "response")):
        low = 0
        for port in group:
            connections.append(f".{port['name']}({bus}[{low + port['width'] - 1}:{low}])")
            low += port["width"]
    wires = ",\n    ".join(connections)
    return f"""module {WRAPPER_TOP}(input clk, input rst, input shift_in, input capture, output shift_out);
  reg rst_q, capture_q;
  reg [{n_in - 1}:0] stimulus;
  reg [{n_out - 1}:0] observed;
  wire [{n_out - 1}:0] response;
  always @(posedge clk) begin
    rst_q <= rst;
    capture_q <= capture;
    stimulus <= {{stimulus[{max(n_in - 2, 0)}:0], shift_in}};
    observed <= capture_q ? response : {{observed[{max(n_out - 2, 0)}:0], stimulus[{n_in - 1}]}};
  end
  assign shift_out = observed[{n_out - 1}];
  {top} block (
    {wires});
endmodule
"""


def black_box(top: str, ports: list[dict[str, Any]]) -> str:
    """An empty module with the block's ports, to synthesise the frame alone."""
    listed = ", ".join(f"{port['direction']} [{port['width'] - 1}:0] {port['name']}" for port in ports)
    return f"(* blackbox *)\nmodule {top}({listed});\nendmodule\n"
