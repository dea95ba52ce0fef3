"""The waivers for Verilator's linter that go with a system."""

from __future__ import annotations

from pathlib import Path

# those for `top.v`, which a system's file contains
_BLOCK = Path(__file__).parents[1] / "simulation" / "waivers.vlt"
_SYSTEM = Path(__file__).with_name("lint.vlt")


def waivers(top: str) -> str:
    """The text of a waiver file for `<top>.v`.

    Parameters
    ----------
    top : module of the system, and name of its file.
    """
    block = _BLOCK.read_text(encoding="utf-8")
    block = block.replace('"*top.v"', f'"*{top}.v"').replace("Filename 'top'", f"Filename '{top}'")
    return f"{block}\n{_SYSTEM.read_text(encoding='utf-8')}"
