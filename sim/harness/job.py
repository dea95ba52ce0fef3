"""The job that the harness gives a bench, and the frame that every bench runs in."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from sc_model.files import write_json
from sc_model.golden import Bank, LayerRecording, Recording
from sc_sim.design import RuleDut, read_build
from sc_sim.harness.coverage import Coverage
from sc_sim.harness.pins import Pins
from sc_sim.harness.scoreboard import Aborted, Scoreboard, Stuck

# Outputs that say whether others are valid; how their names end.
_FLAGS = ("__ready", "__valid", "updated", "idle", "done", "spike")
JOB_VARIABLE = "SC_HW_SIM_JOB"  # names the job's file

AnyRecording = Recording | LayerRecording
RecordingType = TypeVar("RecordingType", Recording, LayerRecording)


@dataclass(frozen=True)
class Job:
    """One run of a bench, as a file for the simulator's process.

    Members
    -------
    folder : build folder.
    steps, seed, stall : as in `sc_sim.request.Request`.
    events : recording, or None.
    answer : file for the findings.
    arrays : file for the final state or the trajectory.
    """

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


class Run(Generic[RecordingType]):
    """A running bench: the design, its pins, and where findings go.

    Members
    -------
    job, dut, pins, scoreboard, coverage : of this run.
    rng : source of all random stimulus but the streams' idle clocks.
    dtype : of arrays that hold every intermediate of the rule: int64, or object beyond 64 bits.
    recording : to replay, or None.
    steps, synapse_steps : done so far.
    answer : what the bench has measured beside the differences.
    """

    def __init__(
        self,
        job: Job,
        top: Any,
        events: Iterable[str],
        load_recording: Callable[[RuleDut, Path], RecordingType],
    ) -> None:
        self.job = job
        self.dut: RuleDut = read_build(Path(job.folder))
        self.pins = Pins(top)
        self.scoreboard = Scoreboard()
        # the golden bank knows whether 64 bits hold every intermediate of the rule
        bank = Bank(self.dut.rule, self.dut.params, 1)
        self.dtype: np.dtype[Any] = next(iter(bank.state.values())).dtype
        self.coverage = Coverage(self.dut, events, self.dtype)
        self.rng = np.random.default_rng(job.seed)
        self.recording: RecordingType | None = (
            load_recording(self.dut, Path(job.events)) if job.events else None
        )
        self.steps = 0
        self.synapse_steps = 0
        self.answer: dict[str, Any] = {}


async def _compare_with_reset(run: Run[Any]) -> None:
    """Reset the design, and compare what its flags show then with what they showed at power-on.

    A run begins without a reset. Wider outputs may hold anything until something has been written.
    """
    reset = run.dut.drive.slots[run.dut.domains[0].reset]
    await run.pins.clock(reset.mask)
    outputs = await run.pins.clock(0)
    for name, slot in run.dut.sense.slots.items():
        first, after = slot.get(run.pins.power_on), slot.get(outputs)
        if name.endswith(_FLAGS) and first != after:
            run.scoreboard.differ(
                field=name,
                expected=after,
                got=first,
                step=0,
                clock=0,
                event="power-on",
            )


async def run_bench(
    top: Any,
    events: Iterable[str],
    load_recording: Callable[[RuleDut, Path], RecordingType],
    body: Callable[[Run[RecordingType]], Awaitable[None]],
) -> None:
    """Run a bench on the job that the environment names and write its answer.

    A design that does not answer within a bounded wait is a difference, not an error.
    """
    job = Job(**json.loads(Path(os.environ[JOB_VARIABLE]).read_text(encoding="utf-8")))
    run = Run(job, top, events, load_recording)
    start = time.perf_counter()
    with suppress(Aborted):
        try:
            await body(run)
            await _compare_with_reset(run)
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
