"""Proof that the emitted Verilog equals the rule's text for every state and every input.

The result is a certificate, `build/<id>/proof.json`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from time import perf_counter
from typing import Any

from sc_hw.build.elaborate import SYSTEM_FILE, Build, build_id, elaborate, make, sha256
from sc_hw.build.naming import check_design
from sc_hw.files import DEFAULT_ROOT, PathLike, folder_of_builds, write_json, write_text
from sc_hw.progress import Progress, silent
from sc_hw.proof.block_proofs import proof_of
from sc_hw.proof.identity import EMITTED
from sc_hw.proof.mutants import mutants_of
from sc_hw.proof.mutants.mutant import finish_mutants, start_mutants
from sc_hw.proof.verdicts import PROVED
from sc_hw.tools import Found, find
from sc_model.processes import TaskPool
from sc_model.rules import load_rule
from sc_model.spec import ConfigError, Design

PROOF_SCHEMA = "sc-hw.proof.v2"

Claims = list[dict[str, Any]]


def _emit_parts_and_sizes(
    build: Build, schedules: bool, parts: Collection[str], progress: Progress
) -> None:
    """Write the Verilog that is proved beside the design's own: parts, and other sizes."""
    # The process that decides the claims proves every schedule that it finds, also those of an
    # earlier run.
    for stale in (build.folder / "proof").glob("schedule_*"):
        stale.unlink()
    write_text(build.folder / "proof" / EMITTED, build.verilog.read_text(encoding="utf-8"))
    proof_of(build.design.block).emit(build, every_size=schedules, parts=parts, progress=progress)


def prove(
    design: Design,
    *,
    root: PathLike = DEFAULT_ROOT,
    mutants: bool = True,
    schedules: bool = True,
    limit_s: float = 60.0,
    jobs: int = 2,
    progress: Progress = silent,
    parts: Collection[str] = (),
) -> dict[str, Any]:
    """Prove a design and write its certificate, `build/<id>/proof.json`.

    An interrupted run leaves the earlier certificate, which names its Verilog by the hash.

    Parameters
    ----------
    design : what to prove.
    root : folder of builds.
    mutants : also put faults into the design, one at a time. The proof must refute each; the solver
        first sorts out those that do not change what the design computes.
    schedules : for a bank or a layer, also prove the order of accesses for every size it could
        have.
    limit_s : seconds for one claim before its verdict is ``unknown``.
    jobs : processes at a time.
    progress : gets a line for each stage.
    parts : of a layer, the kinds of parts to prove (see `write_parts`), all if empty. Mutants need
        all of them.

    Returns
    -------
    The certificate. `passed` is true only if every claim is proved and every mutant is refuted,
    equivalent, or of hardware that the design does not have.

    Raises
    ------
    ValueError : `parts` is not empty and mutants are asked for, or `limit_s` or `jobs` is out of
        range.
    ToolError : a tool is missing or ends without an answer.
    ConfigError : the design can't be made.
    """
    if parts and mutants:
        raise ValueError(
            f"parts must be empty, not {sorted(parts)}, where mutants are tried: a mutant may be in"
            " any part; pass mutants=False"
        )
    if not (isinstance(limit_s, int | float) and 0 < limit_s < math.inf):
        raise ValueError(f"limit_s must be > 0 and finite, not {limit_s!r}")
    if not (isinstance(jobs, int) and jobs >= 1):
        raise ValueError(f"jobs must be an integer >= 1, not {jobs!r}")
    bitwuzla, yosys = find("bitwuzla"), find("yosys")
    build = elaborate(design, root)
    start = perf_counter()
    _emit_parts_and_sizes(build, schedules, parts, progress)
    # Threads are enough: each waits for a process that does the work.
    with TaskPool(max_workers=jobs) as pool:
        progress("proving the design")
        tasks = proof_of(design.block).tasks(build, limit_s, progress)
        futures = [pool.submit(task) for task in tasks]
        mutants_of_block = mutants_of(design.block) if mutants else ()
        trials = start_mutants(mutants_of_block, build, build.folder, limit_s, pool)
        claims = [claim for future in futures for claim in future.result()]
        proved_count = sum(claim["verdict"] == PROVED for claim in claims)
        progress(f"{proved_count} of {len(claims)} claims proved")
        rows = finish_mutants(trials, progress)
    if design.network is not None and design.plastic_layer is not None:
        # The plastic layer of a network is proved as a design of its own.
        inner = prove(
            design.plastic_layer,
            root=build.folder / "proof" / "plastic",
            mutants=mutants,
            schedules=schedules,
            limit_s=limit_s,
            jobs=jobs,
            progress=progress,
        )
        claims += _with_label("plastic layer", inner["claims"])
        rows += _with_label("plastic layer", inner["mutants"])
    return _write_certificate(build, claims, rows, start, bitwuzla, yosys)


def _with_label(label: str, rows: Claims) -> Claims:
    return [{**row, "name": f"{label}: {row['name']}"} for row in rows]


def _write_certificate(
    build: Build,
    claims: Claims,
    rows: Claims,
    began: float,
    bitwuzla: Found,
    yosys: Found,
) -> dict[str, Any]:
    """Write the certificate, with the claims and the rows about mutants.

    A network without a plastic layer has no rule: what its layers compute is text of this package.
    """
    rule = build.manifest.get("rule")
    certificate = {
        "schema_version": PROOF_SCHEMA,
        "build_id": build.id,
        # `unknown` and `vacuous` fail too: only what has been shown counts.
        "passed": (
            all(claim["verdict"] == PROVED for claim in claims)
            and all(row["verdict"] == row["expected"] for row in rows)
        ),
        "verilog_sha256": build.manifest["verilog_sha256"],
        "rule_sha256": rule["source_sha256"] if rule else None,
        "parameters": rule["parameters"] if rule else None,
        "solver": f"bitwuzla {bitwuzla.version}",
        "yosys": f"{yosys.version} ({yosys.source})",
        "seconds": round(perf_counter() - began, 2),
        "claims": claims,
        "mutants": rows,
    }
    write_json(build.folder / "proof.json", certificate)
    return certificate


def check(design: Design, *, root: PathLike = DEFAULT_ROOT) -> dict[str, Any]:
    """The certificate of a design, if it belongs to the Verilog that the design becomes now.

    Raises ConfigError where there is no certificate, or where the rule, the generator or the
    Verilog in the folder have changed since it was written.
    """
    check_design(design)
    folder = folder_of_builds(root) / build_id(design)
    again = f"run `sc-hw prove` on {design.name} again"
    try:
        certificate: dict[str, Any] = json.loads((folder / "proof.json").read_text())
        verilog = (folder / "top.v").read_text()
    except FileNotFoundError as error:
        raise ConfigError(f"{error.filename} does not exist: {again}.") from None
    if certificate["build_id"] != folder.name:
        raise ConfigError(
            f"{folder / 'proof.json'} belongs to build {certificate['build_id']}: {again}."
        )
    # A certificate is only as good as the files that it is about: both have to be unchanged.
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
    # The folder's name covers the generator's texts. What it emits is compared all the same: its
    # libraries can change the text as well.
    elaboration = make(design)
    if certificate["verilog_sha256"] != elaboration.manifest["verilog_sha256"]:
        raise ConfigError(
            f"{folder / 'proof.json'} belongs to other Verilog than {design.name} becomes now:"
            f" {again}."
        )
    system = folder / SYSTEM_FILE
    if elaboration.system is not None and (
        not system.exists() or system.read_text(encoding="utf-8") != elaboration.system
    ):
        raise ConfigError(f"{system} is not what {design.name} becomes now: {again}.")
    return certificate


def prove_many(
    designs: Sequence[Design],
    *,
    root: PathLike = DEFAULT_ROOT,
    limit_s: float = 60.0,
    jobs: int = 2,
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """Certificates of many designs, without mutants and without the schedules of other depths.

    Parameters and errors are those of :func:`prove`; `progress` gets a line for each design.
    """

    def one(design: Design) -> dict[str, Any]:
        certificate = prove(
            design, root=root, mutants=False, schedules=False, limit_s=limit_s, jobs=1
        )
        progress(f"{design.name}: {'proved' if certificate['passed'] else 'NOT PROVED'}")
        return certificate

    with TaskPool(max_workers=jobs) as pool:
        return list(pool.map(one, designs))
