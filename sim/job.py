"""What the harness asks of a bench, and the frame that every bench runs in."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sc_model.golden import Bank, LayerRecording, Recording, load_layer_recording, load_recording
from sim.coverage import Coverage
from sim.design import Dut, read_build
from sim.files import write_json
from sim.pins import Pins
from sim.scoreboard import GivenUp, Scoreboard, Stuck

JOB_VARIABLE = "SC_HW_SIM_JOB"
MAX_STALL = 0.95  # bounds of waits count on something happening within a thousand clocks


@dataclass(frozen=True)
class Job:
    """One run: what to simulate, and where its answer goes."""

    folder: str
    steps: int
    seed: int
    stall: float
    events: str | None
    answer: str
    arrays: str

    def write(self, path: Path) -> Path:
        """Store the job for the simulator's process."""
        return write_json(path, asdict(self))


def recording_for(dut: Dut, events: Path) -> Recording | LayerRecording:
    """A recording that fits the design; RecordingError says why one does not."""
    if dut.block == "layer":
        return load_layer_recording(events, dut.rule, dut.params, *dut.layer)
    return load_recording(events, dut.rule, dut.params, dut.synapses)


class Run:
    """A running bench: the design, its pins, and where findings go."""

    def __init__(self, job: Job, top: Any, events: Iterable[str]) -> None:
        self.job = job
        self.dut: Dut = read_build(Path(job.folder))
        self.pins = Pins(top)
        self.scoreboard = Scoreboard()
        # the golden bank knows whether 64 bits hold every intermediate of the rule
        zero = Bank(self.dut.rule, self.dut.params, 1)
        self.dtype: np.dtype[Any] = next(iter(zero.state.values())).dtype
        self.coverage = Coverage(self.dut, events, self.dtype)
        self.rng = np.random.default_rng(job.seed)
        found = recording_for(self.dut, Path(job.events)) if job.events else None
        self.recording = found if isinstance(found, Recording) else None
        self.layer_recording = found if isinstance(found, LayerRecording) else None
        self.steps = 0
        self.synapse_steps = 0
        self.answer: dict[str, Any] = {}


async def run_bench(
    top: Any, events: Iterable[str], body: Callable[[Run], Awaitable[None]]
) -> None:
    """Run a bench on the job the environment names and write its answer, also when the design got
    stuck.
    """
    job = Job(**json.loads(Path(os.environ[JOB_VARIABLE]).read_text(encoding="utf-8")))
    run = Run(job, top, events)
    start = time.perf_counter()
    with suppress(GivenUp):
        try:
            await body(run)
        except Stuck as stuck:
            run.scoreboard.differ(
                field="wait",
                expected=str(stuck),
                got="nothing",
                step=run.steps,
                clock=run.pins.cycles,
                event="timeout",
            )
    seconds = time.perf_counter() - start
    write_json(
        Path(job.answer),
        {
            "steps": run.steps,
            "synapse_steps": run.synapse_steps,
            "cycles": run.pins.cycles,
            "cycles_per_s": round(run.pins.cycles / seconds) if seconds else None,
            "differences": run.scoreboard.differences,
            "first_difference": run.scoreboard.first,
            "coverage": run.coverage.result(),
            **run.answer,
        },
    )
