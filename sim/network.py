"""A verilated network in this process, under any clocks: words in, words out, resets at any time.
Loads what `sim.library` built.

`NetworkRtl.start` makes a new one, as after power-on; the library is the same for all clocks.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.spec import PLASTIC, IntFormat, TrainedLayerSpec
from sim.clocks import Clocking
from sim.layer_words import CheckpointWords, State
from sim.network_design import NetworkDut, read_network
from sim.rtl import Words, get_bits, put_bits

# Clocks of the slowest domain that restarts and idle streams may take beside the ticks themselves
_HANDSHAKES = 400


TEACH = "teach"
HOST = ("load_", "read_")  # streams whose words go before all others


class _Source(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("words", "times", "epochs")),
        *((name, ctypes.c_int64) for name in ("count", "done")),
        ("idle", ctypes.c_double),
        *((name, ctypes.c_int64) for name in ("idled", "blocked", "epoch", "host")),
    )


class _Sink(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("words", "times", "epochs")),
        *((name, ctypes.c_int64) for name in ("room", "wanted", "done")),
        ("idle", ctypes.c_double),
        *((name, ctypes.c_int64) for name in ("idled", "blocked", "unstable")),
    )


class _Reset(ctypes.Structure):
    _fields_ = (
        ("domain", ctypes.c_int32),
        *((name, ctypes.c_int64) for name in ("words", "delay", "clocks", "at")),
    )


class _Log(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("words", "times")),
        *((name, ctypes.c_int64) for name in ("room", "done", "torn")),
    )


class _Count(ctypes.Structure):
    _fields_ = (("windows", ctypes.c_int64), ("late", ctypes.c_int64))


@dataclass(frozen=True)
class Reset:
    """A reset pulse.

    Members
    -------
    role : of the domain.
    after : as soon as so many steps have been taken in by the network (and a few clocks after the
        host's last load, which a reset would make void).
    delay_ps : and so much later.
    clocks : its length, in that domain.
    """

    role: str
    after: int
    delay_ps: int = 0
    clocks: int = 1


@dataclass(frozen=True)
class Stepped:
    """Words with the number of their step.

    Members
    -------
    steps : (n,).
    bits : 0s and 1s (n, channels).
    epochs : how often that end of the network had restarted, (n,).
    times_ps : (n,).
    """

    steps: NDArray[np.int64]
    bits: NDArray[np.uint8]
    epochs: NDArray[np.int32]
    times_ps: NDArray[np.int64]


@dataclass(frozen=True)
class Played:
    """What came of a run.

    Members
    -------
    finished : all words were taken in.
    accepted, accepted_ps : for each the epoch of the network's input that it was in, and the time.
    epochs : of the input, so far.
    out : words of stream `o`.
    crossed : those of each crossing between two clocks, by the layer behind it (`epochs` all 0).
    counts : clocks, events and violations by name.
    """

    finished: bool
    accepted: NDArray[np.int32]
    accepted_ps: NDArray[np.int64]
    epochs: int
    out: Stepped
    crossed: Mapping[str, Stepped]
    counts: Mapping[str, int]


class _Streams:
    """Arguments of one call of the library, and the arrays that they point to."""

    def __init__(
        self,
        dut: NetworkDut,
        words: Mapping[str, Words],
        room: Mapping[str, int],
        wanted: Mapping[str, int],
        stall: float,
    ) -> None:
        self._kept: list[Any] = []
        self.epochs: dict[str, NDArray[np.int32]] = {}
        self.times: dict[str, NDArray[np.int64]] = {}
        self.words: dict[str, Words] = {}
        self.sources = (_Source * len(dut.sources))()
        self.sinks = (_Sink * len(dut.sinks))()
        for source, name in zip(self.sources, dut.sources, strict=True):
            given = np.ascontiguousarray(words.get(name, np.zeros((0, 1), np.uint64)))
            self._outputs(source, name, given, len(given))
            source.count, source.idle, source.host = len(given), stall, name.startswith(HOST)
        for sink, name in zip(self.sinks, dut.sinks, strict=True):
            many, wide = room.get(name, 0), words_of(dut.ports[f"{name}__payload"]["width"])
            self._outputs(sink, name, np.zeros((many, wide), np.uint64), many)
            sink.room, sink.wanted, sink.idle = many, wanted.get(name, 0), stall
        self.logs = (_Log * max(1, len(dut.captures)))()
        self.counts = (_Count * max(1, len(dut.synchronisers)))()
        self.watched = (ctypes.c_int64 * len(dut.watches))()

    def _outputs(self, stream: _Source | _Sink, name: str, words: Words, many: int) -> None:
        self.words[name], self.epochs[name], self.times[name] = (
            words,
            np.zeros(many, np.int32),
            np.zeros(many, np.int64),
        )
        stream.words, stream.epochs, stream.times = (
            each[name].ctypes.data for each in (self.words, self.epochs, self.times)
        )

    def log(self, number: int, many: int, wide: int) -> tuple[Words, NDArray[np.int64]]:
        """Room for the words of a crossing."""
        words, times = np.zeros((many, wide), np.uint64), np.zeros(many, np.int64)
        self._kept += [words, times]
        self.logs[number].words, self.logs[number].times, self.logs[number].room = (
            words.ctypes.data,
            times.ctypes.data,
            many,
        )
        return words, times


def words_of(bits: int) -> int:
    """64-bit words that so many bits take."""
    return max(1, -(-bits // 64))


def packed(bits: ArrayLike) -> Words:
    """0s and 1s (n, channels) as words, channel 0 lowest."""
    array = np.asarray(bits, np.uint8)
    bytes_ = np.packbits(array, axis=1, bitorder="little")
    padded = np.zeros((len(array), 8 * words_of(array.shape[1])), np.uint8)
    padded[:, : bytes_.shape[1]] = bytes_
    return padded.view("<u8")


def stepped(
    words: Words, step_bits: int, channels: int, epochs: NDArray[np.int32], times: NDArray[np.int64]
) -> Stepped:
    """{step, spikes} out of packed words."""
    raw = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, bitorder="little")
    bits = raw[:, step_bits : step_bits + channels]
    return Stepped(get_bits(words, 0, IntFormat(step_bits)), bits, epochs, times)


def flat(state: Mapping[str, Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[np.int64]]:
    """A checkpoint as `<space>.<name>`, scalars as (1,)."""
    return {
        f"{space}.{name}": np.atleast_1d(np.asarray(values)).astype(np.int64)
        for space, arrays in state.items()
        for name, values in arrays.items()
    }


class NetworkRtl:
    """A verilated network.

    Members
    -------
    dut : the build it is made of.
    """

    def __init__(self, folder: Path, library: Path) -> None:
        """`library`: what `sim.library` has built of that folder."""
        self.dut = read_network(folder)
        self.spec = self.dut.spec
        self._library = ctypes.CDLL(str(library))
        self._library.net_new.restype = ctypes.c_void_p
        for name in ("net_run", "net_trace"):
            getattr(self._library, name).restype = ctypes.c_bool
        for name in ("net_edges", "net_now", "net_together", "net_taken_in_restart"):
            getattr(self._library, name).restype = ctypes.c_int64
        self._handle: ctypes.c_void_p | None = None
        self._clocking: Clocking | None = None

    def start(self, clocking: Clocking, seed: int, waves: Path | None = None) -> None:
        """A new one under these clocks; `seed` decides all that is random but for the words.

        Raises ValueError for clocks of other roles, and for waves from a library that can't write
        them.
        """
        self.close()
        if set(clocking.clocks) != set(self.dut.roles):
            raise ValueError(
                f"clocks must be those of {', '.join(self.dut.roles)}, not of"
                f" {', '.join(clocking.clocks)}."
            )
        self._handle = ctypes.c_void_p(self._library.net_new())
        self._clocking = clocking
        if waves is not None:
            waves.parent.mkdir(parents=True, exist_ok=True)
            if not self._library.net_trace(self._handle, str(waves).encode()):
                raise ValueError(
                    "waves need a library that was built with them: build_network_library(folder,"
                    " waves=True)."
                )
        for number, role in enumerate(self.dut.roles):
            clock = clocking.clocks[role]
            numbers = (clock.period, clock.phase, clock.jitter, clock.drift)
            self._library.net_clock(self._handle, number, *map(ctypes.c_int64, numbers))
        self._library.net_begin(
            self._handle, ctypes.c_uint64(seed), ctypes.c_double(clocking.window)
        )

    def close(self) -> None:
        """Let it go; waves are whole from then on."""
        if self._handle is not None:
            self._library.net_delete(self._handle)
            self._handle = None

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self.close()

    @property
    def now_ps(self) -> int:
        """Time since the start."""
        return int(self._library.net_now(self._handle))

    @property
    def clocks(self) -> dict[str, int]:
        """Clocks of each domain since the start."""
        return {
            role: int(self._library.net_edges(self._handle, number))
            for number, role in enumerate(self.dut.roles)
        }

    def _quiet_ps(self, stall: float) -> int:
        """Time in which something moves if it ever will."""
        if self._clocking is None:
            raise ValueError("NetworkRtl must be started before it runs.")
        longest = {
            role: clock.period + clock.jitter + clock.drift
            for role, clock in self._clocking.clocks.items()
        }
        ticks = self.dut.manifest["timing"]["tick_clocks"]
        busy: int = sum(ticks[layer.name] * longest[layer.clock] for layer in self.spec.layers)
        busy += ticks.get(PLASTIC, 0) * longest[self.spec.layers[-1].clock]
        return 2 * busy + round(_HANDSHAKES / (1 - stall)) * max(longest.values())

    def _run(self, streams: _Streams, stall: float, resets: Sequence[Reset] = ()) -> bool:
        pulses = (_Reset * max(1, len(resets)))()
        for pulse, reset in zip(pulses, resets, strict=False):
            pulse.domain, pulse.words = self.dut.roles.index(reset.role), reset.after
            pulse.delay, pulse.clocks, pulse.at = reset.delay_ps, reset.clocks, -1
        moving = (streams.sources, streams.sinks, pulses, ctypes.c_int64(len(resets)))
        telling = (streams.watched, streams.logs, streams.counts)
        return bool(
            self._library.net_run(
                self._handle, *moving, *telling, ctypes.c_int64(self._quiet_ps(stall))
            )
        )

    # --- the host ---------------------------------------------------------------------------------

    def _space(self, layer: TrainedLayerSpec, name: str) -> Mapping[str, Any]:
        (described,) = (one for one in self.dut.manifest["layers"] if one["name"] == layer.name)
        (space,) = (one for one in described["spaces"] if one["name"] == name)
        return dict(space)

    def _host_words(self, port: str, rows: Mapping[str, ArrayLike], count: int) -> Words:
        described = self.dut.ports[f"{port}__payload"]
        words = np.zeros((count, words_of(described["width"])), np.uint64)
        for field in described["fields"]:
            if field["name"] in rows:
                put_bits(
                    words,
                    field["offset"],
                    field["width"],
                    np.broadcast_to(np.asarray(rows[field["name"]]), count),
                )
        return words

    def _synapses(self, layer: TrainedLayerSpec) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Lane and word of every synapse, neuron by neuron."""
        neurons, columns = (axis.ravel() for axis in np.indices((layer.neurons, layer.columns)))
        return neurons % layer.lanes, neurons // layer.lanes * layer.columns + columns

    def _loads(
        self, parameters: Mapping[str, NDArray[Any]], junk: np.random.Generator
    ) -> dict[str, Words]:
        """Words that load all parameters; with them junk for what ticks change, which must not
        matter.

        A layer that ticks before the first step is taken in is no longer as after reset when its
        weights come; traces and history of 0 go to that one, and nothing to its neurons (such a
        layer has no parameters of neurons).
        """
        words = {}
        for layer in self.spec.layers:
            early = self.spec.early(layer)
            port = f"load_{layer.name}"
            (data,) = (
                field
                for field in self.dut.ports[f"{port}__payload"]["fields"]
                if field["name"] == "data"
            )
            batches = []
            lane, word = self._synapses(layer)
            names = (*layer.synapse_parameters(self.spec.tick_ms), *layer.neuron_parameters)
            values = {name: parameters[f"{layer.name}.{name}"].ravel() for name in names}
            rows = [("synapse", word, lane)]
            if not early:
                rows.append(("neuron", np.arange(layer.neurons), np.zeros(layer.neurons, np.int64)))
            if layer.max_delay:
                rows.append(
                    ("history", np.arange(layer.columns), np.zeros(layer.columns, np.int64))
                )
            for name, places, lanes in rows:
                space = self._space(layer, name)
                batch = self._host_words(
                    port, {"space": space["code"], "lane": lanes, "word": places}, len(places)
                )
                for field in space["fields"]:
                    other = (
                        np.zeros(len(places))
                        if early
                        else junk.integers(0, 1 << min(62, field["width"]), len(places))
                    )
                    put_bits(
                        batch,
                        data["offset"] + field["offset"],
                        field["width"],
                        values.get(field["name"], other),
                    )
                batches.append(batch)
            words[port] = np.concatenate(batches)
        return words

    @cached_property
    def _plastic(self) -> CheckpointWords | None:
        """The words of the plastic layer, if there is one."""
        described = self.dut.manifest.get(PLASTIC)
        return CheckpointWords(described) if described is not None else None

    def _plastic_loads(self, state: State) -> dict[str, Words]:
        """Words that load all of the plastic layer from a checkpoint of its model."""
        if self._plastic is None:
            return {}
        port, batches = f"load_{PLASTIC}", []
        (data,) = (
            field
            for field in self.dut.ports[f"{port}__payload"]["fields"]
            if field["name"] == "data"
        )
        for space, fields in self._plastic.spaces.items():
            batch = self._host_words(
                port, self._plastic.addresses(space), self._plastic.count(space)
            )
            for name, values in self._plastic.values(state, space).items():
                put_bits(
                    batch, data["offset"] + fields[name].offset, fields[name].form.width, values
                )
            batches.append(batch)
        return {port: np.concatenate(batches)}

    def _plastic_state(self, came: Words, state: State) -> dict[str, NDArray[np.int64]]:
        """What was read of the plastic layer, as `<space>.<name>`; `state` gives the shapes."""
        if self._plastic is None:
            return {}
        at = 0
        found = {
            space: {name: values.copy() for name, values in arrays.items()}
            for space, arrays in state.items()
        }
        for space, fields in self._plastic.spaces.items():
            rows = came[at : at + self._plastic.count(space)]
            values = {name: get_bits(rows, slot.offset, slot.form) for name, slot in fields.items()}
            self._plastic.store_values(found, space, values)
            at += len(rows)
        return flat(found)

    def _teaching(self, teach: Mapping[str, NDArray[np.int64]]) -> dict[str, Words]:
        """Words of stream `teach`, one for each step of the plastic layer."""
        if self._plastic is None:
            return {}
        count = len(next(iter(teach.values())))
        return {TEACH: self._host_words(TEACH, teach, count)}

    @property
    def taught(self) -> dict[str, IntFormat]:
        """What the plastic layer is taught beside a word, by name."""
        fields = self.dut.ports[f"{TEACH}__payload"]["fields"] if self._plastic is not None else []
        return {field["name"]: IntFormat(field["width"], field["signed"]) for field in fields}

    def read(
        self, stall: float, plastic: State | None = None
    ) -> dict[str, dict[str, NDArray[np.int64]]] | None:
        """All that the host finds, by layer: parameters, traces, history (columns, max_delay),
        neurons, fresh; None if stuck.

        `plastic`: a checkpoint of the plastic layer's model, for the shapes.
        """
        words, room = {}, {}
        if self._plastic is not None:
            spaces = [
                self._host_words(
                    f"read_{PLASTIC}", self._plastic.addresses(s), self._plastic.count(s)
                )
                for s in self._plastic.spaces
            ]
            words[f"read_{PLASTIC}"] = np.concatenate(spaces)
            room[f"readback_{PLASTIC}"] = len(words[f"read_{PLASTIC}"])
        for layer in self.spec.layers:
            lane, word = self._synapses(layer)
            rows: list[tuple[str, ArrayLike, ArrayLike]] = [
                ("synapse", word, lane), ("neuron", np.arange(layer.neurons), 0), ("control", np.zeros(1), 0),
            ]  # fmt: skip
            if layer.max_delay:
                rows.append(("history", np.arange(layer.columns), 0))
            port = f"read_{layer.name}"
            batches = []
            for name, places, lanes in rows:
                code = self._space(layer, name)["code"]
                batches.append(
                    self._host_words(
                        port, {"space": code, "lane": lanes, "word": places}, np.size(places)
                    )
                )
            words[port] = np.concatenate(batches)
            room[f"readback_{layer.name}"] = len(words[port])
        streams = _Streams(self.dut, words, room, room, stall)
        if not self._run(streams, stall):
            return None
        found: dict[str, dict[str, NDArray[np.int64]]] = {}
        for layer in self.spec.layers:
            came, at = streams.words[f"readback_{layer.name}"], 0
            found[layer.name] = {}
            shapes = {
                "synapse": (layer.neurons, layer.columns),
                "neuron": (layer.neurons,),
                "control": (1,),
            }
            for name, shape in shapes.items():
                count = int(np.prod(shape))
                for field in self._space(layer, name)["fields"]:
                    form = IntFormat(field["width"], field["signed"])
                    found[layer.name][field["name"]] = get_bits(
                        came[at : at + count], field["offset"], form
                    ).reshape(shape)
                at += count
            if layer.max_delay:
                ages = [
                    get_bits(
                        came[at : at + layer.columns], field["offset"], IntFormat(field["width"])
                    )
                    for field in self._space(layer, "history")["fields"]
                ]
                found[layer.name]["history"] = np.stack(ages, axis=1)
        if plastic is not None:
            found[PLASTIC] = self._plastic_state(streams.words[f"readback_{PLASTIC}"], plastic)
        return found

    # --- steps ------------------------------------------------------------------------------------

    def play(
        self,
        parameters: Mapping[str, NDArray[Any]],
        inputs: NDArray[np.uint8],
        stall: float,
        resets: Sequence[Reset] = (),
        seed: int = 0,
        plastic: State | None = None,
        teach: Mapping[str, NDArray[np.int64]] | None = None,
    ) -> Played:
        """Load all parameters, then steps with these spikes (T, inputs), until nothing moves any
        more.

        With a plastic layer: what it holds in the beginning, and what it is taught in each of its
        steps, (steps of it,) by name.
        """
        spec, last = self.spec, self.spec.layers[-1]
        outputs = last.neurons if spec.plastic is None else spec.plastic.layer.neurons
        given = {"i": packed(inputs), **self._loads(parameters, np.random.default_rng(seed))}
        given |= self._plastic_loads(plastic or {}) | self._teaching(teach or {})
        # a layer that is faster than its producer may tick on its own after each restart
        room = len(inputs) + (1 + 2 * len(resets)) * max(
            layer.tick_interval for layer in spec.layers
        )
        streams = _Streams(self.dut, given, {"o": room}, {"o": -1}, stall)
        rows = [
            streams.log(number, room, words_of(found.bits))
            for number, found in enumerate(self.dut.captures)
        ]
        before = self.clocks
        finished = self._run(streams, stall, resets)
        sources = dict(zip(self.dut.sources, streams.sources, strict=True))
        sinks = dict(zip(self.dut.sinks, streams.sinks, strict=True))
        i, o = sources["i"], sinks["o"]
        counts = {
            "accepted": i.done,
            "i_idle": i.idled,
            "i_blocked": i.blocked,
            "o_words": o.done,
            "o_idle": o.idled,
            "o_blocked": o.blocked,
            "unstable": sum(sink.unstable for sink in streams.sinks),
            "taken_in_restart": int(self._library.net_taken_in_restart(self._handle)),
            "together": int(self._library.net_together(self._handle)),
            **dict(zip(self.dut.watches, streams.watched, strict=True)),
            **{f"clocks_{role}": clocks - before[role] for role, clocks in self.clocks.items()},
        }
        crossed = {}
        for number, found in enumerate(self.dut.captures):
            log = streams.logs[number]
            words, times = rows[number][0][: log.done], rows[number][1][: log.done]
            channels = found.bits - spec.step_bits
            crossed[found.layer] = stepped(
                words, spec.step_bits, channels, np.zeros(len(words), np.int32), times
            )
            counts[f"crossed_{found.layer}"] = log.done
            counts[f"torn_{found.layer}"] = log.torn
            counts |= dict.fromkeys((f"windows_{found.layer}", f"late_{found.layer}"), 0)
        for count, one in zip(streams.counts, self.dut.synchronisers, strict=False):
            counts[f"windows_{one.layer}"] += count.windows
            counts[f"late_{one.layer}"] += count.late
        words, epochs, times = (
            streams.words["o"][: o.done],
            streams.epochs["o"][: o.done],
            streams.times["o"][: o.done],
        )
        out = stepped(words, spec.step_bits, outputs, epochs, times)
        accepted, when = streams.epochs["i"][: i.done], streams.times["i"][: i.done]
        return Played(finished, accepted, when, i.epoch + 1, out, crossed, counts)
