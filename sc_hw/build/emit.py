"""Verilog of a component: the same bytes on every run, and no longer than it has to be."""

from __future__ import annotations

import os
import re

from amaranth.back import verilog
from amaranth.hdl import ClockDomain, Fragment, ValueCastable
from amaranth.hdl._ir import PortDirection
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from sc_hw.fabric.families import Family

# Amaranth spells the power-on contents of a memory word by word, up to 65,536 lines. Our memories
# promise no contents. Without these lines a simulator shows a word that is read before it has been
# loaded (as x), and synthesis has nothing to initialise.
_MEMORY = re.compile(r"  initial begin\n(?:    \S+ ?\[\d+\] = \d+'h0+;\n)+  end\n")
# Power-on values of wires. A wire that is another name of a register repeats the register's.
_WIRE_INIT = re.compile(r"^ *\(\* init = [^*]*\*\)\n(?= *wire )", re.M)


def _converted(component: wiring.Component, name: str, platform: Family | None) -> str:
    """Verilog of one component.

    Amaranth makes ports for the clock domains that nobody declares; where there are several, their
    order is that of a Python set and changes with the hash seed. So a component with more than one
    domain lists them in `domains`, and they are declared here in that order, with the same ports.
    """
    # With None Amaranth takes the ports of the component's signature.
    ports = fragment = None
    domains = [ClockDomain(domain) for domain in getattr(component, "domains", ())]
    if domains:
        ports = {
            "__".join(map(str, path)): (
                value.as_value() if isinstance(value, ValueCastable) else value,
                PortDirection.Input if member.flow == In else PortDirection.Output,
            )
            for path, member, value in component.signature.flatten(component)
        }
        fragment = Fragment.get(component, platform)
        fragment.add_domains(*domains)
        for domain in domains:
            ports |= {
                signal.name: (signal, PortDirection.Input) for signal in (domain.clk, domain.rst)
            }
    text: str = verilog.convert(
        component if fragment is None else fragment,
        name=name,
        platform=platform,
        ports=ports,
        emit_src=False,
        strip_internal_attrs=True,
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
    # The version of Yosys that the package pins: the text must not depend on the machine.
    os.environ["AMARANTH_USE_YOSYS"] = "builtin"
    modules = {**getattr(component, "shared_modules", {}), name: component}
    texts = [_converted(part, module, platform) for module, part in modules.items()]
    return "\n".join(_MEMORY.sub("", _WIRE_INIT.sub("", text)) for text in texts)
