"""One clock of a layer's bench: drive, sample, and compare with the golden layer."""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sc_model.golden import LayerRecording, PlasticLayer
from sc_sim.harness.job import Run
from sc_sim.harness.scoreboard import Stuck
from sc_sim.harness.streams import Sink, Source
from sc_sim.layer_words import Fields, Index, LayerWords, State

PATIENCE_CLOCKS = 1000  # without progress, beside four sweeps
RESET_SHARE = 0.02  # resets a clock times words of the layer: after one they are all loaded again
# The rule's coverage is not counted beyond so many updates: it costs more than the golden layer
COVERED_UPDATES = 2_000_000
Stimulus = dict[str, Any]  # arguments of PlasticLayer.step


@dataclass
class Step:
    """A step from its first transfer to its `done`.

    Members
    -------
    number : in the run.
    stimulus : arguments of the golden layer's step.
    expected : neurons that must fire, in their order.
    start, last : clocks of its first and last transfer; None before the last.
    neurons : those that have fired.
    """

    number: int
    stimulus: Stimulus
    expected: list[int]
    start: int
    last: int | None = None
    neurons: list[int] = field(default_factory=list)


class LayerClock:
    """Drivers, monitors and golden model of a layer, advanced clock by clock.

    Members
    -------
    golden : the model; it is a step ahead of the design while one is under way.
    host_state : the golden state with what the host has loaded since the last step; None if it has
        loaded nothing.
    read_state : a checkpoint that is filled by the words read back, while all are read.
    waiting : steps that the driver has, and which have not begun.
    pending : steps that have begun and are not done.
    position : row of the next transfer.
    queued_loads, queued_reads : requests of the host that the design has not taken.
    awaited_words : reads that are not answered: space, index, expected fields, step.
    queued_steps, completed : steps handed to the driver, and done.
    reset_in : clocks until a reset, None if none is due.
    counts_before : counts of the design when the golden layer, which has counts of its own, was put
        to its state after reset.
    last_progress : clock of the latest transfer or pulse.
    """

    def __init__(self, run: Run[LayerRecording]) -> None:
        self.run, self.dut = run, run.dut
        dut, drive, sense = run.dut, run.dut.drive, run.dut.sense
        self.layer, self.neuron = dut.layer
        self.place = dut.manifest["placement"]
        self.timing = {name: int(clocks) for name, clocks in dut.manifest["timing"].items()}
        self.rows, self.lanes = self.place["rows"], self.place["chains"] * self.place["columns"]
        self.covered_updates, self.stepping = 0, False
        self.golden = PlasticLayer(
            replace(dut.rule, update=self.covered_update), dut.params, self.layer, self.neuron
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
        # A layer with inhibition has the spikes in its neurons' words and in its control word. The
        # host must not change one of them alone.
        redundant = self.neuron.inhibition > 0 and not self.neuron.winner_take_all
        self.loadable = [
            space
            for space in self.words.spaces
            if not redundant or space not in ("neuron", "control")
        ]
        run.coverage.expect(*(name for name in self.flags if name in ("outcome", "decide")))
        self.waiting: deque[tuple[int, Stimulus]] = deque()
        self.pending: deque[Step] = deque()
        self.newest = Step(0, {}, [], 0)
        self.position = 0
        self.queued_loads: deque[tuple[str, Index, Fields]] = deque()
        self.queued_reads: deque[tuple[str, Index]] = deque()
        self.awaited_words: deque[tuple[str, Index, Fields, int]] = deque()
        self.host_state: State | None = None
        self.read_state: State | None = None
        self.completed = 0
        self.queued_steps = 0
        self.reset_in: int | None = None
        self.counters = [
            name for name in sense.slots if name == "updates" or name.startswith("saturated_")
        ]
        self.counts_before: Counter[str] = Counter()
        self.step_starts: list[int] = []
        self.step_ends: list[int] = []
        self.fired: list[list[int]] = []
        self.last_progress = 0
        self.host_rate = 0.0
        # resets a step
        self.reset_rate = RESET_SHARE * self.timing["sweep_clocks"] / len(self.words.everything)

    def covered_update(self, ops: Any, state: Any, inputs: Any, params: Any) -> Any:
        """The rule's update; counts coverage while the golden layer steps."""
        # the rule is also called with symbols, when the golden layer traces it
        if self.stepping and self.covered_updates < COVERED_UPDATES:
            self.covered_updates += self.dut.synapses
            read = {**vars(inputs), **self.golden.registers.settings}
            self.run.coverage.steps(vars(state), read)
        return self.dut.rule.update(ops, state, inputs, params)

    async def clock(self, reset: bool = False) -> int:
        """One clock of everything: drive, sample, compare."""
        word = self.readback.offer()
        for source in self.sources:
            if source.queue:
                word |= source.offer()
        out = await self.run.pins.clock(word | self.rst if reset else word)
        busy = bool(self.pending) or self.position != 0
        if out & self.idle and (busy or self.awaited_words):
            self.differ("idle", 0, 1, "idle")
        if out & self.pulses or (self.pending and self.pending[0].last is not None):
            self.monitor(out)
        if not reset:
            self.follow(out, busy)
        if (
            self.run.pins.cycles - self.last_progress
            > PATIENCE_CLOCKS + 4 * self.timing["sweep_clocks"]
        ):
            raise Stuck(self.timeout_text())
        return out

    def differ(self, name: str, expected: Any, got: Any, event: str, **more: Any) -> None:
        """Record a difference at this clock."""
        step = more.pop("step", self.pending[0].number if self.pending else self.run.steps)
        self.run.scoreboard.differ(
            field=name,
            expected=expected,
            got=got,
            step=step,
            clock=self.run.pins.cycles,
            event=event,
            **({"space": "step"} | more),
        )

    def monitor(self, out: int) -> None:
        """Compare spikes and the end of a step with the golden ones, and its latency."""
        clock = self.run.pins.cycles
        if not self.pending:
            self.differ(
                "done" if out & self.done else "spike", 0, 1, "pulse that no step asked for"
            )
            return
        step = self.pending[0]
        if out & self.spike:
            self.last_progress = clock
            neuron = self.dut.sense.slots["neuron"].get(out)
            want = (
                step.expected[len(step.neurons)] if len(step.neurons) < len(step.expected) else None
            )
            step.neurons.append(neuron)
            if neuron != want:
                self.differ(
                    "neuron", want, neuron, "spike", index=[neuron], inputs=self.described(step)
                )
            self.run.coverage.event("spike")
            if len(self.pending) > 1:
                self.run.coverage.event("overlap")
        late = step.last is not None and clock - step.last > self.timing["latency_clocks"]
        if out & self.done or late:
            self.last_progress = clock
            if late:
                self.differ("done", 1, 0, "done")
            latency = clock - step.last if step.last is not None else None
            if out & self.done and latency != self.timing["latency_clocks"]:
                self.differ("latency_clocks", self.timing["latency_clocks"], latency, "done")
            if len(step.neurons) < len(step.expected):
                neuron = step.expected[len(step.neurons)]
                self.differ(
                    "neuron", neuron, None, "done", index=[neuron], inputs=self.described(step)
                )
            self.pending.popleft()
            self.completed += 1
            self.run.synapse_steps += self.dut.synapses
            self.step_ends.append(clock)
            self.fired.append(step.neurons)
            if not step.expected:
                self.run.coverage.event("silent_step")

    def described(self, step: Step) -> dict[str, Any]:
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
            self.last_progress = clock
            self.check_word(word)
        elif self.readback.blocked(out):
            coverage.event("readback_stalled")
        if self.i.queue:
            if self.i.taken(out) is not None:
                self.last_progress = clock
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
                self.last_progress = clock
                coverage.event(source.name)
                if busy:
                    self.differ(f"{source.name}.ready", 0, 1, "host request granted in mid-step")
                if source is self.load:
                    self.words.store(self.state(), *self.queued_loads.popleft())
                else:
                    space, index = self.queued_reads.popleft()
                    self.awaited_words.append(
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
        """What the design must hold after the last whole step; the host's loads change it."""
        if self.host_state is None:
            self.host_state = self.golden.checkpoint()
        return self.host_state

    def begin(self) -> None:
        """The first transfer of a step: the golden layer takes it."""
        if self.host_state is not None:
            self.golden.restore(self.host_state)
            self.host_state = None
        number, stimulus = self.waiting.popleft()
        self.stepping = True
        modulators = dict(stimulus["modulators"])
        settings = self.golden.registers.settings
        settings |= {name: modulators.pop(name) for name in settings if name in modulators}
        fired = self.golden.step(**{**stimulus, "modulators": modulators})
        self.stepping = False
        self.newest = Step(number, stimulus, np.flatnonzero(fired).tolist(), self.run.pins.cycles)
        self.pending.append(self.newest)
        self.step_starts.append(self.run.pins.cycles)
        self.run.coverage.event("step")
        for name in self.flags:
            if stimulus[name]:
                self.run.coverage.event(name)

    def check_word(self, out: int) -> None:
        """Compare a word that was read back."""
        self.run.coverage.event("readback")
        if not self.awaited_words:
            self.differ("readback.valid", 0, 1, "word that no read asked for")
            return
        space, index, want, step = self.awaited_words.popleft()
        fields = self.words.fields_of(space, out)
        for name, value in want.items():
            if value is not None and fields[name] != value:
                self.differ(
                    name, value, fields[name], "readback", space=space, index=index, step=step
                )
        if self.read_state is not None:
            self.words.store(self.read_state, space, index, fields)

    def timeout_text(self) -> str:
        """Text of a timeout."""
        clocks = self.run.pins.cycles - self.last_progress
        if self.awaited_words:
            what = f"readback.valid for {self.awaited_words[0][0]} {list(self.awaited_words[0][1])}"
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
