# amaranth: UnusedElaboratable=no
"""Manifests of designs behind a door, without their Verilog."""

from __future__ import annotations

from functools import cache
from typing import Any

from register_model import rule_of
from support import ROOT

from sc_hw.build.naming import build_id
from sc_hw.host.system import system_of
from sc_model.spec import Design, load_design

DESIGNS = {
    "lane": "lane.toml",
    "bank": "bank.toml",
    "layer": "verilog_testbench/layer.toml",
    "network": "network.toml",
}
NAMES = tuple(DESIGNS)


@cache
def manifest_of(name: str, door: str = "axi") -> dict[str, Any]:
    """What a build's manifest says of an example and its host."""
    return manifest_behind(load_design(ROOT / "examples" / DESIGNS[name]), door)


def manifest_behind(design: Design, door: str) -> dict[str, Any]:
    """What a build's manifest says of a design and its host."""
    design = design.behind(door)
    system = system_of(design)
    return {
        "id": build_id(design),
        "design": design.model_dump(mode="json"),
        "top": system.block.top,
        **rule_of(design),
        **system.block.description(),
        "host": system.description(),
        "package": "0.1.0",
    }
