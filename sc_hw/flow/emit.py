"""Components to Verilog text: the same bytes on every run, and short."""

from __future__ import annotations

import os
import re

from amaranth.back import verilog
from amaranth.lib import wiring

from sc_hw.families import Family

# Amaranth spells the power-on contents of a memory word by word, up to 65,536 lines. Ours promise none: a simulator
# shows a word that was read before it was loaded, and synthesis has nothing to initialise.
_MEMORY = re.compile(r"  initial begin\n(?:    \S+ ?\[\d+\] = \d+'h0+;\n)+  end\n")
# Power-on values of wires that merely alias a register.
_WIRE_INIT = re.compile(r"^ *\(\* init = [^*]*\*\)\n(?= *wire )", re.M)


def to_verilog(component: wiring.Component, name: str, platform: Family | None) -> str:
    """Verilog of a component as module `name`; `platform` puts a family's primitives in, None keeps the twins."""
    os.environ["AMARANTH_USE_YOSYS"] = "builtin"  # one pinned version, so that the text does not depend on the machine
    made = {**getattr(component, "stamped", {}), name: component}  # modules used many times are written once
    texts = [verilog.convert(c, name=n, platform=platform, emit_src=False, strip_internal_attrs=True) for n, c in made.items()]
    return "\n".join(_MEMORY.sub("", _WIRE_INIT.sub("", text)) for text in texts)
