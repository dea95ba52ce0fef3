"""Proof of a network: its layers against the units' text, its ticks and policies, its crossings;
`build/<id>/proof.json`.

Three methods, each for what it can do: bit-vectors for arithmetic, from every state (bitwuzla);
reachability for what counts and crosses (PDR), with words, resets and, between clocks, edges
whenever they like; and the structural audit of the netlist.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

from sc_hw.build.elaborate import Build
from sc_hw.files import write_json
from sc_hw.progress import Progress
from sc_hw.proof.blocks.network.crossing import LIMIT_S, prove_crossings
from sc_hw.proof.blocks.network.intake import prove_intakes
from sc_hw.proof.blocks.network.parts import write_network_parts
from sc_hw.proof.mutants.network import NetworkControl, controls_for, write_mutated_parts
from sc_hw.proof.verdicts import control_row

DEEP, DEEP_LIMIT_S = 8, 900.0  # a queue of 8 takes some minutes a claim


def prove_network(
    build: Build,
    decide: Callable[[Path, float], list[dict[str, Any]]],
    *,
    controls: bool,
    limit_s: float,
    jobs: int,
    progress: Progress,
) -> dict[str, Any]:
    """What a certificate holds of a network: `claims`, `controls`, `seconds`.

    Parameters
    ----------
    build : the elaborated network.
    decide : gives the claims about the parts in a folder, in a process of its own.
    controls : also seed faults.
    limit_s : for one claim.
    jobs : processes at a time.
    """
    design = build.design
    network = design.network
    if network is None:
        raise ValueError("only a network is proved here")
    began = perf_counter()
    progress("emitting the layers' parts")
    write_network_parts(design, build.folder)
    folder = build.folder / "proof" / "clocks"
    folder.mkdir(parents=True, exist_ok=True)
    named = [(layer.name, network.crossing(index)) for index, layer in enumerate(network.layers)]
    seeded = controls_for(network) if controls else []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        progress("proving the layers")
        layers = pool.submit(decide, build.folder, limit_s)
        faults = [pool.submit(_refute, build, control, decide, limit_s) for control in seeded]
        intakes = pool.submit(
            prove_intakes, named, folder, limit_s=max(limit_s, 120.0), controls=controls
        )
        answers: list[dict[str, Any]] = [
            {"claims": layers.result(), "controls": [fault.result() for fault in faults]}
        ]
        progress("layers proved; ticks and policies")
        answers.append(intakes.result())
    if len(network.roles) > 1:
        progress(f"crossings of depth {network.crossing_depth}")
        limit = LIMIT_S if network.crossing_depth < DEEP else DEEP_LIMIT_S
        depths = [network.crossing_depth]
        answers.append(
            prove_crossings(
                depths,
                limit_s=limit,
                jobs=jobs,
                controls=controls,
                progress=progress,
                folder=folder,
            )
        )
    claims = [claim for answer in answers for claim in answer["claims"]]
    rows = [row for answer in answers for row in answer["controls"]]
    return {"claims": claims, "controls": rows, "seconds": round(perf_counter() - began, 2)}


def _refute(
    build: Build,
    control: NetworkControl,
    decide: Callable[[Path, float], list[dict[str, Any]]],
    limit_s: float,
) -> dict[str, Any]:
    """The verdict on a seeded fault, in the first layer of its kind: all of a kind are made by the
    same text.
    """
    folder = build.folder / "proof" / "controls" / control.name.replace(" ", "_")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_mutated_parts(build.design, folder, control)
    write_json(folder / "manifest.json", build.manifest)
    claims = decide(folder, limit_s)
    return control_row(control.name, control.bug, claims)
