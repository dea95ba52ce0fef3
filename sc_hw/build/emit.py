"""Components to Verilog text: the same bytes on every run, and short."""

from __future__ import annotations

import os
import re

from amaranth.back import verilog
from amaranth.hdl import ClockDomain, Fragment, ValueCastable
from amaranth.hdl._ir import PortDirection
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from sc_hw.fabric.families import Family

# Amaranth spells the power-on contents of a memory word by word, up to 65,536 lines. Ours promise
# none: a simulator shows a word that was read before it was loaded, and synthesis has nothing to
# initialise.
_MEMORY = re.compile(r"  initial begin\n(?:    \S+ ?\[\d+\] = \d+'h0+;\n)+  end\n")
# Power-on values of wires that merely alias a register.
_WIRE_INIT = re.compile(r"^ *\(\* init = [^*]*\*\)\n(?= *wire )", re.M)


def _converted(component: wiring.Component, name: str, platform: Family | None) -> str:
    """Verilog of one component.

    Amaranth makes ports for domains that nobody declares, several of them in the order of a set,
    which changes with Python's hash seed. A component that lists its `domains` has them declared
    here, in that order, as the ports that they would become.
    """
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
    """Verilog of a component as module `name`; `platform` puts a family's primitives in, None keeps
    the twins.
    """
    os.environ["AMARANTH_USE_YOSYS"] = (
        "builtin"  # one pinned version, so that the text does not depend on the machine
    )
    made = {
        **getattr(component, "shared_modules", {}),
        name: component,
    }  # modules used many times are written once
    texts = [_converted(part, module, platform) for module, part in made.items()]
    return "\n".join(_MEMORY.sub("", _WIRE_INIT.sub("", text)) for text in texts)
