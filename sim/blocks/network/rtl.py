"""A verilated network: the host loads it, steps are played, and all of it is read back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.spec import PLASTIC, IntFormat
from sc_sim.blocks.network.host import TEACH, NetworkHost, Readings
from sc_sim.blocks.network.output import Output
from sc_sim.blocks.network.records import Played, Reset, Stepped, flat
from sc_sim.blocks.network.steps import Steps
from sc_sim.clocks import Clocking
from sc_sim.driver.driver import Driver, Transfers
from sc_sim.driver.structures import ResetPulse
from sc_sim.layer_words import CheckpointWords, State
from sc_sim.network_design import read_network
from sc_sim.toolchain import SimulationError

# Clocks of the slowest domain that restarts and idle streams may take beside the ticks themselves
HANDSHAKE_CLOCKS = 400
NOT_YET = -1  # time of a pulse whose steps have not been taken


class NetworkRtl:
    """A verilated network.

    `start` makes a new one, as after power-on; the library serves any clocks.

    Members
    -------
    driver : the driver under it.
    dut : the build it is made of.
    spec : the network.
    output : how it gives its words.
    """

    def __init__(self, folder: Path, library: Path) -> None:
        """`library`: what `sc_sim.library` has built of that folder."""
        self.dut = read_network(folder)
        self.spec = self.dut.spec
        self.driver = Driver(self.dut, library)
        self._host = NetworkHost(self.dut)
        self._steps, self.output = Steps(self.spec), Output(self.spec)
        self._clocking: Clocking | None = None
        self._epochs = 0

    def start(self, clocking: Clocking, seed: int, waves: Path | None = None) -> None:
        """Make the network anew; see `Driver.start`."""
        self.driver.start(clocking, seed, waves)
        self._clocking, self._epochs = clocking, 0

    def close(self) -> None:
        """Let the network go; files of waves are complete from then on."""
        self.driver.close()

    @property
    def now_ps(self) -> int:
        """Time since the start."""
        return self.driver.now_ps

    @property
    def clocks(self) -> dict[str, int]:
        """Clocks of each domain since the start."""
        return self.driver.clocks

    @property
    def lesson_formats(self) -> dict[str, IntFormat]:
        """Formats of the modulators and flags that a plastic layer takes with each step."""
        return self._host.lesson_formats

    def _quiet_ps(self, stall: float) -> int:
        """Time in which something is transferred if it ever will be.

        That is twice the time of a tick of all layers, one after the other, of the sums that are
        wiped after a reset, and of the handshakes between them, which idle clocks make longer.
        """
        if self._clocking is None:
            raise ValueError("NetworkRtl must be started before it runs.")
        longest = {
            role: clock.period + clock.jitter + clock.drift
            for role, clock in self._clocking.clocks.items()
        }
        ticks = self.dut.manifest["timing"]["tick_clocks"]
        busy: int = sum(ticks[layer.name] * longest[layer.clock] for layer in self.spec.layers)
        for layer, row in zip(self.spec.layers, self.dut.manifest["layers"], strict=True):
            busy += row.get("clocks", {}).get("wipe", 0) * longest[layer.clock]
        busy += ticks.get(PLASTIC, 0) * longest[self.spec.layers[-1].clock]
        encoder = self.dut.manifest.get("encoder")
        if encoder is not None:  # shows a step in so many clocks, up to the next tick of each layer
            steps = self.spec.layers[-1].tick_interval
            busy += (encoder["values"] + steps * encoder["clocks"]["step"]) * max(longest.values())
        return 2 * busy + round(HANDSHAKE_CLOCKS / (1 - stall)) * max(longest.values())

    @property
    def plastic_words(self) -> CheckpointWords | None:
        """The words of the plastic layer, None without one."""
        return self._host.plastic

    def _pulses(self, resets: Sequence[Reset]) -> list[ResetPulse]:
        """Pulses as the driver takes them."""
        return [
            ResetPulse(
                self.dut.roles.index(reset.role),
                reset.after * self._steps.transfers,
                reset.delay_ps,
                reset.clocks,
                NOT_YET,
            )
            for reset in resets
        ]

    def _run(self, transfers: Transfers, stall: float, pulses: Sequence[ResetPulse] = ()) -> bool:
        i = transfers.sources[self.dut.sources.index("i")]
        i.group = self._steps.transfers
        done = self.driver.run(transfers, self._quiet_ps(stall), pulses)
        # The driver counts restarts from the start of the network on.
        self._epochs = max(self._epochs, i.epoch)
        return done

    def read(self, stall: float, plastic: State | None = None) -> Readings | None:
        """Read all that the host can read.

        Parameters
        ----------
        stall : probability of an idle clock on every stream.
        plastic : a checkpoint of the plastic layer's model, for the shapes; None without one.

        Returns by layer: parameters, traces, history (columns, max_delay), neurons, fresh; and of
        the plastic layer `<space>.<name>`. None where the network does not answer.
        """
        words = self._host.reads()
        room = {f"readback_{port.removeprefix('read_')}": len(rows) for port, rows in words.items()}
        transfers = Transfers(self.dut, words, room, room, stall)
        if not self._run(transfers, stall):
            return None
        readings = self._host.readings(transfers.words)
        if plastic is not None:
            words_back = transfers.words[f"readback_{PLASTIC}"]
            readings[PLASTIC] = flat(self._host.plastic_readings(words_back, plastic))
        return readings

    def read_states(self, plastic: State | None = None) -> tuple[Readings, State | None] | None:
        """What `read` returns, the plastic layer's part as a checkpoint of its model."""
        words = self._host.reads()
        room = {f"readback_{port.removeprefix('read_')}": len(rows) for port, rows in words.items()}
        transfers = Transfers(self.dut, words, room, room)
        if not self._run(transfers, 0.0):
            return None
        checkpoint = None
        if plastic is not None:
            words_back = transfers.words[f"readback_{PLASTIC}"]
            checkpoint = self._host.plastic_readings(words_back, plastic)
        return self._host.readings(transfers.words), checkpoint

    def write(
        self,
        state: Mapping[str, Mapping[str, ArrayLike]],
        *,
        fresh: bool,
        plastic: State | None = None,
    ) -> bool:
        """Load every layer's parameters and state; see `NetworkHost.state_loads`.

        `plastic`: the plastic layer's checkpoint. Returns whether all words were taken.
        """
        words = self._host.state_loads(state, fresh=fresh) | self._host.plastic_loads(plastic or {})
        return self._run(Transfers(self.dut, words, {}, {}), 0.0)

    def take(
        self, inputs: NDArray[np.uint8], teach: Mapping[str, NDArray[np.int64]], room: int
    ) -> Stepped | None:
        """Take steps, without idle clocks, until nothing is transferred any more.

        Parameters
        ----------
        inputs : spikes of the steps, (T, inputs).
        teach : of each of the plastic layer's own steps among them, by name.
        room : words of stream `o` to keep.

        Returns the words of stream `o`; None where the network has not taken all steps.
        """
        words = {"i": self._steps.words(inputs)}
        if teach:
            words |= self._host.lessons(teach)
        places = (room + 1) * self.output.transfers
        transfers = Transfers(self.dut, words, {"o": places}, {"o": -1})
        return (
            self.output.words(self._output_words(transfers)) if self._run(transfers, 0.0) else None
        )

    def sample(
        self, inputs: NDArray[np.uint8], room: int
    ) -> tuple[Stepped, NDArray[np.int64]] | None:
        """Reset the network, whose parameters stay, and play a sample.

        Parameters
        ----------
        inputs : spikes of the steps, (T, inputs).
        room : words of stream `o` that the sample has; the run ends with the last of them.

        Returns these words, and clocks of the first layer from the reset to each of them; None
        where they do not come.
        """
        if self._clocking is None:
            raise ValueError("NetworkRtl must be started before it runs.")
        role = self.spec.layers[0].clock
        pulses = self._pulses([Reset(role, 0)])
        if self._clock_comes_back:  # clocks count from when the reset is over
            self.reset()
            pulses = []
        before = self.clocks[role]
        places = {"o": room * self.output.transfers}
        transfers = Transfers(self.dut, {"i": self._steps.words(inputs)}, places, places)
        if not self._run(transfers, 0.0, pulses):
            return None
        words = self.output.words(self._output_words(transfers))
        until_the_last = (words.times_ps[-1:] - words.times_ps) // self._clocking.clocks[
            role
        ].period
        return words, self.clocks[role] - before - until_the_last

    @property
    def _clock_comes_back(self) -> bool:
        """Whether layers of one clock have one of another clock between them.

        Then those behind it restart those in front of it once more, a while after a reset, and
        steps that are taken meanwhile are void.
        """
        clocks = [layer.clock for layer in self.spec.layers]
        runs = [clock for clock, after in pairwise([*clocks, None]) if clock != after]
        return len(runs) > len(self.spec.roles)

    def reset(self, *, rest: bool = False) -> bool:
        """Reset the network, whose parameters stay; whether it has restarted.

        With `rest` it is at rest afterwards, in all clocks; without, the reset may only have begun.
        """
        rest |= self._clock_comes_back
        pulses = self._pulses([Reset(self.spec.layers[0].clock, 0)])
        counts = {"o": -1} if rest else {}
        return self._run(Transfers(self.dut, {}, {}, counts), 0.0, pulses)

    def answer(self, words: Stepped) -> tuple[int, NDArray[np.int64]]:
        """What a readout answers by the ticks since the reset, and the neurons' scores.

        Parameters
        ----------
        words : those of stream `o` since then, one at least.

        Raises
        ------
        SimulationError
            the host's reads get no answers.
        """
        bits = words.bits[-1, self.spec.layers[-1].neurons :]
        scores = self._scores()
        if scores is None:
            raise SimulationError(f"design {self.dut.manifest['id']} answers no read.")
        return int(bits @ (1 << np.arange(len(bits)))), scores

    def _scores(self) -> NDArray[np.int64] | None:
        """The scores of the last layer's neurons; None where the network does not answer."""
        port, words = self._host.score_reads()
        room = {f"readback_{port.removeprefix('read_')}": len(words)}
        transfers = Transfers(self.dut, {port: words}, room, room)
        if not self._run(transfers, 0.0):
            return None
        (answers,) = (transfers.words[name] for name in room)
        return self._host.score_readings(answers)

    def trace(self, path: Path) -> None:
        """Write all signals from now on; see `Driver.trace`."""
        self.driver.trace(path)

    def play(
        self,
        parameters: Mapping[str, NDArray[Any]] | None,
        inputs: NDArray[np.uint8],
        stall: float,
        resets: Sequence[Reset] = (),
        seed: int = 0,
        plastic: State | None = None,
        teach: Mapping[str, NDArray[np.int64]] | None = None,
        spaces: Collection[str] = (),
    ) -> Played:
        """Load all parameters and play steps, until nothing is transferred any more.

        Parameters
        ----------
        parameters : of all layers, by `<layer>.<name>`; None for those that are there, and a reset
            of the network, which is idle, in front of the steps.
        inputs : spikes of the steps, (T, inputs).
        stall : probability of an idle clock on every stream.
        resets : pulses.
        seed : of what is loaded beside the parameters.
        plastic : the plastic layer's state at the beginning; None for what it has.
        teach : its modulators and flags in each of its own steps, by name. Behind a pulse it may be
            taught less than that.
        spaces : of the plastic layer that are loaded; none for all.
        """
        clocks_before = self.clocks
        words = {"i": self._steps.words(inputs)}
        # a layer that is faster than its producer may tick on its own after each restart
        longest_interval = max(layer.tick_interval for layer in self.spec.layers)
        room = len(inputs) * self.spec.shown_steps
        room += (1 + 2 * len(resets)) * longest_interval
        if parameters is not None:
            words |= self._host.loads(parameters, np.random.default_rng(seed))
        else:
            self.reset(rest=True)
        words |= {} if plastic is None else self._host.plastic_loads(plastic, spaces)
        words |= self._host.lessons(teach or {})
        places = {"o": room * self.output.transfers}
        transfers = Transfers(self.dut, words, places, {"o": -1}, stall)
        words_of = {layer.name: self.spec.slices(at) for at, layer in enumerate(self.spec.layers)}
        logs = [
            transfers.log(number, room * max(1, words_of[capture.layer]), capture.bits)
            for number, capture in enumerate(self.dut.captures)
        ]
        first_epoch, pulses = self._epochs, self._pulses(resets)
        self._run(transfers, stall, pulses)
        i = transfers.sources[self.dut.sources.index("i")]
        epochs = transfers.epochs["i"][: i.done]
        taken = self._steps.taken(
            inputs,
            np.where(epochs < 0, epochs, epochs - first_epoch).astype(np.int32),
            transfers.times["i"][: i.done],
        )
        counts = self._counts(transfers) | {"accepted": len(taken.inputs)}
        counts |= {f"clocks_{role}": n - clocks_before[role] for role, n in self.clocks.items()}
        # Of the lessons some may be left where a reset has voided steps.
        may_be_left = {f"{TEACH}.ready"} if resets else set()
        times = [pulse.at for pulse in pulses if not pulse.clocks]
        return Played(
            not set(transfers.unfinished()) - may_be_left,
            taken,
            self._epochs - first_epoch + 1,
            self._output_words(transfers),
            self._crossed(transfers, logs),
            counts | self._crossing_counts(transfers),
            self._taught(transfers),
            min(times, default=None),
        )

    def _taught(self, transfers: Transfers) -> NDArray[np.int64]:
        """Times at which lessons were taken."""
        if TEACH not in self.dut.sources:
            return np.zeros(0, np.int64)
        count = transfers.sources[self.dut.sources.index(TEACH)].done
        return transfers.times[TEACH][:count]

    def _output_words(self, transfers: Transfers) -> Stepped:
        """Transfers of stream `o`; with a readout its answer is behind the spikes."""
        fields = self.dut.ports["o__payload"]["fields"]
        channels = sum(int(field["width"]) for field in fields if field["name"] != "step")
        count = transfers.sinks[self.dut.sinks.index("o")].done
        return Stepped.unpack(
            transfers.words["o"][:count],
            self.spec.step_bits,
            channels,
            transfers.epochs["o"][:count],
            transfers.times["o"][:count],
        )

    def _crossed(
        self, transfers: Transfers, logs: Sequence[tuple[NDArray[np.uint64], NDArray[np.int64]]]
    ) -> dict[str, Stepped]:
        """Words of each crossing, by the layer that takes them."""
        crossed = {}
        for log, capture, (words, times) in zip(
            transfers.logs, self.dut.captures, logs, strict=False
        ):
            channels = capture.bits - self.spec.step_bits
            no_epochs = np.zeros(len(words[: log.done]), np.int32)
            crossed[capture.layer] = Stepped.unpack(
                words[: log.done], self.spec.step_bits, channels, no_epochs, times[: log.done]
            )
        return crossed

    def _counts(self, transfers: Transfers) -> dict[str, int]:
        """Events and violations at the network's ends."""
        i = transfers.sources[self.dut.sources.index("i")]
        o = transfers.sinks[self.dut.sinks.index("o")]
        return {
            "accepted": i.done,
            "i_idle": i.idled,
            "i_blocked": i.blocked,
            "o_words": o.done,
            "o_idle": o.idled,
            "o_blocked": o.blocked,
            "unstable": sum(sink.unstable for sink in transfers.sinks),
            "taken_in_restart": self.driver.taken_in_restart,
            "together": self.driver.edges_together,
            **dict(zip(self.dut.watches, transfers.watched, strict=False)),
        }

    def _crossing_counts(self, transfers: Transfers) -> dict[str, int]:
        """Words, torn words, and bits in the window and taken late, of each crossing."""
        counts: dict[str, int] = {}
        for log, capture in zip(transfers.logs, self.dut.captures, strict=False):
            counts[f"crossed_{capture.layer}"] = log.done
            counts[f"torn_{capture.layer}"] = log.torn
            counts |= dict.fromkeys((f"windows_{capture.layer}", f"late_{capture.layer}"), 0)
        for count, register in zip(transfers.counts, self.dut.synchronisers, strict=False):
            counts[f"windows_{register.layer}"] += count.windows
            counts[f"late_{register.layer}"] += count.late
        return counts
