"""The file of results: what decides whether a run has passed, and which files it names."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sc_sim.request import Request
from sc_sim.results import Outcome, write_results


def outcome(differences: int, **more: Any) -> Outcome:
    return Outcome(
        steps=10,
        synapse_steps=270,
        cycles=1234,
        cycles_per_s=None,
        differences=differences,
        first_difference={"step": 4} if differences else None,
        coverage={"bins": {}, "missed": []},
        simulator={"verilator": "5"},
        **more,
    )


def results(folder: Path, request: Request, found: Outcome) -> dict[str, Any]:
    verilog = folder / "top.v"
    verilog.write_text("module top; endmodule\n")
    dut: Any = SimpleNamespace(manifest={"id": "abc"}, verilog=verilog, block="layer", synapses=27)
    written = write_results(request, dut, found, time.perf_counter())
    assert json.loads(request.results_file.read_text()) == written
    return written


def test_run_without_differences(tmp_path: Path) -> None:
    found = results(tmp_path, Request(tmp_path, seed=5), outcome(0, more={"spikes": 3}))
    assert (found["passed"], found["differences"], found["first_difference"]) == (True, 0, None)
    assert (found["recording"], found["waves"], found["cycles_per_s"]) == (None, None, None)
    assert (found["spikes"], found["seed"], found["build_id"]) == (3, 5, "abc")
    assert found["verilog_sha256"] == hashlib.sha256(b"module top; endmodule\n").hexdigest()


def test_run_that_differs_from_a_recording(tmp_path: Path) -> None:
    events = tmp_path / "events.npz"
    events.write_bytes(b"spikes")
    request = Request(tmp_path, events=events, waves=True, out=tmp_path / "new" / "r.json")
    found = results(tmp_path, request, outcome(1))
    assert (found["passed"], found["first_difference"]) == (False, {"step": 4})
    assert found["recording"] == {
        "name": "events.npz",
        "sha256": hashlib.sha256(b"spikes").hexdigest(),
    }
    assert found["waves"] == str((tmp_path / "new" / "waves.vcd").resolve())
