"""Run a bench that is written in Python inside the simulator, and collect its results."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sc_sim.design import RuleDut, read_build
from sc_sim.harness.job import JOB_VARIABLE, AnyRecording, Job
from sc_sim.harness.simulator import (
    FAILURES,
    build_simulator,
    call_silently,
    error_lines,
    plain_cocotb,
    runner,
)
from sc_sim.harness.wrapper import TOP
from sc_sim.request import Request
from sc_sim.results import Outcome, write_results
from sc_sim.toolchain import SimulationError, tool_versions


@dataclass(frozen=True)
class CocotbBench:
    """A bench that runs in the simulator.

    Parameters
    ----------
    module : name of the module that has the cocotb test.
    default_steps : steps of a run of a design that does not say how many.
    load_recording : reads a recording for a design; raises RecordingError where it does not fit.
    arrays : name of the file of arrays, beside the results.
    """

    module: str
    default_steps: Callable[[RuleDut], int]
    load_recording: Callable[[RuleDut, Path], AnyRecording]
    arrays: str = "final_state.npz"

    def simulate(self, request: Request) -> dict[str, Any]:
        """Run a request; the results are also written to its file.

        Raises
        ------
        BuildFolderError, RecordingError, ConfigError
            The input is wrong.
        SimulationError
            A tool fails. A design that differs from the golden model is no error: the results say
            so.
        """
        start = time.perf_counter()
        dut = read_build(request.folder)
        steps = request.steps
        if request.events is not None:  # read here too: what is wrong with it is found at once
            recording = self.load_recording(dut, request.events)
            steps = steps if steps is not None else recording.steps
        elif steps is None:
            steps = self.default_steps(dut)
        versions = tool_versions()
        simulator = build_simulator(dut, versions, request.waves)
        request.results_file.parent.mkdir(parents=True, exist_ok=True)
        findings = self._run(request, dut, simulator, steps)
        outcome = Outcome(**findings, simulator=versions)
        return write_results(request, dut, outcome, start)

    def _run(self, request: Request, dut: RuleDut, simulator: Path, steps: int) -> dict[str, Any]:
        """Run the simulator's process in a folder of its own; what the bench has found."""
        root = dut.folder.resolve() / "sim"
        log = root / "run.log"
        with tempfile.TemporaryDirectory(prefix="run-", dir=root) as name:
            place = Path(name)
            answer, own_log = place / "answer.json", place / "run.log"
            job = Job(
                folder=str(dut.folder.resolve()),
                steps=steps,
                seed=request.seed,
                stall=request.stall,
                events=str(request.events.resolve()) if request.events is not None else None,
                answer=str(answer),
                arrays=str(request.results_file.with_name(self.arrays).resolve()),
            ).write(place / "job.json")
            environment = {
                JOB_VARIABLE: str(job),
                "NO_COLOR": "1",
                "COCOTB_LOG_LEVEL": "WARNING",
                "GPI_LOG_LEVEL": "WARNING",
                # By default cocotb loads pytest with all its plug-ins to rewrite the assertions of
                # a bench: 1.2 s a run, half of a short one. Our benches return their findings.
                "COCOTB_REWRITE_ASSERTION_FILES": "",
            }
            try:
                with plain_cocotb():
                    call_silently(
                        runner().test,
                        test_module=self.module,
                        hdl_toplevel=TOP,
                        hdl_toplevel_lang="verilog",
                        build_dir=simulator,
                        test_dir=place,
                        results_xml=str(place / "results.xml"),
                        extra_env=environment,
                        waves=request.waves,
                        seed=request.seed,
                        log_file=own_log,
                    )
            except FAILURES as error:
                failure = str(error)
            else:
                failure = "the bench gave no answer"
            if own_log.is_file():
                own_log.replace(log)
            if not answer.is_file():
                raise SimulationError(
                    f"simulation failed: {error_lines(log) or failure}; all of it: {log}"
                )
            if request.waves and (place / "dump.vcd").is_file():
                shutil.move(place / "dump.vcd", request.waves_file)
            findings: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return findings
