"""A frame of shift registers round a block, so that one with more ports than pins can be placed and
routed.

Every input comes out of a register and every output ends in one: nextpnr then times all paths of
the block from clock to clock. The frame costs flip-flops and a LUT an output; it is synthesised
alone as well, and its cost subtracted.

A design with several clocks has shift registers of its own in each, so that the frame adds no path
between two of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WRAPPER_TOP = "sc_frame"
WRAPPER_PINS = ("clk", "rst", "shift_in", "capture", "shift_out")


def wrapper(top: str, ports: list[dict[str, Any]]) -> str:
    """Verilog of the frame round module `top`."""
    inputs = [
        port
        for port in ports
        if port["direction"] == "input" and port["name"] not in ("clk", "rst")
    ]
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


def wrapper_of_domains(
    top: str, domains: Sequence[Mapping[str, str]], ports: Sequence[Mapping[str, Any]]
) -> str:
    """The same round a module with several clocks: `domains` name role, clock and reset, `ports`
    their domain.
    """
    heads, bodies, connections = [], [], []
    for domain in domains:
        role, clock, reset = domain["role"], domain["clock"], domain["reset"]
        mine = [port for port in ports if port.get("domain") == role]
        inputs = [port for port in mine if port["direction"] == "input"]
        outputs = [port for port in mine if port["direction"] == "output"]
        # a domain without ports of a kind keeps one bit, so that vectors have a length
        n_in, n_out = (max(1, sum(port["width"] for port in group)) for group in (inputs, outputs))
        heads += [
            f"input {clock}",
            f"input {reset}",
            f"input {role}_in",
            f"input {role}_capture",
            f"output {role}_out",
        ]
        kept = f"{{{role}_observed[{max(n_out - 2, 0)}:0], {role}_stimulus[{n_in - 1}]}}"
        bodies.append(f"""  reg {role}_rst_q, {role}_capture_q;
  reg [{n_in - 1}:0] {role}_stimulus;
  reg [{n_out - 1}:0] {role}_observed;
  wire [{n_out - 1}:0] {role}_response;
  always @(posedge {clock}) begin
    {role}_rst_q <= {reset};
    {role}_capture_q <= {role}_capture;
    {role}_stimulus <= {{{role}_stimulus[{max(n_in - 2, 0)}:0], {role}_in}};
    {role}_observed <= {role}_capture_q ? {role}_response : {kept};
  end
  assign {role}_out = {role}_observed[{n_out - 1}];""")
        connections += [f".{clock}({clock})", f".{reset}({role}_rst_q)"]
        for group, bus in ((inputs, f"{role}_stimulus"), (outputs, f"{role}_response")):
            low = 0
            for port in group:
                connections.append(f".{port['name']}({bus}[{low + port['width'] - 1}:{low}])")
                low += port["width"]
        if not outputs:
            bodies.append(f"  assign {role}_response = 0;")
    wires = ",\n    ".join(connections)
    text = "\n".join(bodies)
    return (
        f"module {WRAPPER_TOP}({', '.join(heads)});\n{text}\n  {top} block (\n   "
        f" {wires});\nendmodule\n"
    )


def black_box(top: str, ports: list[dict[str, Any]]) -> str:
    """An empty module with the block's ports, to synthesise the frame alone."""
    listed = ", ".join(
        f"{port['direction']} [{port['width'] - 1}:0] {port['name']}" for port in ports
    )
    return f"(* blackbox *)\nmodule {top}({listed});\nendmodule\n"
