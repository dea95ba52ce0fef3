"""Bench of a bank: every update against the golden bank, with the host in between.

1. The contents at power-on are read back.
2. The throughput is measured over a few sweeps.
3. Every synapse is loaded: random states and corners, or what a recording says.
4. Sweeps run with random idle clocks, loads and reads of the host at any time, and resets in
   mid-sweep; or a recording is replayed undisturbed.
5. All is read back.

A reset drops the updates in flight and keeps the memory: a synapse whose update has been seen on
`updated` is new, every other one is old. The bench reads all of them back after a reset and holds
the design to just that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cocotb

from sc_model.golden import Recording, load_recording
from sc_sim.benches.bank.phases import BankBench
from sc_sim.design import RuleDut
from sc_sim.harness.bench import CocotbBench
from sc_sim.harness.job import Run, run_bench

DEFAULT_UPDATES, LEAST_SWEEPS = 20_000, 20
EVENTS = (
    "update",
    "i_idle",
    "i_backpressure",
    "load",
    "read",
    "readback",
    "readback_stalled",
    "load_with_read",
    "request_in_sweep",
    "request_between_sweeps",
    "reset_in_sweep",
    "idle",
)


def default_steps(dut: RuleDut) -> int:
    """Sweeps of a run that does not say how many."""
    return max(LEAST_SWEEPS, DEFAULT_UPDATES // dut.synapses)


def read_recording(dut: RuleDut, events: Path) -> Recording:
    """A recording of all synapses' inputs; RecordingError says why one does not fit."""
    return load_recording(events, dut.rule, dut.params, dut.synapses, fed=dut.fed)


async def _body(run: Run[Recording]) -> None:
    await BankBench(run).main()


@cocotb.test()  # type: ignore[untyped-decorator]
async def bank(top: Any) -> None:
    """Bench of the bank that the job names."""
    await run_bench(top, EVENTS, read_recording, _body)


simulate = CocotbBench(__name__, default_steps, read_recording).simulate
