"""Yosys synthesis for a target: cells by type, and LUT, FF, BRAM and DSP counted from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from sc_hw.fabric.targets import Cells, Target
from sc_hw.price.frame import FRAME_TOP
from sc_hw.tools import run_yosys


def count(cells: Mapping[str, int], kinds: Cells) -> dict[str, float]:
    """LUT, FF, BRAM and DSP in a table of cells.

    Parameters
    ----------
    cells : number of cells by type, as `stat -json` of Yosys writes it.
    kinds : which cell counts how much of which unit; a pattern ends in ``*``.
    """

    def total(table: Mapping[str, float]) -> float:
        units = sum(
            number * weight
            for cell, number in cells.items()
            for pattern, weight in table.items()
            # A cell that the table names itself is not counted by a pattern once more.
            if fnmatchcase(cell, pattern)
            and not (pattern.endswith("*") and cell in table and cell != pattern)
        )
        return int(units) if units == int(units) else units

    return {
        "lut": total(kinds.lut),
        "ff": total(kinds.ff),
        "bram": total(kinds.bram),
        "dsp": total(kinds.dsp),
    }


def uncounted(cells: Mapping[str, int], target: Target, others: Iterable[Target]) -> list[str]:
    """A note for each cell that a target counts as nothing, and another one of its family does not.

    Parameters
    ----------
    cells : number of cells by type.
    target, others : the target, and those that it may be compared with.
    """
    notes = []
    for cell, number in sorted(cells.items()):
        if any(count({cell: number}, target.cells).values()):
            continue
        for other in others:
            units = count({cell: number}, other.cells)
            unit = next((unit for unit, used in units.items() if used), None)
            if other.family == target.family and unit is not None:
                notes.append(
                    f"{number} {cell} counted as nothing: Cells.{unit} of target '{target.name}'"
                    f" does not name it, that of '{other.name}' does"
                )
                break
    return notes


def synthesise(
    sources: Sequence[str],
    target: Target,
    folder: Path,
    name: str,
    shared_modules: Sequence[str] = (),
    top: str = FRAME_TOP,
) -> dict[str, int]:
    """Cells by type after synthesis; the netlist is left in `<name>.json`.

    Parameters
    ----------
    sources : Verilog files in `folder`.
    target : gives the synthesis command.
    folder, name : where the script, the log, the netlist and the statistics are written.
    shared_modules : modules that are used many times. They are mapped once each and put in their
        places afterwards: a layer of 150 lanes then takes as long as one of two.
    top : the top module; by default the frame.
    """
    script = "".join(f"read_verilog {source}\n" for source in sources)
    script += "".join(f"setattr -mod -set keep_hierarchy 1 {module}\n" for module in shared_modules)
    options = f" {target.without_pads}" if shared_modules and target.without_pads else ""
    script += f"{target.synth}{options} -top {top}\n"
    script += "".join(f"setattr -mod -unset keep_hierarchy {module}\n" for module in shared_modules)
    if shared_modules:
        script += "".join(f"{line}\n" for line in ("flatten", "opt_clean -purge", *target.pads))
    script += f"write_json {name}.json\ntee -q -o {name}.stat.json stat -json\n"
    run_yosys(script, folder=folder, name=name)
    statistics = json.loads((folder / f"{name}.stat.json").read_text())
    return dict(statistics["design"]["num_cells_by_type"])
