"""What the campaigns about networks on FPGAs share: prices, samples in Verilog, proofs, rows."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import load_target
from sc_hw.files import write_text
from sc_hw.host.system import system_of
from sc_hw.price.estimate import estimate
from sc_hw.price.placement import place_and_route
from sc_hw.price.synthesis import count, synthesise
from sc_hw.progress import silent
from sc_hw.proof.prove import prove
from sc_hw.simulation.library import rtl_library
from sc_model.golden.readout import Answers
from sc_model.spec import Design, HostSpec, NetworkSpec
from sc_sim.blocks.network.device import RtlNetwork
from sc_sim.blocks.network.rtl import NetworkRtl

SPRAM = "SB_SPRAM256KA"
SYSTEM = "sc_system"
NO_HOST = "none"


def host_of(door: str, clock_mhz: float) -> HostSpec | None:
    """A host's door by its name; `clock_mhz` is what a UART's divider is made for."""
    return None if door == NO_HOST else HostSpec(door=door, clock_mhz=clock_mhz)


def network_of(design: Design) -> NetworkSpec:
    """The network of a design."""
    if design.network is None:
        raise ValueError(f"design '{design.name}' must be a network")
    return design.network


def with_layers(
    design: Design, fields: Mapping[str, Sequence[Any]], target: str, host: HostSpec | None = None
) -> Design:
    """A network with other fields in its layers, for a device.

    Parameters
    ----------
    fields : of each field its value in each layer.
    """
    network = network_of(design).model_dump()
    for name, values in fields.items():
        for layer, value in zip(network["layers"], values, strict=True):
            layer[name] = value
    family = load_target(target).family
    update = {"network": NetworkSpec.model_validate(network), "fabric": family, "host": host}
    return design.model_copy(update=update)


def routed(design: Design, target_name: str, root: Path, seeds: int) -> dict[str, Any]:
    """Cells after synthesis, and the median clock of the seeds' routed designs.

    Without a host the block stands in a frame whose registers are at all of its pins; behind one
    the system has pins of its own.
    """
    if design.host is None:
        metrics = estimate(design, [target_name], root=root, seeds=seeds, jobs=1)[0]
        cells, units = metrics["cells"], metrics
    else:
        target = load_target(target_name)
        family = load_family(target.family)
        folder = root / "routed" / f"{design.name}_{target.name}_{design.host.door}"
        folder.mkdir(parents=True, exist_ok=True)
        system = system_of(design, family, clock_hz=round(design.host.clock_mhz * 1e6))
        write_text(folder / "block.v", to_verilog(system, SYSTEM, family))
        # As for a board's bitstream: the block is there once, so synthesis does not stop at it.
        shared = tuple(getattr(system.block.component, "shared_modules", {}))
        cells = synthesise(["block.v"], target, folder, "block", shared, top=SYSTEM)
        units = count(cells, target.cells)
        metrics = place_and_route(target, folder, seeds, 1, silent)
    clock = metrics["fmax"]
    return {
        "lut4": units["lut"],
        "ff": units["ff"],
        "block_ram": units["bram"],
        "dsp": units["dsp"],
        "spram": cells.get(SPRAM, 0),
        "logic_cells": (metrics["placed"] or {}).get("ICESTORM_LC"),
        "seeds": seeds,
        "mhz": clock["median_mhz"],
        "mhz_least": clock["min_mhz"],
        "mhz_most": clock["max_mhz"],
        "not_placed": metrics["placed_reason"],
    }


@dataclass(frozen=True)
class Played:
    """Samples in the compiled Verilog.

    Members
    -------
    clocks : from the reset in front of a sample to each of its words, (samples, steps).
    differences : samples whose words, or answers, are not the golden ones.
    load_s, seconds : of loading the parameters, and of the simulation.
    """

    clocks: NDArray[np.int64]
    differences: int
    load_s: float
    seconds: float

    @property
    def clocks_a_sample(self) -> float:
        """Mean clocks to the last word."""
        return round(float(self.clocks[:, -1].mean()), 1)


def played(
    folder: Path,
    parameters: Mapping[str, Any],
    spikes: NDArray[np.uint8],
    golden: NDArray[Any],
    answers: Answers | None = None,
) -> Played:
    """All samples in the compiled Verilog of a build, beside the golden words and answers.

    Parameters
    ----------
    folder : the build's.
    golden : words, (samples, steps, neurons).
    answers : where the network has a readout.
    """
    rtl = NetworkRtl(folder, rtl_library(folder))
    clocks, differences = [], 0
    start = time.perf_counter()
    try:
        RtlNetwork(rtl).load(parameters)
        load_end = time.perf_counter()
        for number, (sample, words) in enumerate(zip(spikes, golden, strict=True)):
            output = rtl.sample(sample, len(sample))
            if output is None:
                raise RuntimeError(f"the network in {folder} does not answer a sample")
            same = np.array_equal(output[0].bits[:, : words.shape[1]], words)
            if answers is not None:
                winner, scores = rtl.answer(output[0])
                same = same and winner == answers.winners[number]
                same = same and np.array_equal(scores, answers.scores[number])
            differences += not same
            clocks.append(output[1])
    finally:
        rtl.close()
    ended = time.perf_counter()
    return Played(
        np.stack(clocks), differences, round(load_end - start, 1), round(ended - load_end, 1)
    )


def proved(design: Design, root: Path) -> dict[str, Any]:
    """What the proof of a design says, without mutants."""
    start = time.perf_counter()
    claims = prove(design, root=root, mutants=False, jobs=1)["claims"]
    return {
        "claims": len(claims),
        "not_proved": [claim["name"] for claim in claims if claim["verdict"] != "proved"],
        "seconds": round(time.perf_counter() - start, 1),
        "slowest": max(
            ({key: claim[key] for key in ("name", "seconds")} for claim in claims),
            key=lambda each: each["seconds"],
        ),
    }


def kept_rows(
    file: Path, fresh: Sequence[Mapping[str, Any]], cases: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows of a report that are not measured anew, with those that are, in the cases' order.

    A case is the fields that tell its row from the others.
    """
    old = json.loads(file.read_text(encoding="utf-8"))["rows"] if file.is_file() else []
    matches = (
        [row for row in (*fresh, *old) if all(row.get(key) == case[key] for key in case)]
        for case in cases
    )
    return [dict(rows[0]) for rows in matches if rows]


def told_by_host(cases: Sequence[Any]) -> list[dict[str, str]]:
    """Cases that are told by their target and host."""
    return [{"target": case.target, "host": case.host} for case in cases]
