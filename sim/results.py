"""The results of a co-simulation, as one JSON file for every block."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sc_model.files import write_json
from sc_sim.design import Dut
from sc_sim.request import Request

COSIM_SCHEMA = "sc-hw.cosim.v1"


@dataclass(frozen=True)
class Outcome:
    """What a bench has found.

    Members
    -------
    steps, synapse_steps : steps of the design, and updates of single synapses.
    cycles : clocks, of all domains.
    cycles_per_s : of the simulator; None where no time has passed.
    differences, first_difference : from the golden model.
    coverage : `bins` with their counts, and the names of the `missed` ones.
    simulator : versions of the tools.
    cycles_per_sweep : clocks from sweep to sweep without stalls, where the bench measures it.
    throughput : what else it has measured.
    final_state, trajectory : files of arrays.
    more : what only this kind of design has.
    """

    steps: int
    synapse_steps: int
    cycles: int
    cycles_per_s: int | None
    differences: int
    first_difference: Mapping[str, Any] | None
    coverage: Mapping[str, Any]
    simulator: Mapping[str, str]
    cycles_per_sweep: int | None = None
    throughput: Mapping[str, Any] | None = None
    final_state: str | None = None
    trajectory: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_results(request: Request, dut: Dut, outcome: Outcome, start: float) -> dict[str, Any]:
    """Write the results of a request to its file and return them.

    `start`: `time.perf_counter()` when the run began.
    """
    events = request.events
    recording = {"name": events.name, "sha256": sha256(events)} if events is not None else None
    results = {
        "schema_version": COSIM_SCHEMA,
        "build_id": dut.manifest["id"],
        "verilog_sha256": sha256(dut.verilog),
        "block": dut.block,
        "synapses": dut.synapses,
        "steps": outcome.steps,
        "synapse_steps": outcome.synapse_steps,
        "cycles": outcome.cycles,
        "differences": outcome.differences,
        "first_difference": outcome.first_difference,
        "passed": outcome.differences == 0,
        "seed": request.seed,
        "stall": request.stall,
        "recording": recording,
        "cycles_per_sweep": outcome.cycles_per_sweep,
        "throughput": outcome.throughput,
        "final_state": outcome.final_state,
        "trajectory": outcome.trajectory,
        "waves": str(request.waves_file.resolve()) if request.waves else None,
        "coverage": outcome.coverage,
        "cycles_per_s": outcome.cycles_per_s,
        "wall_s": round(time.perf_counter() - start, 3),
        "simulator": dict(outcome.simulator),
        **outcome.more,
    }
    write_json(request.results_file, results)
    return results
