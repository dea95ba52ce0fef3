"""The word-level netlist of a block: what Yosys knows of it in front of technology mapping.

Only the first half of a target's synthesis runs: memories and multipliers become the fabric's
blocks by Yosys' own rules, so that their numbers are those of a whole synthesis. No gate, no LUT
and no carry chain is made, which is what takes a synthesis its time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sc_hw.fabric.targets import Target
from sc_hw.files import write_text
from sc_hw.tools import run_yosys

LAST = "map_gates"  # label of the synthesis scripts of Yosys in front of which the run ends


def word_level(
    verilog: str, top: str, target: Target, shared_modules: Sequence[str] = ()
) -> dict[str, Mapping[str, Any]]:
    """Modules of the netlist by name, as Yosys writes them in JSON; only those below `top`.

    Parameters
    ----------
    verilog : text of all modules.
    top : the module that is priced.
    target : gives the synthesis command.
    shared_modules : modules that are mapped once each, as `synthesise` does.

    Raises ToolError where Yosys is missing or fails.
    """
    script = "read_verilog block.v\n"
    script += "".join(f"setattr -mod -set keep_hierarchy 1 {module}\n" for module in shared_modules)
    script += f"{target.synth} -run begin:{LAST} -top {top}\n"
    # products without a multiplier become rows of adders, as technology mapping makes them
    script += "maccmap\nopt_clean\nblackbox =A:whitebox\nwrite_json words.json\n"
    with TemporaryDirectory(prefix="sc-hw-") as temporary:
        folder = Path(temporary)
        write_text(folder / "block.v", verilog)
        run_yosys(script, folder=folder, name="words")
        modules = json.loads((folder / "words.json").read_text(encoding="utf-8"))["modules"]
    return _below(modules, top)


def _below(modules: Mapping[str, Any], top: str) -> dict[str, Mapping[str, Any]]:
    """The modules that are built for `top`, each behind those that it has instances of."""
    order: dict[str, Mapping[str, Any]] = {}

    def visit(name: str) -> None:
        module = modules[name]
        for cell in module["cells"].values():
            inner = modules.get(cell["type"])
            if inner is not None and cell["type"] not in order and not _is_library(inner):
                visit(cell["type"])
        order[name] = module

    visit(top)
    return order


def _is_library(module: Mapping[str, Any]) -> bool:
    """Whether a module is a cell of the fabric."""
    marks = module.get("attributes", {})
    return any(mark in marks for mark in ("blackbox", "whitebox", "lib_whitebox"))
