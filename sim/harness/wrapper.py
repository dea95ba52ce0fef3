"""The bench's top module: the design, and its ports side by side in one word each way.

One write and one read a clock instead of one a port is what makes a Python bench fast. `sense` is
sampled by the rising edge, so a bench sees what any synchronous neighbour of the design would see:
outputs just before the edge, with the inputs of that clock applied. A handshake is therefore valid
and ready in the same sample.
"""

from __future__ import annotations

from sc_sim.design import CLOCK, Bus, Dut

TOP = "bench"
# The bench accesses these alone, so that Verilator may optimise everything else
PUBLIC = "/* verilator public_flat_rw */"


def _select(bus: Bus, word: str, name: str) -> str:
    slot = bus.slots[name]
    return f"{word}[{slot.offset + slot.form.width - 1}:{slot.offset}]"


def wrapper(dut: Dut) -> str:
    """Verilog of the bench's top module."""
    lines = [f"    .{CLOCK}({CLOCK})"]
    for port in dut.manifest["ports"]:
        if port["name"] != CLOCK:
            bus, word = (
                (dut.drive, "drive") if port["direction"] == "input" else (dut.sense, "outputs")
            )
            lines.append(f"    .\\{port['name']} ({_select(bus, word, port['name'])})")
    connections = ",\n".join(lines)
    return (
        f"module {TOP} (\n  input {CLOCK} {PUBLIC},\n  input [{dut.drive.width - 1}:0] drive"
        f" {PUBLIC},\n  output reg [{dut.sense.width - 1}:0] sense {PUBLIC}\n);\n  wire"
        f" [{dut.sense.width - 1}:0] outputs;\n  {dut.manifest['top']} dut (\n{connections}\n  );\n"
        f"  always @(posedge {CLOCK}) sense <= outputs;\nendmodule\n"
    )
