"""The ctypes driver of a verilated design, with one clock or several."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.environment import load_library
from sc_model.spec import ConfigError
from sc_sim.bits import Words, words_of
from sc_sim.blocks import events_of
from sc_sim.clocks import Clocking
from sc_sim.design import Dut
from sc_sim.driver.header import sink_ports
from sc_sim.driver.structures import BitCount, Log, ResetPulse, Sink, Source

HOST = ("load_", "read_")  # begin the names of streams of a network's host


class Transfers:
    """Arguments of one run: the driver's structures, and the arrays that they point to.

    Members
    -------
    words, epochs, times : by stream; of each word its payload, the restarts before it, and its time
        in ps. The arrays of an output stream are as long as its room.
    sources, sinks, logs, counts : the driver's structures, in the order of the design's streams,
        captures and synchronisers.
    watched : high clocks of each watched output.
    """

    def __init__(
        self,
        dut: Dut,
        words: Mapping[str, Words],
        room: Mapping[str, int],
        wanted: Mapping[str, int],
        stall: float = 0.0,
    ) -> None:
        """Prepare a run.

        Parameters
        ----------
        dut : the design.
        words : payloads for input streams, shape (n, words); the others get none.
        room : words of each output stream or event to keep.
        wanted : words of each to wait for, 0 for those not named, -1 for all that come.
        stall : probability of an idle clock on every stream.
        """
        self.epochs: dict[str, NDArray[np.int32]] = {}
        self.times: dict[str, NDArray[np.int64]] = {}
        self.words: dict[str, Words] = {}
        self.source_names = dut.sources
        outputs = sink_ports(dut, events_of(dut.block))
        self.sink_names = tuple(outputs)
        # ctypes has no arrays of no elements that a C function could be given
        self.sources = (Source * max(1, len(self.source_names)))()
        self.sinks = (Sink * max(1, len(outputs)))()
        for source, name in zip(self.sources, self.source_names, strict=False):
            payloads = np.ascontiguousarray(words.get(name, np.zeros((0, 1))), np.uint64)
            self._attach(source, name, payloads)
            source.count, source.idle = len(payloads), stall
            source.host = name.startswith(HOST)
        for sink, (name, ports) in zip(self.sinks, outputs.items(), strict=False):
            width = sum(words_of(int(dut.ports[port]["width"])) for port in ports)
            self._attach(sink, name, np.zeros((room.get(name, 0), width), np.uint64))
            sink.room, sink.wanted, sink.idle = room.get(name, 0), wanted.get(name, 0), stall
        self.logs = (Log * max(1, len(dut.captures)))()
        self.counts = (BitCount * max(1, len(dut.synchronisers)))()
        self.watched = (ctypes.c_int64 * max(1, len(dut.watches)))()
        self._log_arrays: list[tuple[Words, NDArray[np.int64]]] = []

    def _attach(self, stream: Source | Sink, name: str, words: Words) -> None:
        """Give a stream its arrays; they live as long as this object."""
        self.words[name] = words
        self.epochs[name] = np.zeros(len(words), np.int32)
        self.times[name] = np.zeros(len(words), np.int64)
        stream.words, stream.epochs, stream.times = (
            arrays[name].ctypes.data for arrays in (self.words, self.epochs, self.times)
        )

    def log(self, number: int, room: int, bits: int) -> tuple[Words, NDArray[np.int64]]:
        """Make room for the words that a capture takes; their payloads and times."""
        words, times = np.zeros((room, words_of(bits)), np.uint64), np.zeros(room, np.int64)
        self._log_arrays.append((words, times))
        log = self.logs[number]
        log.words, log.times, log.room = words.ctypes.data, times.ctypes.data, room
        return words, times

    def unfinished(self) -> list[str]:
        """What the run has waited for: input streams as `<name>.ready`, outputs by name."""
        stuck = [
            f"{name}.ready"
            for name, source in zip(self.source_names, self.sources, strict=False)
            if source.done < source.count
        ]
        short = [
            name
            for name, sink in zip(self.sink_names, self.sinks, strict=False)
            if sink.done < sink.wanted
        ]
        return stuck + short


class Driver:
    """A verilated design under clocks of its own.

    Members
    -------
    dut : the build it is made of.
    """

    def __init__(self, dut: Dut, library: Path) -> None:
        """Load a library; `start` makes the design.

        Parameters
        ----------
        dut : the build.
        library : what `sc_sim.driver.library` has built of it.
        """
        self.dut = dut
        self._library = load_library(library)
        self._library.rtl_new.restype = ctypes.c_void_p
        for name in ("rtl_run", "rtl_transact", "rtl_trace", "rtl_play"):
            getattr(self._library, name).restype = ctypes.c_bool
        for name in ("rtl_edges", "rtl_now", "rtl_edges_together", "rtl_taken_in_restart"):
            getattr(self._library, name).restype = ctypes.c_int64
        self._design: ctypes.c_void_p | None = None

    @property
    def _handle(self) -> ctypes.c_void_p:
        """The design in the library, which would end this process if it were given none."""
        if self._design is None:
            raise ConfigError(
                "Verilog that was closed, or not started, can't be simulated: open the device"
                " again, or call `start`."
            )
        return self._design

    def start(self, clocking: Clocking, seed: int = 0, waves: Path | None = None) -> None:
        """Make the design anew, as after power-on.

        Parameters
        ----------
        clocking : clocks of all domains.
        seed : of all that is random in the driver: idle clocks, jitter, and bits that miss an edge.
        waves : file for all signals, or None.

        Raises
        ------
        ValueError
            The clocks are of other roles, or the library can't write waves.
        """
        self.close()
        if set(clocking.clocks) != set(self.dut.roles):
            raise ValueError(
                f"clocks must be those of {', '.join(self.dut.roles)}, not of"
                f" {', '.join(clocking.clocks)}."
            )
        self._design = ctypes.c_void_p(self._library.rtl_new())
        if waves is not None:
            self.trace(waves)
        for number, role in enumerate(self.dut.roles):
            clock = clocking.clocks[role]
            numbers = (clock.period, clock.phase, clock.jitter, clock.drift)
            self._library.rtl_clock(self._handle, number, *map(ctypes.c_int64, numbers))
        self._library.rtl_begin(
            self._handle, ctypes.c_uint64(seed), ctypes.c_double(clocking.window)
        )

    def trace(self, path: Path) -> None:
        """Write all signals from now on; ValueError for a library that was built without waves."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if not self._library.rtl_trace(self._handle, str(path).encode()):
            raise ValueError(
                "waves need a library that was built with them: build_library(folder, waves=True)."
            )

    def close(self) -> None:
        """Let the design go; files of waves are complete from then on."""
        if self._design is not None:
            self._library.rtl_delete(self._design)
            self._design = None

    def __del__(self) -> None:
        if getattr(self, "_design", None) is not None:
            self.close()

    @property
    def now_ps(self) -> int:
        """Time since the start."""
        return int(self._library.rtl_now(self._handle))

    @property
    def clocks(self) -> dict[str, int]:
        """Rising edges of each domain since the start."""
        return {
            role: int(self._library.rtl_edges(self._handle, number))
            for number, role in enumerate(self.dut.roles)
        }

    @property
    def edges_together(self) -> int:
        """How often rising edges of several domains have fallen together since the start."""
        return int(self._library.rtl_edges_together(self._handle))

    @property
    def taken_in_restart(self) -> int:
        """Words that the design has taken while it restarted, which is a fault."""
        return int(self._library.rtl_taken_in_restart(self._handle))

    def run(self, transfers: Transfers, quiet_ps: int, resets: Sequence[ResetPulse] = ()) -> bool:
        """Transfer words until all are taken and enough has come out.

        Parameters
        ----------
        transfers : words and room for words.
        quiet_ps : time without a transfer after which the run ends.
        resets : pulses; afterwards `at` of each is its time and, once it has come, `clocks` 0.

        Returns whether all words were taken and all outputs gave what was wanted.
        """
        pulses = (ResetPulse * max(1, len(resets)))(*resets)
        done = bool(
            self._library.rtl_run(
                self._handle,
                transfers.sources,
                transfers.sinks,
                pulses,
                ctypes.c_int64(len(resets)),
                transfers.watched,
                transfers.logs,
                transfers.counts,
                ctypes.c_int64(quiet_ps),
            )
        )
        for reset, pulse in zip(resets, pulses, strict=False):
            reset.at, reset.clocks = pulse.at, pulse.clocks
        return done

    def run_at_full_speed(self, transfers: Transfers, patience_clocks: int) -> bool:
        """Transfer words through a design with one clock, without idle clocks.

        Of the results there are only the numbers of words, and `words` and `times` of the sinks.
        Times are clocks, 0 for the first one of the call.

        Parameters
        ----------
        transfers : words and room for words.
        patience_clocks : clocks without a transfer after which the run ends.

        Returns whether all words were taken and all outputs gave what was wanted.
        """
        return bool(
            self._library.rtl_transact(
                self._handle, transfers.sources, transfers.sinks, ctypes.c_int64(patience_clocks)
            )
        )

    def play_ports(self, count: int, inputs: Any, outputs: Any) -> None:
        """Give every input of a design with one clock a value for each of `count` clocks.

        Parameters
        ----------
        count : clocks.
        inputs : ctypes array of `structures.Array`, in the order of `header.input_ports`.
        outputs : ctypes array of addresses, in the order of `header.output_ports`; null for none.
        """
        if not self._library.rtl_play(self._handle, ctypes.c_int64(count), inputs, outputs):
            raise ValueError(
                f"design {self.dut.manifest['id']} has {len(self.dut.roles)} clocks: its ports"
                " can't be played clock by clock; use `run`."
            )
