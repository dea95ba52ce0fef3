"""A frame of shift registers around a block with more ports than the device has pins.

Every input comes out of a register and every output ends in one: nextpnr then times all paths of
the block from clock to clock. The frame costs flip-flops and one LUT for each output bit; it is
also synthesised alone, and its cost is subtracted.

A design with several clocks has shift registers of its own in each domain, so that the frame adds
no path between two of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FRAME_TOP = "sc_frame"
FRAME_PINS = ("clk", "rst", "shift_in", "capture", "shift_out")

Ports = Sequence[Mapping[str, Any]]  # of the manifest: name, direction, width, domain


def _with_direction(ports: Ports, direction: str) -> list[Mapping[str, Any]]:
    return [port for port in ports if port["direction"] == direction]


def _bits(ports: Ports) -> int:
    """Bits of some ports; at least one, so that a vector of them has a length."""
    return max(1, sum(int(port["width"]) for port in ports))


def _connections(ports: Ports, vector: str) -> list[str]:
    """Port connections to consecutive bits of a vector."""
    connections, low = [], 0
    for port in ports:
        high = low + port["width"] - 1
        connections.append(f".{port['name']}({vector}[{high}:{low}])")
        low = high + 1
    return connections


def frame(top: str, ports: Ports) -> str:
    """Verilog of the frame around module `top`, which has one clock `clk` and one reset `rst`.

    Parameters
    ----------
    top : name of the module.
    ports : its ports: name, direction, width.
    """
    inputs = [p for p in _with_direction(ports, "input") if p["name"] not in ("clk", "rst")]
    outputs = _with_direction(ports, "output")
    n_in, n_out = _bits(inputs), _bits(outputs)
    wires = ",\n    ".join(
        (
            ".clk(clk)",
            ".rst(rst_q)",
            *_connections(inputs, "stimulus"),
            *_connections(outputs, "response"),
        )
    )
    # `capture` samples the outputs; without it they are shifted out, followed by the stimulus. The
    # stimulus is thus observable itself, so that synthesis keeps the registers of inputs that the
    # block does not use, as it does in the frame alone.
    return f"""module {FRAME_TOP}({", ".join(f"input {pin}" for pin in FRAME_PINS[:-1])},
    output {FRAME_PINS[-1]});
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


def frame_of_domains(top: str, domains: Sequence[Mapping[str, str]], ports: Ports) -> str:
    """Verilog of the frame around a module with several clocks.

    Parameters
    ----------
    top : name of the module.
    domains : its clock domains: role, clock port, reset port.
    ports : its ports; each says its domain.
    """
    heads, bodies, connections = [], [], []
    for domain in domains:
        role, clock, reset = domain["role"], domain["clock"], domain["reset"]
        # A register of one domain never feeds one of another: the frame adds no crossing.
        own_ports = [port for port in ports if port.get("domain") == role]
        inputs = _with_direction(own_ports, "input")
        outputs = _with_direction(own_ports, "output")
        n_in, n_out = _bits(inputs), _bits(outputs)
        heads += [
            f"input {clock}",
            f"input {reset}",
            f"input {role}_in",
            f"input {role}_capture",
            f"output {role}_out",
        ]
        shifted = f"{{{role}_observed[{max(n_out - 2, 0)}:0], {role}_stimulus[{n_in - 1}]}}"
        bodies.append(
            f"""  reg {role}_rst_q, {role}_capture_q;
  reg [{n_in - 1}:0] {role}_stimulus;
  reg [{n_out - 1}:0] {role}_observed;
  wire [{n_out - 1}:0] {role}_response;
  always @(posedge {clock}) begin
    {role}_rst_q <= {reset};
    {role}_capture_q <= {role}_capture;
    {role}_stimulus <= {{{role}_stimulus[{max(n_in - 2, 0)}:0], {role}_in}};
    {role}_observed <= {role}_capture_q ? {role}_response : {shifted};
  end
  assign {role}_out = {role}_observed[{n_out - 1}];"""
        )
        connections += [f".{clock}({clock})", f".{reset}({role}_rst_q)"]
        connections += _connections(inputs, f"{role}_stimulus")
        connections += _connections(outputs, f"{role}_response")
        if not outputs:  # nothing drives the one bit that stands for them
            bodies.append(f"  assign {role}_response = 0;")
    wires = ",\n    ".join(connections)
    text = "\n".join(bodies)
    return (
        f"module {FRAME_TOP}({', '.join(heads)});\n{text}\n  {top} block (\n    {wires});\n"
        "endmodule\n"
    )


def black_box(top: str, ports: Ports) -> str:
    """An empty module with the block's ports, to synthesise the frame alone."""
    declarations = ", ".join(
        f"{port['direction']} [{port['width'] - 1}:0] {port['name']}" for port in ports
    )
    return f"(* blackbox *)\nmodule {top}({declarations});\nendmodule\n"
