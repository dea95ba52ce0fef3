"""Bench of a layer: every spike and every word against the golden layer, with the host in between.

1. Every word is loaded: random states and corners.
2. The throughput is measured over a few steps.
3. Random steps run with random idle clocks, loads and reads of the host at any time, and resets in
   mid-step. In the middle of them a checkpoint is read, run on from, loaded, and run again. Or else
   a recording is replayed undisturbed.
4. All is read back.

Steps overlap: a step's spikes come while the next one is under way. The golden layer takes a step
at its first transfer, and its spikes wait in a queue for those of the design. The design serves the
host between steps only, when that queue is empty.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cocotb

from sc_model.golden import LayerRecording, load_layer_recording
from sc_sim.benches.layer.phases import LayerBench
from sc_sim.design import RuleDut
from sc_sim.harness.bench import CocotbBench
from sc_sim.harness.job import Run, run_bench

DEFAULT_UPDATES, LEAST_STEPS = 100_000, 20
EVENTS = (
    "step",
    "spike",
    "silent_step",
    "overlap",
    "i_idle",
    "i_backpressure",
    "load",
    "read",
    "readback",
    "readback_stalled",
    "load_with_read",
    "request_in_step",
    "request_between_steps",
    "reset_in_step",
    "checkpoint",
    "idle",
    "clear_trial",
    "clear_traces",
)


def default_steps(dut: RuleDut) -> int:
    """Steps of a run that does not say how many."""
    return max(LEAST_STEPS, DEFAULT_UPDATES // dut.synapses)


def read_recording(dut: RuleDut, events: Path) -> LayerRecording:
    """A recording of a layer's spikes; RecordingError says why one does not fit."""
    return load_layer_recording(events, dut.rule, dut.params, *dut.layer)


async def _body(run: Run[LayerRecording]) -> None:
    await LayerBench(run).main()


@cocotb.test()  # type: ignore[untyped-decorator]
async def layer(top: Any) -> None:
    """Bench of the layer that the job names."""
    await run_bench(top, EVENTS, read_recording, _body)


simulate = CocotbBench(__name__, default_steps, read_recording).simulate
