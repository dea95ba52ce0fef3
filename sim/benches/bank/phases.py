"""The phases of a bank's bench, and what it does between clocks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

from sc_model.golden.registers import Registers
from sc_sim.benches.bank.clock import PATIENCE_CLOCKS, Arrays, BankClock, Sweep
from sc_sim.files import write_arrays
from sc_sim.harness.scoreboard import Stuck
from sc_sim.stimulus import Regimes, corners, uniform

# Larger banks are not read back before they are loaded: it costs clocks and shows nothing new
POWER_ON_SYNAPSES = 4096
THROUGHPUT_SWEEPS = 3
HOST_PER_SWEEP = 1.5  # loads and reads that a host asks for on average
RESET_RATE = 1 / 25  # resets per sweep
REGISTER = "random__state"  # output: the register behind random inputs


class BankBench(BankClock):
    """A bank's bench: its phases, from power-on to the last word that is read back."""

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
        self.read_words.clear()
        self.read.queue.extend(self.read_slot.put(address) for address in range(self.count))
        while self.read.queue or self.awaited_words:
            await self.clock()
        slots = self.dut.sense.slots
        words = self.read_words[: self.count]
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

    async def sweeps(self, goal: int, stimulus: Callable[[int], Arrays], resets: bool) -> None:
        """Run sweeps until `goal` of them are complete.

        Parameters
        ----------
        goal : sweeps.
        stimulus : the inputs of each by its number.
        resets : whether the bank is reset at random, and once in any case.
        """
        self.completed = queued = 0
        forced = goal // 2  # sweep with a reset whatever the dice say: there is one at least
        reset_at: int | None = None
        self.last_progress = self.run.pins.cycles
        while self.completed < goal:
            if queued < goal and len(self.i.queue) <= self.count:
                self.queue_sweep(queued, stimulus(queued))
                if (
                    resets
                    and reset_at is None
                    and (queued == forced or self.random.random() < RESET_RATE)
                ):
                    reset_at = self.random.randrange(self.count)
                    forced = -1 if queued == forced else forced
                queued += 1
            if self.host_rate and self.random.random() < self.host_rate:
                self.host_request()
            starting = len(self.sweep_starts)
            await self.clock()
            if reset_at is not None and self.position == reset_at and self.in_flight and starting:
                await self.reset_in_sweep()
                queued, reset_at = self.completed, None
            self.run.steps = max(self.run.steps, self.completed)
        await self.drain()

    def host_request(self) -> None:
        """Queue a load, a read, both or neither, of random synapses."""
        if self.random.random() < 0.5:
            self.load.queue.append(
                self.load_word(self.random.randrange(self.count), self.random_state())
            )
        if self.random.random() < 0.5:
            self.read.queue.append(self.read_slot.put(self.random.randrange(self.count)))

    async def drain(self) -> None:
        """Wait until every request of the host is served and the bank is idle."""
        for _ in range(PATIENCE_CLOCKS):
            out = await self.clock()
            if (
                not self.load.queue
                and not self.read.queue
                and not self.awaited_words
                and out & self.idle
            ):
                self.run.coverage.event("idle")
                return
        if self.load.queue or self.read.queue or self.awaited_words:
            raise Stuck(self.timeout_text())
        raise Stuck(f"waited {PATIENCE_CLOCKS} clocks for idle")

    async def reset_in_sweep(self) -> None:
        """Reset for a clock, and read all back: the memory must hold the updates that were seen.

        Updates in flight are lost: their synapses keep the state from before the sweep.
        """
        for source in (self.i, self.load, self.read):
            source.drop()
        await self.clock(reset=True)
        self.run.coverage.event("reset_in_sweep")
        dropped = {(id(sweep), synapse) for _, sweep, synapse in self.in_flight}
        sweeps = {id(sweep): sweep for _, sweep, _ in self.in_flight}
        current = self.current
        if current is not None and current.updates < self.count:
            self.memory = {n: v.copy() for n, v in self.memory.items()}
            for name, values in self.memory.items():  # updates land in order of address
                values[current.updates :] = current.before[name][current.updates :]
        for key, synapse in dropped:
            if sweeps[key] is not current:
                for name, values in self.memory.items():
                    values[synapse] = sweeps[key].before[name][synapse]
        self.golden.registers.lfsr = Registers.FIRST
        self.in_flight.clear()
        self.awaited_words.clear()
        self.waiting.clear()
        self.position, self.current = 0, None
        self.last_progress = self.run.pins.cycles
        await self.drain()
        await self.read_all()

    async def throughput(self) -> None:
        """Measure clocks from sweep to sweep, with the stimulus always valid.

        A clock counts from the first transfer of a sweep to the first of the next.
        """
        regimes = Regimes(self.run.rng, self.dut.inputs, self.count)
        self.sweep_starts.clear()
        await self.sweeps(THROUGHPUT_SWEEPS, lambda _: regimes.step(), resets=False)
        gaps = [later - start for start, later in pairwise(self.sweep_starts)]
        span = int(self.timing["span_clocks"])
        want = self.count if self.count >= span else int(self.timing["sweep_clocks"])
        self.run.answer["cycles_per_sweep"] = max(gaps)
        for number, gap in enumerate(gaps):
            if gap != want:
                self.differ("cycles_per_sweep", want, gap, "full throughput", step=number)
        self.run.steps = self.run.synapse_steps = 0  # what was measured is no part of the run
        self.check_register()

    def check_register(self) -> None:
        """Compare the register behind random inputs, of an idle bank."""
        if self.dut.draws:
            register = self.dut.sense.slots[REGISTER].get(self.out)
            if register != self.golden.registers.lfsr:
                self.differ(REGISTER, self.golden.registers.lfsr, register, "idle")

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
            self.set({n: int(uniform(run.rng, f.lo, f.hi, 1)[0]) for n, f in dut.settings.items()})
            self.host_rate = min(0.05, HOST_PER_SWEEP / self.count)
            await self.sweeps(run.job.steps, lambda _: regimes.step(), resets=True)
            self.host_rate = 0.0
        else:
            register = self.golden.registers.lfsr
            self.golden.load(recording.initial)
            self.golden.registers.lfsr = register  # loads of words leave the register as it is
            await self.load_all(self.golden.state)
            steps = min(run.job.steps, recording.steps)
            await self.sweeps(
                steps, lambda k: {n: a[k] for n, a in recording.inputs.items()}, resets=False
            )
        final = await self.read_all()
        await self.drain()
        self.check_register()
        write_arrays(Path(run.job.arrays), final)
        run.answer["final_state"] = run.job.arrays
