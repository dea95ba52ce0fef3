"""The phases of a layer's bench, and what it does between clocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

from sc_model.spec import IntFormat
from sc_sim.benches.layer.clock import PATIENCE_CLOCKS, LayerClock, Stimulus
from sc_sim.files import write_arrays
from sc_sim.harness.scoreboard import Stuck
from sc_sim.layer_words import GOLDEN, Fields, Index, State
from sc_sim.stimulus import LayerRegimes, corners

THROUGHPUT_STEPS = 4
HOST_PER_STEP = 0.7  # loads and reads that a host asks for on average
# Step in which there is a reset whatever the dice say; early, what follows is compared word by word
FORCED_STEP = 4
BETWEEN_RATE = 0.01  # resets a clock, of those that are due, while no step is under way
REWIND_STEPS = 3  # run again from the checkpoint in the middle
LIMIT_RATE = 0.15  # fields of a loaded state that are at a limit everywhere
CLEARED_RATE = 0.25  # of flags in a loaded state that say what the step before ended


class LayerBench(LayerClock):
    """A layer's bench: its phases, from power-on to the last word that is read back."""

    def random_state(self) -> State:
        """A state to load, often at corners; some fields are at one of their limits everywhere."""
        rng, state = self.run.rng, self.golden.checkpoint()
        for space, arrays in state.items():
            for name, array in arrays.items():
                form = self.form(space, name)
                values = corners(rng, form, array.size).reshape(array.shape)
                if space != "control" and rng.random() < LIMIT_RATE:
                    values = np.full(
                        array.shape, rng.choice(np.array([form.lo, form.hi], dtype=object))
                    )
                arrays[name] = np.array(
                    np.maximum(values, 1) if name == "lfsr" else values, array.dtype
                )
        for name in ("cleared_trial", "cleared_traces", "cleared_trial_before"):
            state["control"][name][()] = rng.random() < CLEARED_RATE
        if self.neuron.winner_take_all:
            for name in ("fired", "fired_before"):
                state["neuron"][name][:] = np.arange(self.layer.neurons) == rng.integers(
                    -1, self.layer.neurons
                )
        return state

    def form(self, space: str, name: str) -> IntFormat:
        """Format of a field of a checkpoint."""
        words = self.words.spaces.get(
            {golden: word for word, golden in GOLDEN.items()}.get(space, space), {}
        )
        # a flag of who has fired that is in a register, not in the neurons' words
        return words[name].form if name in words else IntFormat(1)

    def ask_load(self, space: str, index: Index, fields: Fields) -> None:
        """Queue a load."""
        self.queued_loads.append((space, index, fields))
        self.load.queue.append(self.words.load(space, index, fields))

    def ask_read(self, space: str, index: Index) -> None:
        """Queue a read."""
        self.queued_reads.append((space, index))
        self.read.queue.append(self.words.read(space, index))

    def host_request(self) -> None:
        """Queue a load, a read, both or neither, of random words; each space as often."""

        def some(spaces: list[str]) -> tuple[str, Index]:
            space = self.random.choice(spaces)
            return space, tuple(self.random.randrange(size) for size in self.words.shapes[space])

        if self.random.random() < 0.5:
            space, index = some(self.loadable)
            self.ask_load(space, index, self.random_fields(space))
        if self.random.random() < 0.5:
            self.ask_read(*some(list(self.words.spaces)))

    def random_fields(self, space: str) -> Fields:
        """A word to load, often at corners."""
        fields: Fields = {
            n: int(corners(self.run.rng, slot.form, 1)[0])
            for n, slot in self.words.spaces[space].items()
        }
        for name in fields:
            if name == "lfsr":
                fields[name] = self.random.randrange(1, 1 << 32)
            if name in ("winner", "winner_before"):
                fields[name] = self.random.randrange(self.layer.neurons)
        return fields

    async def load_state(self, state: State) -> None:
        """Load every word."""
        for space, index in self.words.everything:
            self.ask_load(space, index, self.words.fields(state, space, index))
        while self.load.queue:
            await self.clock()
        self.host_state = {
            space: {name: array.copy() for name, array in arrays.items()}
            for space, arrays in state.items()
        }

    async def read_all(self) -> State:
        """Read every word back, comparing, and return what came as a checkpoint."""
        self.read_state = self.golden.checkpoint()
        for space, index in self.words.everything:
            self.ask_read(space, index)
        while self.read.queue or self.awaited_words:
            await self.clock()
        result, self.read_state = self.read_state, None
        return result

    def queue_step(self, stimulus: Stimulus) -> None:
        """Hand a step to the driver.

        Modulators and flags are read in a step's first transfer only: in the others they are
        random.
        """
        slots, rows = self.dut.drive.slots, self.rows
        shared = {**self.golden.registers.settings, **stimulus["modulators"]}
        payload, spikes = slots["i__payload"], slots["i__payload.spikes"]
        first = sum(slots[f"i__payload.{name}"].put(int(value)) for name, value in shared.items())
        first |= sum(slots[f"i__payload.{name}"].put(int(stimulus[name])) for name in self.flags)
        bits = self.run.rng.integers(
            0, 2, self.place["chains"] * rows
        )  # beyond the last input: anything
        bits[: self.layer.inputs] = stimulus["spikes"]
        for row in range(rows):
            if row:
                first = (
                    self.random.getrandbits(payload.form.width) << payload.offset
                ) & ~spikes.mask
            word = sum(int(bit) << chain for chain, bit in enumerate(bits[row::rows]))
            self.i.queue.append(first | (word << spikes.offset))
        self.waiting.append((self.queued_steps, stimulus))
        self.queued_steps += 1

    async def steps(
        self, count: int, stimulus: Callable[[int], Stimulus], resets: bool = False
    ) -> None:
        """Run steps until `count` more are complete; `stimulus` gives that of each number."""
        base = self.completed
        forced = min(count // 2, FORCED_STEP)
        self.queued_steps = base
        self.last_progress = self.run.pins.cycles
        while self.completed < base + count:
            if self.queued_steps < base + count and len(self.i.queue) <= self.rows:
                self.queue_step(stimulus(self.queued_steps - base))
                if (
                    resets
                    and self.reset_in is None
                    and (
                        self.queued_steps - base > forced or self.random.random() < self.reset_rate
                    )
                ):
                    self.reset_in = self.random.randrange(2 * self.timing["sweep_clocks"])
                    forced = count if self.queued_steps - base > forced else forced
            if self.host_rate and self.random.random() < self.host_rate:
                self.host_request()
            await self.clock()
            if self.reset_in is not None:
                self.reset_in -= 1
                if self.reset_in < 0 and (self.pending or self.random.random() < BETWEEN_RATE):
                    await self.reset()
            self.run.steps = max(self.run.steps, self.completed)
        self.reset_in = None
        await self.drain()

    async def drain(self) -> None:
        """Wait until every request of the host is served and the layer is idle."""
        patience = PATIENCE_CLOCKS + 4 * self.timing["sweep_clocks"]
        for _ in range(patience):
            out = await self.clock()
            if (
                not self.load.queue
                and not self.read.queue
                and not self.awaited_words
                and out & self.idle
            ):
                self.run.coverage.event("idle")
                for name, want in self.counts().items():
                    if (count := self.dut.sense.slots[name].get(out)) != want % (1 << 32):
                        self.differ(name, want % (1 << 32), count, "idle")
                return
        if self.load.queue or self.read.queue or self.awaited_words:
            raise Stuck(self.timeout_text())
        raise Stuck(f"waited {patience} clocks for idle")

    async def reset(self) -> None:
        """Reset for a clock, and load everything anew.

        A reset in mid-step leaves memories with half a step, from which no model can go on.
        """
        for source in self.sources:
            source.drop()
        self.run.coverage.event("reset_in_step" if self.pending else "reset_between_steps")
        await self.clock(reset=True)
        for queue in (
            self.pending,
            self.waiting,
            self.queued_loads,
            self.queued_reads,
            self.awaited_words,
        ):
            queue.clear()
        self.position, self.reset_in = 0, None
        self.golden.load(0)
        self.counts_before.clear()
        self.queued_steps = self.completed
        self.last_progress = self.run.pins.cycles
        await self.load_state(self.random_state())

    def counts(self) -> Counter[str]:
        """What the design's counters must show: only a reset clears them."""
        golden = {"updates": self.golden.updates} | {
            f"saturated_{n}": v for n, v in self.golden.saturations.items()
        }
        return Counter({name: golden[name] + self.counts_before[name] for name in self.counters})

    def set_stalls(self, stall: float) -> None:
        """Idle rate of the stimulus and of the host's read-back."""
        self.i.stall = self.readback.stall = stall

    async def throughput(self, stimulus: Callable[[int], Stimulus]) -> None:
        """Measure clocks from step to step, with the stimulus always valid.

        A clock counts from the first transfer of a step to the first of the next.
        """
        await self.steps(THROUGHPUT_STEPS, stimulus)
        want = self.timing["sweep_clocks"] + self.timing["critic_clocks"]
        gaps = [b - a for a, b in pairwise(self.step_starts)]
        for number, gap in enumerate(gaps):
            if gap != want:
                self.differ("cycles_per_sweep", want, gap, "full throughput", step=number)
        per_clock = self.dut.synapses * len(gaps) / sum(gaps)
        self.run.answer["cycles_per_sweep"] = max(gaps)
        self.run.answer["throughput"] = {
            "lanes": self.lanes,
            "updates_per_clock": round(per_clock, 4),
            "utilisation": round(per_clock / self.lanes, 4),
            "latency_clocks": self.timing["latency_clocks"],  # every step is held to it
            "closed_loop_clocks": max(
                end - start for start, end in zip(self.step_starts, self.step_ends, strict=True)
            ),
        }
        # what was measured is no part of the run
        self.completed = self.run.steps = self.run.synapse_steps = 0

    async def checkpoint(self, stimulus: Callable[[int], Stimulus]) -> None:
        """Read everything, run on, load what was read and run again, with the same spikes."""
        state = await self.read_all()
        self.run.coverage.event("checkpoint")
        inputs = [stimulus(number) for number in range(REWIND_STEPS)]
        fired_runs = []
        for run in range(2):
            if run:
                await self.load_state(state)
            self.golden.restore(state)
            self.host_state = None
            self.fired.clear()
            await self.steps(REWIND_STEPS, inputs.__getitem__)
            fired_runs.append(list(self.fired))
        if fired_runs[0] != fired_runs[1]:
            self.differ("neuron", fired_runs[0], fired_runs[1], "run again from a checkpoint")

    async def main(self) -> None:
        """The whole run."""
        run, recording = self.run, self.run.recording
        forms = self.dut.inputs | self.dut.settings
        modulators = {name: forms[name] for name in self.names.modulators}
        regimes = LayerRegimes(run.rng, self.layer.inputs, modulators, self.flags)

        def random_stimulus(_: int) -> Stimulus:
            return regimes.step()

        await run.pins.start(0)
        await self.load_state(self.random_state())
        await self.drain()
        await self.read_all()
        await self.throughput(random_stimulus)
        self.set_stalls(run.job.stall)
        if recording is None:
            self.host_rate = min(0.05, HOST_PER_STEP / self.timing["sweep_clocks"])
            await self.steps(run.job.steps // 2, random_stimulus, resets=True)
            self.host_rate, host_rate = 0.0, self.host_rate
            await self.checkpoint(random_stimulus)
            self.host_rate = host_rate
            await self.steps(run.job.steps - run.job.steps // 2, random_stimulus, resets=True)
            self.host_rate = 0.0
        else:
            self.counts_before = self.counts()
            self.golden.load(0 if recording.initial_weight is None else recording.initial_weight)
            await self.load_state(self.golden.checkpoint())
            self.fired.clear()
            await self.steps(min(run.job.steps, recording.steps), recording.at)
        final = await self.read_all()
        await self.drain()
        arrays = {
            name if space in ("synapse", "pre", "post") else f"{space}.{name}": array
            for space, fields in final.items()
            for name, array in fields.items()
        }
        if recording is not None:
            arrays["spikes"] = np.array(
                [np.isin(np.arange(self.layer.neurons), fired) for fired in self.fired]
            )
        write_arrays(Path(run.job.arrays), arrays)
        run.answer["final_state"] = run.job.arrays
