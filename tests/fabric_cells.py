"""Cells of a fabric as Yosys models them, to check what a target counts and limits."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from importlib.resources import files

from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import Target


def cell_types(fabric: str) -> set[str]:
    """Names of the modules in Yosys' simulation library of a fabric."""
    folder = files("pyosys") / "share" / fabric
    texts = [file.read_text() for file in folder.iterdir() if file.name.endswith((".v", ".vh"))]
    return {name for text in texts for name in re.findall(r"^\s*module\s+\\?(\w+)", text, re.M)}


def unknown_cells(target: Target, *fabrics: str) -> list[str]:
    """Cell types and patterns of a target that match no cell of its fabric."""
    known = set().union(*map(cell_types, fabrics))
    tables = (target.cells.lut, target.cells.ff, target.cells.bram, target.cells.dsp)
    patterns = {pattern for table in tables for pattern in table}
    patterns |= {pattern for limit in target.limits for pattern in limit.cells}
    return sorted(
        pattern for pattern in patterns if not any(fnmatchcase(cell, pattern) for cell in known)
    )


def limit_of(target: Target, cell: str, **parameters: str) -> list[float | None]:
    """Clock limits in MHz that a design with one cell of a type has, lowest first, None last."""
    from sc_hw.price.limits import device_limit

    top = {"cells": {"u": {"type": cell, "parameters": parameters}}}
    rows = device_limit(target.limits, {"modules": {"top": top}})["limits"]
    figures = [row["mhz"] for row in rows]
    return sorted(figures, key=lambda mhz: (mhz is None, mhz))


def check(target: Target, family: str, *fabrics: str) -> None:
    """What holds for every target: its family is there, and its cells are cells of the fabric."""
    assert target.family == load_family(family).name == family
    assert unknown_cells(target, *fabrics) == []
    assert target.title
    assert target.pnr is None or target.pins >= 5  # the frame's
