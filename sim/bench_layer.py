"""Bench of a layer: every spike and every word against the golden layer, with the host in between.

Phases: every word loaded (random states and corners, or what a recording says); full throughput
measured over a few steps; random steps with random idle clocks, host loads and reads raised at any
time and resets in mid-step (or a recording replayed, undisturbed), in the middle of them a
checkpoint that is read, run on from, and loaded again; all read back.

Steps overlap: a step's spikes come while the next one is under way. The golden layer takes a step
at its first transfer, and its spikes wait in a queue for those of the design. The host is served
between steps alone, when nothing is in that queue. A reset in mid-step leaves memories that hold
half a step: the bench loads them anew.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cocotb
import numpy as np

from sc_model.golden import PlasticLayer
from sc_model.spec import IntFormat
from sim.files import write_arrays
from sim.job import Run, run_bench
from sim.layer_words import GOLDEN, Fields, Index, LayerWords, State
from sim.scoreboard import Stuck
from sim.stimulus import LayerRegimes, corners
from sim.streams import Sink, Source

THROUGHPUT_STEPS = 4
HOST_PER_STEP = 0.7  # loads and reads that a host asks for on average
# Step in which there is a reset whatever the dice say; early, what follows is compared word by word
FORCED_STEP = 4
RESET_SHARE = 0.02  # resets a clock times words of the layer: after one they are all loaded again
BETWEEN_RATE = 0.01  # resets a clock, of those that are due, while no step is under way
REWIND_STEPS = 3  # run again from the checkpoint in the middle
LIMIT_RATE = 0.15  # fields of a loaded state that are at a limit everywhere
CLEARED_RATE = 0.25  # of flags in a loaded state that say what the step before ended
PATIENCE_CLOCKS = 1000
COVERED_UPDATES = (
    2_000_000  # the rule's coverage is not counted beyond: it costs more than the golden layer
)
EVENTS = (
    "step", "spike", "silent_step", "overlap", "i_idle", "i_backpressure", "load", "read", "readback", "readback_stalled",
    "load_with_read", "request_in_step", "request_between_steps", "reset_in_step", "checkpoint", "idle", "clear_trial",
    "clear_traces",
)  # fmt: skip
Stimulus = dict[str, Any]  # arguments of PlasticLayer.step


@dataclass
class Step:
    """A step from its first transfer to its `done`: its number and stimulus, who must fire, who
    has, and clocks.
    """

    number: int
    stimulus: Stimulus
    expected: list[int]
    start: int
    last: int | None = None
    got: list[int] = field(default_factory=list)


class LayerBench:
    """Drivers, monitor and model of a layer."""

    def __init__(self, run: Run) -> None:
        self.run, self.dut = run, run.dut
        dut, drive, sense = run.dut, run.dut.drive, run.dut.sense
        self.layer, self.neuron = dut.layer
        self.place = dut.manifest["placement"]
        self.timing = {name: int(clocks) for name, clocks in dut.manifest["timing"].items()}
        self.rows, self.lanes = self.place["rows"], self.place["chains"] * self.place["columns"]
        self.covered, self.stepping = 0, False
        self.golden = PlasticLayer(
            replace(dut.rule, update=self.watched), dut.params, self.layer, self.neuron
        )
        self.names = self.golden.names
        self.random = random.Random(run.job.seed)
        self.words = LayerWords(dut, self.random)
        self.i = Source(dut, "i", 0.0, self.random)
        self.load = Source(dut, "load", 0.0, self.random)
        self.read = Source(dut, "read", 0.0, self.random)
        self.sources = (self.i, self.load, self.read)
        self.readback = Sink(dut, "readback", 0.0, self.random)
        self.rst = drive.slots["rst"].mask
        self.spike, self.done = sense.slots["spike"].mask, sense.slots["done"].mask
        self.idle = sense.slots["idle"].mask
        self.pulses = self.spike | self.done
        self.flags = [name for name in ("outcome", "decide") if f"i__payload.{name}" in drive.slots]
        self.flags += ["clear_trial", "clear_traces"]
        # who has fired stands in two places of a layer with inhibition: there the host does not
        # change one alone
        twice = self.neuron.inhibition > 0 and not self.neuron.winner_take_all
        self.loadable = [
            space for space in self.words.spaces if not twice or space not in ("neuron", "control")
        ]
        run.coverage.expect(*(name for name in self.flags if name in ("outcome", "decide")))
        self.waiting: deque[tuple[int, Stimulus]] = deque()  # handed to the driver, not begun
        self.pending: deque[Step] = deque()
        self.newest = Step(0, {}, [], 0)
        self.position = 0  # next row to be transferred
        self.loading: deque[tuple[str, Index, Fields]] = deque()
        self.asking: deque[tuple[str, Index]] = deque()
        self.reading: deque[tuple[str, Index, Fields, int]] = deque()
        self.edited: State | None = (
            None  # the golden state with what the host has loaded since the last step
        )
        self.gathered: State | None = None
        self.completed = 0
        self.sent = 0  # steps handed to the driver
        self.reset_in: int | None = None  # clocks until a reset
        self.counters = [
            name for name in sense.slots if name == "updates" or name.startswith("saturated_")
        ]
        self.counted_before: Counter[str] = (
            Counter()
        )  # by the design, when the golden layer was put to its state after reset
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.fired: list[list[int]] = []
        self.recent = 0  # clock of the last progress
        self.host_rate = 0.0
        self.reset_rate = (
            RESET_SHARE * self.timing["sweep_clocks"] / len(self.words.everything)
        )  # a step

    def watched(self, ops: Any, state: Any, inputs: Any, params: Any) -> Any:
        """The rule; counts the coverage of what the golden layer computes."""
        if self.stepping and self.covered < COVERED_UPDATES:  # else it is being traced
            self.covered += self.dut.synapses
            self.run.coverage.steps(vars(state), vars(inputs))
        return self.dut.rule.update(ops, state, inputs, params)

    # --- one clock --------------------------------------------------------------------------------

    async def clock(self, reset: bool = False) -> int:
        """One clock of everything: drive, sample, compare."""
        word = self.readback.offer()
        for source in self.sources:
            if source.queue:
                word |= source.offer()
        out = await self.run.pins.clock(word | self.rst if reset else word)
        busy = bool(self.pending) or self.position != 0
        if out & self.idle and (busy or self.reading):
            self.differ("idle", 0, 1, "idle")
        if out & self.pulses or (self.pending and self.pending[0].last is not None):
            self.monitor(out)
        if not reset:
            self.follow(out, busy)
        if self.run.pins.cycles - self.recent > PATIENCE_CLOCKS + 4 * self.timing["sweep_clocks"]:
            raise Stuck(self.what_is_missing())
        return out

    def differ(self, name: str, expected: Any, got: Any, event: str, **more: Any) -> None:
        """Record a difference at this clock."""
        step = more.pop("step", self.pending[0].number if self.pending else self.run.steps)
        self.run.scoreboard.differ(
            field=name, expected=expected, got=got, step=step, clock=self.run.pins.cycles, event=event,
            **({"space": "step"} | more),
        )  # fmt: skip

    def monitor(self, out: int) -> None:
        """Compare spikes and the end of a step, and see that none is late."""
        clock = self.run.pins.cycles
        if not self.pending:
            self.differ(
                "done" if out & self.done else "spike", 0, 1, "pulse that no step asked for"
            )
            return
        step = self.pending[0]
        if out & self.spike:
            self.recent = clock
            neuron = self.dut.sense.slots["neuron"].get(out)
            want = step.expected[len(step.got)] if len(step.got) < len(step.expected) else None
            step.got.append(neuron)
            if neuron != want:
                self.differ("neuron", want, neuron, "spike", index=[neuron], inputs=self.told(step))
            self.run.coverage.event("spike")
            if len(self.pending) > 1:
                self.run.coverage.event("overlap")
        late = step.last is not None and clock - step.last > self.timing["latency_clocks"]
        if out & self.done or late:
            self.recent = clock
            if late:
                self.differ("done", 1, 0, "done")
            latency = clock - step.last if step.last is not None else None
            if out & self.done and latency != self.timing["latency_clocks"]:
                self.differ("latency_clocks", self.timing["latency_clocks"], latency, "done")
            if len(step.got) < len(step.expected):
                neuron = step.expected[len(step.got)]
                self.differ("neuron", neuron, None, "done", index=[neuron], inputs=self.told(step))
            self.pending.popleft()
            self.completed += 1
            self.run.synapse_steps += self.dut.synapses
            self.ends.append(clock)
            self.fired.append(step.got)
            if not step.expected:
                self.run.coverage.event("silent_step")

    def told(self, step: Step) -> dict[str, Any]:
        """A step's stimulus, for a difference."""
        spikes = np.flatnonzero(step.stimulus["spikes"]).tolist()
        return {
            "spikes": spikes,
            **step.stimulus["modulators"],
            **{name: bool(step.stimulus[name]) for name in self.flags},
        }

    def follow(self, out: int, busy: bool) -> None:
        """Follow the handshakes of this edge."""
        coverage, clock = self.run.coverage, self.run.pins.cycles
        if (word := self.readback.taken(out)) is not None:
            self.recent = clock
            self.got_word(word)
        elif self.readback.blocked(out):
            coverage.event("readback_stalled")
        if self.i.queue:
            if self.i.taken(out) is not None:
                self.recent = clock
                self.transfer()
                busy = True
            elif self.i.offered:
                coverage.event("i_backpressure")
            elif self.position:
                coverage.event("i_idle")
        if not self.load.offered and not self.read.offered:
            return
        coverage.event("request_in_step" if busy else "request_between_steps")
        if self.load.offered and self.read.offered:
            coverage.event("load_with_read")
        for source in (self.load, self.read):
            if source.taken(out) is not None:
                self.recent = clock
                coverage.event(source.name)
                if busy:
                    self.differ(f"{source.name}.ready", 0, 1, "host request granted in mid-step")
                if source is self.load:
                    self.words.store(self.state(), *self.loading.popleft())
                else:
                    space, index = self.asking.popleft()
                    self.reading.append(
                        (
                            space,
                            index,
                            self.words.fields(self.state(), space, index),
                            self.run.steps,
                        )
                    )

    def transfer(self) -> None:
        """A row has been taken."""
        if self.position == 0:
            self.begin()
        self.position += 1
        if self.position == self.rows:
            self.position, self.newest.last = 0, self.run.pins.cycles

    def state(self) -> State:
        """What the design must hold after the last whole step, to be read and to be changed."""
        if self.edited is None:
            self.edited = self.golden.checkpoint()
        return self.edited

    def begin(self) -> None:
        """The first transfer of a step: the golden layer takes it."""
        if self.edited is not None:
            self.golden.restore(self.edited)
            self.edited = None
        number, stimulus = self.waiting.popleft()
        self.stepping = True
        fired = self.golden.step(**stimulus)
        self.stepping = False
        self.newest = Step(number, stimulus, np.flatnonzero(fired).tolist(), self.run.pins.cycles)
        self.pending.append(self.newest)
        self.starts.append(self.run.pins.cycles)
        self.run.coverage.event("step")
        for name in self.flags:
            if stimulus[name]:
                self.run.coverage.event(name)

    def got_word(self, out: int) -> None:
        """Compare a word that was read back."""
        self.run.coverage.event("readback")
        if not self.reading:
            self.differ("readback.valid", 0, 1, "word that no read asked for")
            return
        space, index, want, step = self.reading.popleft()
        got = self.words.got(space, out)
        for name, value in want.items():
            if value is not None and got[name] != value:
                self.differ(name, value, got[name], "readback", space=space, index=index, step=step)
        if self.gathered is not None:
            self.words.store(self.gathered, space, index, got)

    def what_is_missing(self) -> str:
        """Text of a timeout."""
        clocks = self.run.pins.cycles - self.recent
        if self.reading:
            what = f"readback.valid for {self.reading[0][0]} {list(self.reading[0][1])}"
        elif self.pending and self.position == 0:
            what = f"done of step {self.pending[0].number}"
        elif self.load.offered or self.read.offered:
            what = "load.ready" if self.load.offered else "read.ready"
        else:
            what = (
                f"i.ready for row {self.position} in step"
                f" {self.waiting[0][0] if self.waiting else self.completed}"
            )
        return f"waited {clocks} clocks for {what}"

    # --- phases -----------------------------------------------------------------------------------

    def random_state(self) -> State:
        """A state to load, often at corners; now and then a field is at one of its limits
        everywhere.
        """
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
        return (
            words[name].form if name in words else IntFormat(1)
        )  # who has fired, where a register says it

    def ask_load(self, space: str, index: Index, fields: Fields) -> None:
        """Queue a load."""
        self.loading.append((space, index, fields))
        self.load.queue.append(self.words.load(space, index, fields))

    def ask_read(self, space: str, index: Index) -> None:
        """Queue a read."""
        self.asking.append((space, index))
        self.read.queue.append(self.words.read(space, index))

    def host_request(self) -> None:
        """Something the host wants, at any time; each space as often."""

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
        self.edited = {
            space: {name: array.copy() for name, array in arrays.items()}
            for space, arrays in state.items()
        }

    async def read_all(self) -> State:
        """Read every word back, comparing, and return what came as a checkpoint."""
        self.gathered = self.golden.checkpoint()
        for space, index in self.words.everything:
            self.ask_read(space, index)
        while self.read.queue or self.reading:
            await self.clock()
        result, self.gathered = self.gathered, None
        return result

    def queue_step(self, stimulus: Stimulus) -> None:
        """Hand a step to the driver; what stands beside the spikes counts in the first transfer
        alone.
        """
        slots, rows = self.dut.drive.slots, self.rows
        payload, spikes = slots["i__payload"], slots["i__payload.spikes"]
        first = sum(
            slots[f"i__payload.{name}"].put(int(value))
            for name, value in stimulus["modulators"].items()
        )
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
        self.waiting.append((self.sent, stimulus))
        self.sent += 1

    async def steps(
        self, count: int, stimulus: Callable[[int], Stimulus], resets: bool = False
    ) -> None:
        """Run steps until `count` more are complete; `stimulus` gives that of each number."""
        base = self.completed
        forced = min(count // 2, FORCED_STEP)
        self.sent = base
        self.recent = self.run.pins.cycles
        while self.completed < base + count:
            if self.sent < base + count and len(self.i.queue) <= self.rows:
                self.queue_step(stimulus(self.sent - base))
                if (
                    resets
                    and self.reset_in is None
                    and (self.sent - base > forced or self.random.random() < self.reset_rate)
                ):
                    self.reset_in = self.random.randrange(2 * self.timing["sweep_clocks"])
                    forced = count if self.sent - base > forced else forced
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
        """Until every host request is served and the layer says that it is idle."""
        patience = PATIENCE_CLOCKS + 4 * self.timing["sweep_clocks"]
        for _ in range(patience):
            out = await self.clock()
            if not self.load.queue and not self.read.queue and not self.reading and out & self.idle:
                self.run.coverage.event("idle")
                for name, want in self.counts().items():
                    if (got := self.dut.sense.slots[name].get(out)) != want % (1 << 32):
                        self.differ(name, want % (1 << 32), got, "idle")
                return
        if self.load.queue or self.read.queue or self.reading:
            raise Stuck(self.what_is_missing())
        raise Stuck(f"waited {patience} clocks for idle")

    async def reset(self) -> None:
        """Reset for a clock. The memories may hold half a step then, which nothing can go on from:
        all is loaded anew.
        """
        for source in self.sources:
            source.drop()
        self.run.coverage.event("reset_in_step" if self.pending else "reset_between_steps")
        await self.clock(reset=True)
        for queue in (self.pending, self.waiting, self.loading, self.asking, self.reading):
            queue.clear()
        self.position, self.reset_in = 0, None
        self.golden.load(0)
        self.counted_before.clear()
        self.sent = self.completed
        self.recent = self.run.pins.cycles
        await self.load_state(self.random_state())

    def counts(self) -> Counter[str]:
        """What the design's counters must say: only a reset clears them."""
        golden = {"updates": self.golden.updates} | {
            f"saturated_{n}": v for n, v in self.golden.saturations.items()
        }
        return Counter({name: golden[name] + self.counted_before[name] for name in self.counters})

    def set_stalls(self, stall: float) -> None:
        """Idle rate of the stimulus and of the host's read-back."""
        self.i.stall = self.readback.stall = stall

    async def throughput(self, stimulus: Callable[[int], Stimulus]) -> None:
        """Steps back to back with the stimulus always there: clocks from the first transfer of one
        to that of the next.
        """
        await self.steps(THROUGHPUT_STEPS, stimulus)
        want = self.timing["sweep_clocks"] + self.timing["critic_clocks"]
        gaps = [b - a for a, b in pairwise(self.starts)]
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
                end - start for start, end in zip(self.starts, self.ends, strict=True)
            ),
        }
        self.completed = self.run.steps = self.run.synapse_steps = 0  # the run proper begins here

    async def checkpoint(self, stimulus: Callable[[int], Stimulus]) -> None:
        """Read everything, run on, load what was read and run again: the same spikes."""
        state = await self.read_all()
        self.run.coverage.event("checkpoint")
        given = [stimulus(number) for number in range(REWIND_STEPS)]
        seen = []
        for run in range(2):
            if run:
                await self.load_state(state)
            self.golden.restore(state)
            self.edited = None
            self.fired.clear()
            await self.steps(REWIND_STEPS, given.__getitem__)
            seen.append(list(self.fired))
        if seen[0] != seen[1]:
            self.differ("neuron", seen[0], seen[1], "run again from a checkpoint")

    async def main(self) -> None:
        """The whole run."""
        run, recording = self.run, self.run.layer_recording
        modulators = {name: self.dut.inputs[name] for name in self.names.modulators}
        regimes = LayerRegimes(run.rng, self.layer.inputs, modulators, self.flags)

        def drawn(_: int) -> Stimulus:
            return regimes.step()

        await run.pins.start(0)
        await self.load_state(self.random_state())
        await self.drain()
        await self.read_all()
        await self.throughput(drawn)
        self.set_stalls(run.job.stall)
        if recording is None:
            self.host_rate = min(0.05, HOST_PER_STEP / self.timing["sweep_clocks"])
            await self.steps(run.job.steps // 2, drawn, resets=True)
            self.host_rate, host_rate = 0.0, self.host_rate
            await self.checkpoint(drawn)
            self.host_rate = host_rate
            await self.steps(run.job.steps - run.job.steps // 2, drawn, resets=True)
            self.host_rate = 0.0
        else:
            self.counted_before = self.counts()
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


async def _body(run: Run) -> None:
    await LayerBench(run).main()


@cocotb.test()  # type: ignore[untyped-decorator]
async def layer(top: Any) -> None:
    """Bench of the layer that the job names."""
    await run_bench(top, EVENTS, _body)
