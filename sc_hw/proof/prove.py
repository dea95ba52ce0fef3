"""Proof that the emitted Verilog equals the rule's text for every state and input:
`build/<id>/proof.json`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import DEFAULT_ROOT, Build, build_id, elaborate, sha256
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.files import write_json, write_text
from sc_hw.plastic import PlasticLayer
from sc_hw.progress import Progress, silent
from sc_hw.proof.blocks.network.network import prove_network
from sc_hw.proof.blocks.plastic.parts import write_parts
from sc_hw.proof.mutants.plastic import LayerControl, layer_controls, seeded_layer
from sc_hw.proof.mutants.rule import CONTROLS, Control, seeded
from sc_hw.proof.verdicts import PROVED, REFUTED, VERDICT, control_row
from sc_hw.synapse.sequencer import Sequencer
from sc_hw.tools.tools import Found, ToolError, find
from sc_model.rules import load_rule
from sc_model.spec import MAX_SYNAPSES, ConfigError, Design

PROOF_SCHEMA = "sc-hw.proof.v1"


def decide(folder: Path, limit_s: float = 60.0) -> list[dict[str, Any]]:
    """Claims about the Verilog and manifest in a folder, each with its verdict; ToolError if the
    prover dies.
    """
    command = (sys.executable, "-m", "sc_hw.proof.worker", str(folder), str(limit_s))
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    for line in done.stdout.splitlines():
        if line.startswith(VERDICT):
            claims: list[dict[str, Any]] = json.loads(line.removeprefix(VERDICT))
            return claims
    lines = (done.stdout + done.stderr).strip().splitlines()
    raise ToolError(f"prover gave no verdict (exit {done.returncode}): {' | '.join(lines[-3:])}")


def _emit_schedules(build: Build) -> None:
    """A lone sequencer for every address width a bank can have, for the proof over all depths."""
    span = build.manifest["timing"]["span_clocks"]
    for width in range(1, (MAX_SYNAPSES - 1).bit_length() + 1):
        text = to_verilog(Sequencer(width, span), "sequencer", None)
        write_text(build.folder / "proof" / f"schedule_{width:02}.v", text)


def _emit_parts(build: Build, every_size: bool, only: Collection[str]) -> None:
    """A layer's parts, each to be proved for itself."""
    layer = block_of(build.design, load_family(build.design.fabric)).component
    if isinstance(layer, PlasticLayer):
        write_parts(layer, build.folder, every_size=every_size, only=only)


def _run_control(
    build: Build, control: Control | LayerControl, limit_s: float
) -> dict[str, Any] | None:
    """The verdict on a seeded bug, or None where the rule has no place for it."""
    folder = (
        seeded_layer(build, control)
        if isinstance(control, LayerControl)
        else seeded(build, control)
    )
    if folder is None:
        return None
    claims = decide(folder, limit_s)
    return control_row(control.name, control.bug, claims)


def prove(
    design: Design,
    *,
    root: Path = DEFAULT_ROOT,
    controls: bool = True,
    schedules: bool = True,
    limit_s: float = 60.0,
    jobs: int = 2,
    progress: Progress = silent,
    parts: Collection[str] = (),
) -> dict[str, Any]:
    """Prove a design and write its certificate, `build/<id>/proof.json`.

    Parameters
    ----------
    design : what to prove.
    root : folder of builds.
    controls : also put seeded bugs through the same proof; one that passes fails the certificate.
    schedules : for a bank or a layer, also prove the order of accesses for every size it could
        have.
    limit_s : seconds for one claim before its verdict is ``unknown``.
    jobs : processes at a time.
    parts : of a layer, the kinds of parts to prove (see `layer_parts`), all if empty.

    Returns the certificate; `passed` is true only if every claim is proved and every control
    refuted. Raises ToolError where a tool is missing or dies, ConfigError for a design that can't
    be made.
    """
    bitwuzla, yosys = find("bitwuzla"), find("yosys")
    build = elaborate(design, root)
    (build.folder / "proof.json").unlink(
        missing_ok=True
    )  # an interrupted proof leaves no certificate behind
    began = perf_counter()
    if design.network is not None:
        answer = prove_network(
            build, decide, controls=controls, limit_s=limit_s, jobs=jobs, progress=progress
        )
        alone = design.plastic_layer
        if alone is not None:
            inner = prove(
                alone,
                root=build.folder / "proof" / "plastic",
                controls=controls,
                schedules=schedules,
                limit_s=limit_s,
                jobs=jobs,
                progress=progress,
            )
            for kind in ("claims", "controls"):
                answer[kind] += [
                    {**row, "name": f"plastic layer: {row['name']}"} for row in inner[kind]
                ]
        return _certified(build, answer["claims"], answer["controls"], began, bitwuzla, yosys)
    for stale in (build.folder / "proof").glob("schedule_*"):
        stale.unlink()
    if design.block == "bank" and schedules:
        progress("emitting the sequencer for every address width")
        _emit_schedules(build)
    if design.block == "layer":
        progress("emitting the layer's parts")
        _emit_parts(build, schedules, parts)
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        progress("proving the design")
        main = pool.submit(decide, build.folder, limit_s)
        chosen: list[Control | LayerControl] = []
        if controls:
            chosen = [*(c for c in CONTROLS if design.block in c.blocks), *layer_controls(design)]
        rows = [pool.submit(_run_control, build, control, limit_s) for control in chosen]
        claims = main.result()
        results = []
        for control, row in zip(chosen, rows, strict=True):
            progress(f"control: {control.name}")
            result = row.result()
            if result is not None:
                results.append(result)
    return _certified(build, claims, results, began, bitwuzla, yosys)


def _certified(
    build: Build,
    claims: list[dict[str, Any]],
    results: list[dict[str, Any]],
    began: float,
    bitwuzla: Found,
    yosys: Found,
) -> dict[str, Any]:
    """Write the certificate. A network without a plastic layer has no rule: its layers' text is the
    package's.
    """
    rule = build.manifest.get("rule")
    certificate = {
        "schema_version": PROOF_SCHEMA,
        "build_id": build.id,
        "passed": (
            all(c["verdict"] == PROVED for c in claims)
            and all(c["verdict"] == REFUTED for c in results)
        ),
        "verilog_sha256": build.manifest["verilog_sha256"],
        "rule_sha256": rule["source_sha256"] if rule else None,
        "parameters": rule["parameters"] if rule else None,
        "solver": f"bitwuzla {bitwuzla.version}",
        "yosys": f"{yosys.version} ({yosys.source})",
        "seconds": round(perf_counter() - began, 2),
        "claims": claims,
        "controls": results,
    }
    write_json(build.folder / "proof.json", certificate)
    return certificate


def check(design: Design, *, root: Path = DEFAULT_ROOT) -> dict[str, Any]:
    """The certificate of a design, if it belongs to the Verilog that lies in its folder.

    Raises ConfigError where there is none, or where rule or Verilog have changed since.
    """
    folder = root / build_id(design)
    again = f"run `sc-hw prove` on {design.name} again"
    try:
        certificate: dict[str, Any] = json.loads((folder / "proof.json").read_text())
        verilog = (folder / "top.v").read_text()
    except FileNotFoundError as error:
        raise ConfigError(f"{error.filename} does not exist: {again}.") from None
    if certificate["verilog_sha256"] != sha256(verilog):
        raise ConfigError(
            f"{folder / 'proof.json'} belongs to other Verilog than {folder / 'top.v'}: {again}."
        )
    if design.learns is not None and certificate["rule_sha256"] != sha256(
        load_rule(design.learns.family).source
    ):
        raise ConfigError(
            f"{folder / 'proof.json'} belongs to another text of rule '{design.learns.family}':"
            f" {again}."
        )
    return certificate


def prove_many(
    designs: Sequence[Design],
    *,
    root: Path = DEFAULT_ROOT,
    limit_s: float = 60.0,
    jobs: int = 2,
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """Certificates of many designs, without controls and without the schedules of other depths."""

    def one(design: Design) -> dict[str, Any]:
        certificate = prove(
            design, root=root, controls=False, schedules=False, limit_s=limit_s, jobs=1
        )
        progress(f"{design.name}: {'proved' if certificate['passed'] else 'NOT PROVED'}")
        return certificate

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return list(pool.map(one, designs))
