"""One clock of a bank's bench: drive, sample, and compare with the golden bank."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.golden import Bank, Recording
from sc_sim.harness.job import Run
from sc_sim.harness.scoreboard import Stuck
from sc_sim.harness.streams import Sink, Source

PATIENCE_CLOCKS = 1000  # without progress, beside four times the bank's pipeline

Arrays = dict[str, NDArray[Any]]


@dataclass
class Sweep:
    """One sweep over all synapses.

    Members
    -------
    number : in the run.
    inputs : stimulus by name, (N,) each.
    before : golden states before it, once it has begun.
    expected : words of ports `updated_*` that must come, once it has begun.
    updates : how many have come.
    """

    number: int
    inputs: Arrays
    before: Arrays
    expected: list[int]
    updates: int = 0


class BankClock:
    """Drivers, monitors and golden model of a bank, advanced clock by clock.

    Members
    -------
    memory : what the bank's memory must hold, by field, (N,).
    waiting : sweeps whose stimulus the driver has, and which have not begun.
    current : the sweep of the latest transfer.
    position : synapse of the next transfer.
    in_flight : transfers whose update has not come: their clock, sweep and synapse.
    awaited_words : reads that are not answered: address, expected word, step.
    read_words : words read back, in their order.
    completed : sweeps of which all updates have come.
    sweep_starts : clocks of first transfers.
    last_progress : clock of the latest transfer or update.
    host_rate : probability of a request of the host in a clock.
    out : outputs of the latest clock.
    """

    def __init__(self, run: Run[Recording]) -> None:
        self.run, self.dut = run, run.dut
        dut, drive, sense = run.dut, run.dut.drive, run.dut.sense
        self.count = dut.synapses
        self.timing = dut.manifest["timing"]
        self.golden = Bank(dut.rule, dut.params, self.count, fed=dut.fed)
        # the memory is 0 at power-on
        self.memory: Arrays = {name: np.zeros(self.count, run.dtype) for name in dut.state}
        self.random = random.Random(run.job.seed)
        self.i = Source(dut, "i", 0.0, self.random)
        self.load = Source(dut, "load", 0.0, self.random)
        self.read = Source(dut, "read", 0.0, self.random)
        self.readback = Sink(dut, "readback", 0.0, self.random)
        self.rst = drive.slots["rst"].mask
        self.settings_word = 0  # drive word of the run-time parameters, which stay through a sweep
        self.set({})
        self.updated = sense.slots["updated"].mask
        self.update_mask = sense.slots["updated_address"].mask | sense.slots["updated_state"].mask
        self.readback_mask = sense.slots["readback__payload"].mask
        self.idle = sense.slots["idle"].mask
        self.address_slot = drive.slots["load__payload.address"]
        self.read_slot = drive.slots["read__payload"]
        self.waiting: deque[Sweep] = deque()
        self.current: Sweep | None = None
        self.position = 0
        self.in_flight: deque[tuple[int, Sweep, int]] = deque()
        self.awaited_words: deque[tuple[int, int, int]] = deque()
        self.read_words: list[int] = []
        self.completed = 0
        self.sweep_starts: list[int] = []
        self.last_progress = 0
        self.host_rate = 0.0
        self.out = 0

    async def clock(self, reset: bool = False) -> int:
        """One clock of everything: drive, sample, compare."""
        word = (
            self.settings_word
            | self.i.offer()
            | self.load.offer()
            | self.read.offer()
            | self.readback.offer()
        )
        out = self.out = await self.run.pins.clock(word | self.rst if reset else word)
        busy = bool(self.in_flight) or self.position != 0
        if out & self.idle and busy:
            self.differ("idle", 0, 1, "idle")
        self.monitor(out)
        if not reset:
            self.transfers(out, busy)
        patience = PATIENCE_CLOCKS + 4 * int(self.timing["span_clocks"])
        if self.run.pins.cycles - self.last_progress > patience:
            raise Stuck(self.timeout_text())
        return out

    def set(self, values: dict[str, int]) -> None:
        """Change run-time parameters, while the bank is idle."""
        settings = self.golden.registers.settings
        settings |= values
        self.settings_word = sum(self.dut.drive.slots[n].put(v) for n, v in settings.items())

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
        """Compare an update with the golden one, and its latency with the manifest's."""
        if out & self.updated:
            if not self.in_flight:
                self.differ("updated", 0, 1, "update that no transfer asked for")
                return
            self.last_progress = self.run.pins.cycles
            clock, sweep, synapse = self.in_flight.popleft()
            want = sweep.expected[synapse]
            if out & self.update_mask != want:
                self.compare_update(out, want, sweep, synapse)
            latency, want = self.run.pins.cycles - clock, self.timing["latency_clocks"]
            if latency != want:
                self.differ(
                    "latency_clocks", want, latency, "update", synapse=synapse, step=sweep.number
                )
            self.count_update(sweep)
        elif (
            self.in_flight
            and self.run.pins.cycles - self.in_flight[0][0] > self.timing["latency_clocks"]
        ):
            _, sweep, synapse = self.in_flight.popleft()
            self.differ("updated", 1, 0, "update", synapse=synapse, step=sweep.number)
            self.count_update(sweep)

    def count_update(self, sweep: Sweep) -> None:
        """Count an update."""
        sweep.updates += 1
        self.run.synapse_steps += 1
        if sweep.updates == self.count:
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
            self.last_progress = clock
            self.check_word(word)
        if self.i.taken(out) is not None:
            self.last_progress = clock
            sweep = self.begin() if self.position == 0 or self.current is None else self.current
            self.in_flight.append((clock, sweep, self.position))
            self.position = (self.position + 1) % self.count
            busy = True
        for source in (self.load, self.read):
            if (word := source.taken(out)) is not None:
                self.last_progress = clock
                coverage.event(source.name)
                if busy:
                    self.differ(f"{source.name}.ready", 0, 1, "host request granted in mid-sweep")
                if source is self.load:
                    self.note_load(word)
                else:
                    address = self.read_slot.get(word)
                    self.awaited_words.append((address, self.word_of(address), self.run.steps))

    def begin(self) -> Sweep:
        """The first transfer of a sweep: run the golden model on what the memory holds now."""
        self.current = sweep = self.waiting.popleft()
        self.sweep_starts.append(self.run.pins.cycles)
        sweep.before = self.memory
        registers = self.golden.registers
        state = registers.lfsr
        settings = {name: np.asarray(value) for name, value in registers.settings.items()}
        read: Arrays = {**sweep.inputs, **settings, **registers.draw(self.count)}
        registers.lfsr = state
        self.golden.restore(self.memory)
        after = self.golden.step(sweep.inputs)
        self.memory = {name: np.array(values) for name, values in after.items()}
        sweep.expected = self.dut.sense.pack(
            {
                "updated_address": np.arange(self.count),
                **{f"updated_state.{n}": v for n, v in self.memory.items()},
            }
        )
        self.run.coverage.steps(sweep.before, read)
        self.run.coverage.event("update", self.count)
        return sweep

    def note_load(self, word: int) -> None:
        """Note a load that was taken: whatever follows must find it in the memory."""
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

    def check_word(self, word: int) -> None:
        """Compare a word that was read back."""
        self.run.coverage.event("readback")
        self.read_words.append(word & self.readback_mask)
        if not self.awaited_words:
            self.differ("readback.valid", 0, 1, "word that no read asked for")
            return
        address, want, step = self.awaited_words.popleft()
        for name in self.dut.state if word & self.readback_mask != want else ():
            slot = self.dut.sense.slots[f"readback__payload.{name}"]
            if slot.get(word) != slot.get(want):
                self.differ(
                    name, slot.get(want), slot.get(word), "readback", synapse=address, step=step
                )

    def timeout_text(self) -> str:
        """Text of a timeout."""
        clocks = self.run.pins.cycles - self.last_progress
        if self.in_flight:
            _, sweep, synapse = self.in_flight[0]
            what = f"the update of synapse {synapse} in sweep {sweep.number}"
        elif self.awaited_words:
            what = f"readback.valid for synapse {self.awaited_words[0][0]}"
        elif self.load.offered or self.read.offered:
            what = "load.ready" if self.load.offered else "read.ready"
        else:
            what = f"i.ready for synapse {self.position} in sweep {self.completed}"
        return f"waited {clocks} clocks for {what}"
