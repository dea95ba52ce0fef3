"""Bench of a bank: every update against the golden bank, with the host in between.

Phases: contents at power-on read back; full throughput measured over a few sweeps; every synapse
loaded (random states and corners, or what a recording says); sweeps with random idle clocks, host
loads and reads raised at any time and resets in mid-sweep (or a recording replayed, undisturbed);
all read back.

A reset drops the updates in flight and keeps the memory: a synapse whose update has been seen on
`updated` is new, every other one is old. The bench reads all of them back after a reset and holds
the design to just that.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from numpy.typing import NDArray

from sc_model.golden import Bank
from sim.files import write_arrays
from sim.job import Run, run_bench
from sim.scoreboard import Stuck
from sim.stimulus import Regimes, corners
from sim.streams import Sink, Source

# Larger banks are not read back before they are loaded: it costs clocks and shows nothing new
POWER_ON_SYNAPSES = 4096
THROUGHPUT_SWEEPS = 3
HOST_PER_SWEEP = 1.5  # loads and reads that a host asks for on average
RESET_RATE = 1 / 25  # resets per sweep
PATIENCE_CLOCKS = 1000
EVENTS = (
    "update", "i_idle", "i_backpressure", "load", "read", "readback", "readback_stalled", "load_with_read",
    "request_in_sweep", "request_between_sweeps", "reset_in_sweep", "idle",
)  # fmt: skip

Arrays = dict[str, NDArray[Any]]


@dataclass
class Sweep:
    """One sweep: its stimulus and, once it has begun, the golden states before and after and the
    updates awaited.
    """

    number: int
    inputs: Arrays
    before: Arrays
    expected: list[int]
    landed: int = 0


class BankBench:
    """Drivers, monitor and model of a bank."""

    def __init__(self, run: Run) -> None:
        self.run, self.dut = run, run.dut
        dut, drive, sense = run.dut, run.dut.drive, run.dut.sense
        self.count = dut.synapses
        self.timing = dut.manifest["timing"]
        self.golden = Bank(dut.rule, dut.params, self.count)
        self.memory: Arrays = {
            name: np.zeros(self.count, run.dtype) for name in dut.state
        }  # what the RAM must hold
        self.random = random.Random(run.job.seed)
        self.i = Source(dut, "i", 0.0, self.random)
        self.load = Source(dut, "load", 0.0, self.random)
        self.read = Source(dut, "read", 0.0, self.random)
        self.readback = Sink(dut, "readback", 0.0, self.random)
        self.rst = drive.slots["rst"].mask
        self.updated = sense.slots["updated"].mask
        self.update_mask = sense.slots["updated_address"].mask | sense.slots["updated_state"].mask
        self.readback_mask = sense.slots["readback__payload"].mask
        self.idle = sense.slots["idle"].mask
        self.address_slot = drive.slots["load__payload.address"]
        self.read_slot = drive.slots["read__payload"]
        self.waiting: deque[Sweep] = deque()  # stimulus handed to the driver, not begun
        self.current: Sweep | None = None
        self.position = 0  # next synapse to be transferred
        self.flight: deque[tuple[int, Sweep, int]] = (
            deque()
        )  # clock of the transfer, sweep, synapse
        self.reading: deque[tuple[int, int, int]] = deque()  # address, expected word, step
        self.words: list[int] = []  # read back, in order
        self.completed = 0
        self.starts: list[int] = []
        self.recent = 0  # clock of the last progress
        self.host_rate = 0.0

    # --- one clock --------------------------------------------------------------------------------

    async def clock(self, reset: bool = False) -> int:
        """One clock of everything: drive, sample, compare."""
        word = self.i.offer() | self.load.offer() | self.read.offer() | self.readback.offer()
        out = await self.run.pins.clock(word | self.rst if reset else word)
        busy = bool(self.flight) or self.position != 0
        if out & self.idle and busy:
            self.differ("idle", 0, 1, "idle")
        self.monitor(out)
        if not reset:
            self.transfers(out, busy)
        if self.run.pins.cycles - self.recent > PATIENCE_CLOCKS + 4 * int(
            self.timing["span_clocks"]
        ):
            raise Stuck(self.what_is_missing())
        return out

    def differ(self, field: str, expected: Any, got: Any, event: str, **more: Any) -> None:
        """Record a difference at this clock."""
        step = more.pop("step", self.current.number if self.current is not None else self.run.steps)
        self.run.scoreboard.differ(
            field=field,
            expected=expected,
            got=got,
            step=step,
            clock=self.run.pins.cycles,
            event=event,
            **more,
        )

    def monitor(self, out: int) -> None:
        """Compare an update, and see that none is late."""
        if out & self.updated:
            if not self.flight:
                self.differ("updated", 0, 1, "update that no transfer asked for")
                return
            self.recent = self.run.pins.cycles
            clock, sweep, synapse = self.flight.popleft()
            want = sweep.expected[synapse]
            if out & self.update_mask != want:
                self.compare_update(out, want, sweep, synapse)
            latency, want = self.run.pins.cycles - clock, self.timing["latency_clocks"]
            if latency != want:
                self.differ(
                    "latency_clocks", want, latency, "update", synapse=synapse, step=sweep.number
                )
            self.landed(sweep)
        elif (
            self.flight and self.run.pins.cycles - self.flight[0][0] > self.timing["latency_clocks"]
        ):
            _, sweep, synapse = self.flight.popleft()
            self.differ("updated", 1, 0, "update", synapse=synapse, step=sweep.number)
            self.landed(sweep)

    def landed(self, sweep: Sweep) -> None:
        """Count an update."""
        sweep.landed += 1
        self.run.synapse_steps += 1
        if sweep.landed == self.count:
            self.completed += 1

    def compare_update(self, out: int, want: int, sweep: Sweep, synapse: int) -> None:
        """Name every field of an update that differs."""
        for name, label in (
            ("updated_address", "address"),
            *((f"updated_state.{n}", n) for n in self.dut.state),
        ):
            slot = self.dut.sense.slots[name]
            if slot.get(out) != slot.get(want):
                self.differ(
                    label,
                    slot.get(want),
                    slot.get(out),
                    "update",
                    synapse=synapse,
                    step=sweep.number,
                    state_before={n: int(v[synapse]) for n, v in sweep.before.items()},
                    inputs={n: int(v[synapse]) for n, v in sweep.inputs.items()},
                )

    def transfers(self, out: int, busy: bool) -> None:
        """Follow the handshakes of this edge."""
        coverage, clock = self.run.coverage, self.run.pins.cycles
        if self.load.offered or self.read.offered:
            coverage.event("request_in_sweep" if busy else "request_between_sweeps")
            if self.load.offered and self.read.offered:
                coverage.event("load_with_read")
        if self.i.blocked(out):
            coverage.event("i_backpressure")
        elif not self.i.offered and self.position:
            coverage.event("i_idle")
        if self.readback.blocked(out):
            coverage.event("readback_stalled")
        if (word := self.readback.taken(out)) is not None:
            self.recent = clock
            self.got_word(word)
        if self.i.taken(out) is not None:
            self.recent = clock
            sweep = self.begin() if self.position == 0 or self.current is None else self.current
            self.flight.append((clock, sweep, self.position))
            self.position = (self.position + 1) % self.count
            busy = True
        for source in (self.load, self.read):
            if (word := source.taken(out)) is not None:
                self.recent = clock
                coverage.event(source.name)
                if busy:
                    self.differ(f"{source.name}.ready", 0, 1, "host request granted in mid-sweep")
                if source is self.load:
                    self.loaded(word)
                else:
                    address = self.read_slot.get(word)
                    self.reading.append((address, self.word_of(address), self.run.steps))

    def begin(self) -> Sweep:
        """The first transfer of a sweep: run the golden model on what the memory holds now."""
        self.current = sweep = self.waiting.popleft()
        self.starts.append(self.run.pins.cycles)
        sweep.before = self.memory
        self.golden.restore(self.memory)
        after = self.golden.step(sweep.inputs)
        self.memory = {name: np.array(values) for name, values in after.items()}
        sweep.expected = self.dut.sense.pack(
            {
                "updated_address": np.arange(self.count),
                **{f"updated_state.{n}": v for n, v in self.memory.items()},
            }
        )
        self.run.coverage.steps(sweep.before, sweep.inputs)
        self.run.coverage.event("update", self.count)
        return sweep

    def loaded(self, word: int) -> None:
        """A load has been taken: it is in the memory before anything that follows."""
        address = self.address_slot.get(word)
        for name in self.dut.state:
            self.memory[name][address] = self.dut.drive.slots[f"load__payload.state.{name}"].get(
                word
            )

    def word_of(self, address: int) -> int:
        """Read-back payload that the memory must give."""
        slots = self.dut.sense.slots
        return sum(
            slots[f"readback__payload.{name}"].put(int(values[address]))
            for name, values in self.memory.items()
        )

    def got_word(self, word: int) -> None:
        """Compare a word that was read back."""
        self.run.coverage.event("readback")
        self.words.append(word & self.readback_mask)
        if not self.reading:
            self.differ("readback.valid", 0, 1, "word that no read asked for")
            return
        address, want, step = self.reading.popleft()
        for name in self.dut.state if word & self.readback_mask != want else ():
            slot = self.dut.sense.slots[f"readback__payload.{name}"]
            if slot.get(word) != slot.get(want):
                self.differ(
                    name, slot.get(want), slot.get(word), "readback", synapse=address, step=step
                )

    def what_is_missing(self) -> str:
        """Text of a timeout."""
        clocks = self.run.pins.cycles - self.recent
        if self.flight:
            what = f"the update of synapse {self.flight[0][2]} in sweep {self.flight[0][1].number}"
        elif self.reading:
            what = f"readback.valid for synapse {self.reading[0][0]}"
        elif self.load.offered or self.read.offered:
            what = "load.ready" if self.load.offered else "read.ready"
        else:
            what = f"i.ready for synapse {self.position} in sweep {self.completed}"
        return f"waited {clocks} clocks for {what}"

    # --- phases -----------------------------------------------------------------------------------

    def load_word(self, address: int, state: dict[str, int]) -> int:
        """Drive word of a load."""
        slots = self.dut.drive.slots
        return self.address_slot.put(address) | sum(
            slots[f"load__payload.state.{n}"].put(v) for n, v in state.items()
        )

    def random_state(self) -> dict[str, int]:
        """A state to load, often at a corner."""
        return {
            name: int(corners(self.run.rng, form, 1)[0]) for name, form in self.dut.state.items()
        }

    def set_stalls(self, stall: float) -> None:
        """Idle rate of the stimulus and of the host's read-back."""
        self.i.stall = self.readback.stall = stall

    async def load_all(self, state: Arrays) -> None:
        """Load every synapse."""
        rows = zip(*(state[name].tolist() for name in self.dut.state), strict=True)
        for address, row in enumerate(rows):
            self.load.queue.append(
                self.load_word(address, dict(zip(self.dut.state, map(int, row), strict=True)))
            )
        while self.load.queue:
            await self.clock()

    async def read_all(self) -> Arrays:
        """Read every synapse back, comparing, and return what came."""
        self.words.clear()
        self.read.queue.extend(self.read_slot.put(address) for address in range(self.count))
        while self.read.queue or self.reading:
            await self.clock()
        slots = self.dut.sense.slots
        words = self.words[: self.count]
        return {
            n: np.array([slots[f"readback__payload.{n}"].get(w) for w in words], dtype=object)
            for n in self.dut.state
        }

    def queue_sweep(self, number: int, inputs: Arrays) -> None:
        """Hand the stimulus of a sweep to the driver."""
        self.waiting.append(Sweep(number, inputs, {}, []))
        self.i.queue.extend(
            self.dut.drive.pack({f"i__payload.{name}": values for name, values in inputs.items()})
        )

    async def sweeps(self, goal: int, stimulus: Any, resets: bool) -> None:
        """Run sweeps until `goal` of them are complete."""
        self.completed = queued = 0
        forced = goal // 2  # at least one reset in mid-sweep, whatever the dice say
        reset_at: int | None = None
        self.recent = self.run.pins.cycles
        while self.completed < goal:
            if queued < goal and len(self.i.queue) <= self.count:
                self.queue_sweep(queued, stimulus(queued))
                if (
                    resets
                    and reset_at is None
                    and (queued == forced or self.random.random() < RESET_RATE)
                ):
                    reset_at, forced = (
                        self.random.randrange(self.count),
                        -1 if queued == forced else forced,
                    )
                queued += 1
            if self.host_rate and self.random.random() < self.host_rate:
                self.host_request()
            starting = len(self.starts)
            await self.clock()
            if reset_at is not None and self.position == reset_at and self.flight and starting:
                await self.reset_in_sweep()
                queued, reset_at = self.completed, None
            self.run.steps = max(self.run.steps, self.completed)
        await self.drain()

    def host_request(self) -> None:
        """Something the host wants, at any time."""
        if self.random.random() < 0.5:
            self.load.queue.append(
                self.load_word(self.random.randrange(self.count), self.random_state())
            )
        if self.random.random() < 0.5:
            self.read.queue.append(self.read_slot.put(self.random.randrange(self.count)))

    async def drain(self) -> None:
        """Until every host request is served and the bank says that it is idle."""
        for _ in range(PATIENCE_CLOCKS):
            out = await self.clock()
            if not self.load.queue and not self.read.queue and not self.reading and out & self.idle:
                self.run.coverage.event("idle")
                return
        if self.load.queue or self.read.queue or self.reading:
            raise Stuck(self.what_is_missing())
        raise Stuck(f"waited {PATIENCE_CLOCKS} clocks for idle")

    async def reset_in_sweep(self) -> None:
        """Reset for a clock; then the memory must hold just the updates that were seen."""
        for source in (self.i, self.load, self.read):
            source.drop()
        await self.clock(reset=True)
        self.run.coverage.event("reset_in_sweep")
        dropped = {(id(sweep), synapse) for _, sweep, synapse in self.flight}
        sweeps = {id(sweep): sweep for _, sweep, _ in self.flight}
        current = self.current
        if current is not None and current.landed < self.count:
            self.memory = {n: v.copy() for n, v in self.memory.items()}
            for name, values in self.memory.items():  # updates land in order of address
                values[current.landed :] = current.before[name][current.landed :]
        for key, synapse in dropped:
            if sweeps[key] is not current:
                for name, values in self.memory.items():
                    values[synapse] = sweeps[key].before[name][synapse]
        self.flight.clear()
        self.reading.clear()
        self.waiting.clear()
        self.position, self.current = 0, None
        self.recent = self.run.pins.cycles
        await self.drain()
        await self.read_all()

    async def throughput(self) -> None:
        """Sweeps back to back with the stimulus always there: clocks from the first transfer of one
        to that of the next.
        """
        regimes = Regimes(self.run.rng, self.dut.inputs, self.count)
        self.starts.clear()
        await self.sweeps(THROUGHPUT_SWEEPS, lambda _: regimes.step(), resets=False)
        gaps = [b - a for a, b in zip(self.starts, self.starts[1:], strict=False)]
        span = int(self.timing["span_clocks"])
        want = self.count if self.count >= span else int(self.timing["sweep_clocks"])
        self.run.answer["cycles_per_sweep"] = max(gaps)
        for number, gap in enumerate(gaps):
            if gap != want:
                self.differ("cycles_per_sweep", want, gap, "full throughput", step=number)
        self.run.steps = self.run.synapse_steps = 0  # the run proper begins here

    async def main(self) -> None:
        """The whole run."""
        run, dut, recording = self.run, self.dut, self.run.recording
        await run.pins.start(0)
        if self.count <= POWER_ON_SYNAPSES:
            await self.read_all()
        await self.throughput()
        self.set_stalls(run.job.stall)
        if recording is None:
            await self.load_all(
                {n: corners(run.rng, form, self.count) for n, form in dut.state.items()}
            )
            await self.drain()
            await self.read_all()
            regimes = Regimes(run.rng, dut.inputs, self.count)
            self.host_rate = min(0.05, HOST_PER_SWEEP / self.count)
            await self.sweeps(run.job.steps, lambda _: regimes.step(), resets=True)
            self.host_rate = 0.0
        else:
            self.golden.load(recording.initial)
            await self.load_all(self.golden.state)
            steps = min(run.job.steps, recording.steps)
            await self.sweeps(
                steps, lambda k: {n: a[k] for n, a in recording.inputs.items()}, resets=False
            )
        final = await self.read_all()
        await self.drain()
        write_arrays(Path(run.job.arrays), final)
        run.answer["final_state"] = run.job.arrays


async def _body(run: Run) -> None:
    await BankBench(run).main()


@cocotb.test()  # type: ignore[untyped-decorator]
async def bank(top: Any) -> None:
    """Bench of the bank that the job names."""
    await run_bench(top, EVENTS, _body)
