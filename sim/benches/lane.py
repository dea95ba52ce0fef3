"""Bench of a lane: every state port against the golden synapse, every clock.

The bench works in blocks of clocks: it draws a block's stimulus and runs the golden model over it
first, so that a clock costs one write and one comparison. Each block ends with an idle clock, which
shows the result of its last operation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from numpy.typing import NDArray

from sc_model.golden import Recording, Synapse, load_recording
from sc_sim.design import RuleDut
from sc_sim.files import write_arrays
from sc_sim.harness.bench import CocotbBench
from sc_sim.harness.job import Run, run_bench
from sc_sim.stimulus import Regimes, corners, uniform

DEFAULT_STEPS = 20_000
BLOCK_CLOCKS = 4096
LOAD_RATE = 1 / 250  # a clock
RESET_RATE = 1 / 900
REGISTER = "random__state"  # output: the register behind random inputs
EVENTS = ("step", "hold", "load", "reset", "load_with_step", "reset_with_step", "reset_with_load")

Arrays = dict[str, NDArray[Any]]


class LaneBench:
    """Driver, model and monitor of a lane, a block of clocks at a time."""

    def __init__(self, run: Run[Recording]) -> None:
        self.run, self.dut = run, run.dut
        self.golden = Synapse(run.dut.rule, run.dut.params, fed=run.dut.fed)
        self.loadable = [field.name for field in run.dut.rule.state if field.loadable]
        self.ports = [*run.dut.inputs, *run.dut.settings]
        self.regimes = Regimes(run.rng, run.dut.inputs, 1)
        self.observed: list[Arrays] = []

    def stimulus(self, clocks: int, most_steps: int) -> Arrays:
        """Pins of some clocks that hold at most `most_steps` steps."""
        run, rng = self.run, self.run.rng
        step = rng.random(clocks) >= run.job.stall
        undisturbed = run.recording is not None
        load = np.zeros(clocks, bool) if undisturbed else rng.random(clocks) < LOAD_RATE
        rst = np.zeros(clocks, bool) if undisturbed else rng.random(clocks) < RESET_RATE
        if not undisturbed and clocks > 2:  # both at once is rare: once a block in any case
            rst[clocks // 2] = load[clocks // 2] = True
        effective = step & ~load & ~rst
        if effective.sum() > most_steps:
            clocks = int(np.flatnonzero(effective)[most_steps - 1]) + 1
            step, load, rst, effective = (p[:clocks] for p in (step, load, rst, effective))
        count = int(effective.sum())
        inputs = (
            self.regimes.series(count)
            if run.recording is None
            else {
                name: array[run.steps : run.steps + count, 0]
                for name, array in run.recording.inputs.items()
            }
        )
        # inputs must not matter while the lane does not step: they are random then
        pins = {"rst": rst, "step": step, "load": load}
        for name, idle in self.regimes.series(clocks).items():
            values = idle.astype(run.dtype)
            values[effective] = inputs[name]
            pins[name] = values
        for name in self.loadable:
            pins[f"load_{name}"] = corners(rng, self.dut.state[name], clocks)
        for name, form in self.dut.settings.items():
            pins[name] = uniform(rng, form.lo, form.hi, clocks)
        return pins

    def expected(self, pins: Arrays) -> tuple[Arrays, NDArray[np.bool_]]:
        """The golden states before the first clock and after each, and `done` at the same times."""
        golden, fields = self.golden, list(self.dut.state)
        rows = [[golden.state[name] for name in fields]]
        registers = [golden.registers.lfsr]
        names = list(self.dut.inputs)
        columns = [pins[name].tolist() for name in ("rst", "load", "step", *names)]
        loads = {name: pins[f"load_{name}"].tolist() for name in self.loadable}
        settings = {name: pins[name].tolist() for name in self.dut.settings}
        for clock, (rst, load, step, *inputs) in enumerate(zip(*columns, strict=True)):
            golden.registers.settings |= {n: values[clock] for n, values in settings.items()}
            if rst:
                golden.load({})
            elif load:
                golden.load({name: values[clock] for name, values in loads.items()})
            elif step:
                golden.step(dict(zip(names, inputs, strict=True)))
            rows.append(list(golden.state.values()))
            registers.append(golden.registers.lfsr)
        table = np.array(rows, dtype=self.run.dtype)
        done = np.concatenate(([False], pins["step"] & ~pins["load"] & ~pins["rst"]))
        states = {name: table[:, column] for column, name in enumerate(fields)}
        if self.dut.draws:
            states[REGISTER] = np.array(registers)
        return states, done

    async def block(self, pins: Arrays) -> None:
        """Play one block and compare."""
        run, dut = self.run, self.dut
        states, done = self.expected(pins)
        rest = {name: np.append(values, 0) for name, values in pins.items()}
        expected = dut.sense.pack({**states, "done": done})
        wrong = await run.pins.play(dut.drive.pack(rest), expected)
        start = run.pins.cycles - len(expected)
        for index, word in wrong:
            self.report(index, word, start, pins, states, done)
        self.cover(pins, states, done)
        if run.recording is not None:
            words = list(expected)
            for index, word in wrong:
                words[index] = word
            after = [words[index] for index in np.flatnonzero(done)]
            self.observed.append(
                {
                    n: np.array([dut.sense.slots[n].get(w) for w in after], dtype=object)
                    for n in dut.state
                }
            )
        run.steps += int(done.sum())
        run.synapse_steps = run.steps

    def report(
        self,
        index: int,
        word: int,
        start: int,
        pins: Arrays,
        states: Arrays,
        done: NDArray[np.bool_],
    ) -> None:
        """Record the differences of a clock, field by field.

        Parameters
        ----------
        index : clock in the block; the operation that caused them was one clock earlier.
        word : outputs.
        start : clock of the run at which the block began.
        pins, states, done : of the block, as `stimulus` and `expected` give them.
        """
        op = index - 1
        event = "hold"
        if op >= 0:
            event = next(
                (
                    name
                    for name, pin in (("reset", "rst"), ("load", "load"), ("step", "step"))
                    if pins[pin][op]
                ),
                event,
            )
        for name in (*states, "done"):
            want = int(done[index]) if name == "done" else int(states[name][index])
            have = self.dut.sense.slots[name].get(word)
            if have != want:
                self.run.scoreboard.differ(
                    field=name,
                    expected=want,
                    got=have,
                    step=self.run.steps + int(done[: max(index, 0)].sum()),
                    clock=start + index,
                    event=event,
                    state_before={n: int(values[max(op, 0)]) for n, values in states.items()},
                    inputs={n: int(pins[n][op]) for n in self.ports} if op >= 0 else None,
                )

    def cover(self, pins: Arrays, states: Arrays, done: NDArray[np.bool_]) -> None:
        """Count what this block has been through."""
        coverage, where = self.run.coverage, done[1:]
        coverage.steps(
            {n: states[n][:-1][where] for n in self.dut.state},
            {
                **{n: pins[n][where] for n in self.ports},
                **self.golden.registers.split(states.get(REGISTER, done)[:-1][where]),
            },
        )
        rst, load, step = pins["rst"], pins["load"], pins["step"]
        counts = {
            "step": where,
            "hold": ~(step | load | rst),
            "load": load & ~rst,
            "reset": rst,
            "load_with_step": load & step & ~rst,
            "reset_with_step": rst & step & ~load,
            "reset_with_load": rst & load,
        }
        for name, clocks in counts.items():
            coverage.event(name, int(clocks.sum()))

    async def main(self) -> None:
        """The whole run."""
        run = self.run
        await run.pins.start(0)
        goal = run.job.steps
        if run.recording is not None:
            goal = min(goal, run.recording.steps)
            initial = self.golden.rule.initial_state() | {
                n: int(v[0]) for n, v in run.recording.initial.items()
            }
            pins = {n: np.zeros(1, run.dtype) for n in self.ports}
            pins |= {"rst": np.zeros(1, bool), "step": np.zeros(1, bool), "load": np.ones(1, bool)}
            pins |= {f"load_{n}": np.array([initial[n]], dtype=object) for n in self.loadable}
            await self.block(pins)
            self.observed.clear()
        while run.steps < goal:
            await self.block(self.stimulus(BLOCK_CLOCKS, goal - run.steps))
        if run.recording is not None:
            path = Path(run.job.arrays)
            write_arrays(
                path,
                {
                    n: np.concatenate([part[n] for part in self.observed])[:, None]
                    for n in self.dut.state
                },
            )
            run.answer["trajectory"] = str(path)


def read_recording(dut: RuleDut, events: Path) -> Recording:
    """A recording of the lane's inputs; RecordingError says why one does not fit."""
    return load_recording(events, dut.rule, dut.params, dut.synapses, fed=dut.fed)


async def _body(run: Run[Recording]) -> None:
    await LaneBench(run).main()


@cocotb.test()  # type: ignore[untyped-decorator]
async def lane(top: Any) -> None:
    """Bench of the lane that the job names."""
    await run_bench(top, EVENTS, read_recording, _body)


simulate = CocotbBench(
    __name__, lambda dut: DEFAULT_STEPS, read_recording, arrays="trajectory.npz"
).simulate
