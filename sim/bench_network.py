"""Bench of a network: the emitted Verilog under several clockings against the golden network, which
knows no clocks.

A run: all weights and decay codes loaded through the host's ports; steps played with random idle
clocks and backpressure, in some runs with resets of any domain at any time; everything read back.
Compared are the words that come out, the words that cross from one clock to another, every layer's
traces and neurons in the end, and the outputs that report a fault.

What a reset makes void is known at the network's ends alone, where `i_restart` and `o_restart` say
so. Between two restarts the words that come out must be the first ones of what the golden network
gives for the steps taken in between two restarts there; after the last one, all of them.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.golden.network.network import Network, parameter_bounds
from sc_model.golden.network.recording import NetworkRecording, load_network_recording
from sc_model.spec import PLASTIC, DenseSpec, IntFormat, NetworkSpec, TrainedLayerSpec
from sim.clocks import KINDS, Clocking, drawn, nominal
from sim.files import write_arrays, write_json
from sim.harness import COSIM_SCHEMA, Request, tool_versions
from sim.network import NetworkRtl, Played, Reset, Stepped, flat
from sim.network_library import build_network_library
from sim.stimulus import LAYER_REGIME_STEPS, Regimes

DEFAULT_UPDATES, LEAST_STEPS, MOST_STEPS = 100_000, 40, 2_000
TICKS = 4  # of the slowest layer, at least
SAMPLE_TICKS = 12  # of a layer, to find weights with which it neither rests nor fires all the time
RATE = 0.35  # of spikes, wished for
FLAG_RATE = 0.1
RESET_CLOCKS = (1, 1, 2, 3, 40)
RESET_RUNS = 2
_FAULTS = ("unstable", "taken_in_restart")

Parameters = Mapping[str, NDArray[np.int64]]
Teaching = dict[str, NDArray[np.int64]]


# --- what is played -------------------------------------------------------------------------------


def spikes(rng: np.random.Generator, steps: int, inputs: int) -> NDArray[np.uint8]:
    """Steps of random spikes (steps, inputs), at rates that change."""
    regimes = Regimes(rng, {"spikes": IntFormat(1)}, inputs, LAYER_REGIME_STEPS)
    return np.array([regimes.step()["spikes"] for _ in range(steps)], np.uint8)


def parameters(spec: NetworkSpec, rng: np.random.Generator, x: NDArray[np.uint8]) -> Parameters:
    """Random parameters for all layers, weights of a mean with which a layer fires now and then if
    that can be found.
    """
    found: dict[str, NDArray[np.int64]] = {}
    for index, layer in enumerate(spec.layers):
        # layers up to this one, on as many steps as give it some ticks
        part = NetworkSpec.model_validate(
            {**spec.model_dump(), "layers": spec.layers[: index + 1], "clocks": {}, "plastic": None}
        )
        bounds = parameter_bounds(part)
        sample = x[: SAMPLE_TICKS * max(one.tick_interval for one in part.layers)]
        shape, form = (layer.neurons, layer.columns), layer.weight_format
        for name, (size, low, high) in bounds.items():
            if name.startswith(f"{layer.name}.") and not name.endswith(".weight"):
                if name.endswith(".threshold"):  # within reach of some weights
                    high = (
                        min(high, form.hi << layer.neuron.fraction)
                        if isinstance(layer, DenseSpec)
                        else high
                    )
                    low = max(low, high // 4)
                found[name] = rng.integers(low, high + 1, size)
        noise = rng.normal(0, form.hi / 3, shape)
        best = 2.0
        for share in (0.5, 0.2, 0.05, 0.0, -0.1):
            weights = np.clip(np.rint(noise + share * form.hi), form.lo, form.hi).astype(np.int64)
            network = Network(part, {**found, f"{layer.name}.weight": weights})
            off = abs(float(network.run(sample).mean()) - RATE)
            if off < best:
                best, chosen = off, weights
        found[f"{layer.name}.weight"] = chosen
    for name, (size, low, high) in parameter_bounds(spec).items():
        if name not in found:  # the plastic layer's
            found[name] = rng.integers(low, high + 1, size)
    return found


def lessons(rtl: NetworkRtl, rng: np.random.Generator, steps: int) -> Teaching:
    """What a plastic layer is taught beside each step: any modulators, flags now and then."""
    found = {}
    for name, form in rtl.taught.items():
        values = rng.integers(form.lo, form.hi + 1, steps)
        found[name] = (
            values
            if form.width > 1 or form.signed
            else (rng.random(steps) < FLAG_RATE).astype(np.int64)
        )
    return found


def pulses(roles: Sequence[str], steps: int, clocking: Clocking, rng: random.Random) -> list[Reset]:
    """Resets of any domains at any time: alone, at the same time, in quick succession, from a clock
    to forty long.
    """
    slowest = max(clock.period for clock in clocking.clocks.values())
    found: list[Reset] = []
    for _ in range(rng.randint(2, 5)):
        after, delay = rng.randrange(steps), rng.randrange(60 * slowest)
        found.append(Reset(rng.choice(roles), after, delay, rng.choice(RESET_CLOCKS)))
        if rng.random() < 0.5:  # another one, at once or a little later
            later = rng.choice((0, rng.randrange(12 * slowest)))
            found.append(Reset(rng.choice(roles), after, delay + later, rng.choice(RESET_CLOCKS)))
    return found


# --- what must come -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """What the golden network makes of some steps from a reset on.

    Members
    -------
    words : spikes of each layer's ticks (ticks, neurons).
    lost : words of each `once` crossing with which a spike was lost.
    state : what the host finds in each layer after them.
    saturations : of each layer's traces, None without.
    """

    spec: NetworkSpec
    words: Mapping[str, NDArray[np.uint8]]
    lost: Mapping[str, int]
    state: Mapping[str, Mapping[str, NDArray[np.int64]]]
    saturations: Mapping[str, int | None]

    def row(self, layer: TrainedLayerSpec) -> Row:
        """A layer's words, with the numbers of their steps as those travel."""
        return self._row(layer.name, layer.tick_interval)

    @property
    def out(self) -> Row:
        """The network's output."""
        last = self.spec.layers[-1]
        return self._row(last.name if self.spec.plastic is None else PLASTIC, last.tick_interval)

    def _row(self, name: str, interval: int) -> Row:
        ticks = np.arange(1, len(self.words[name]) + 1, dtype=np.int64) * interval
        return Row(ticks % (1 << self.spec.step_bits), self.words[name])


@dataclass(frozen=True)
class Row:
    """Words that must come one after the other: (n,) and (n, channels)."""

    steps: NDArray[np.int64]
    bits: NDArray[np.uint8]

    def begins(self, came: Stepped, start: int = 0) -> int:
        """How many of the words that came, from `start` on, are this row's from its first."""
        count = min(len(came.steps) - start, len(self.steps))
        same = came.steps[start : start + count] == self.steps[:count]
        same &= (came.bits[start : start + count] == self.bits[:count]).all(axis=1)
        return count if same.all() else int(np.argmin(same))


def last_ticks(spec: NetworkSpec, steps: int) -> dict[str, int]:
    """The step of each layer's last tick when so many steps have come.

    A layer ticks as soon as no word is missing in front of it; one that is faster than its producer
    does so for steps that have not come yet, up to the producer's next tick.
    """
    known, found = steps, {}
    for layer in spec.layers:
        found[layer.name] = known // layer.tick_interval * layer.tick_interval
        known = found[layer.name] + layer.tick_interval - 1
    return found


def taught_at(spec: NetworkSpec, teach: Teaching, steps: int) -> Teaching:
    """What a plastic layer is taught in each of its steps, out of what stands beside `steps` steps
    of the network; then 0.
    """
    interval = spec.layers[-1].tick_interval
    count = last_ticks(spec, steps)[spec.layers[-1].name] // interval
    found = {}
    for name, values in teach.items():
        mine = values[interval - 1 : steps : interval][:count]
        found[name] = np.concatenate([mine, np.zeros(count - len(mine), np.int64)])
    return found


def expected(
    spec: NetworkSpec, given: Parameters, x: NDArray[np.uint8], teach: Teaching | None = None
) -> Expected:
    """Run the golden network from a reset on, each layer as far as its ticks do not depend on what
    comes behind x.

    `teach`: what the plastic layer is taught in each of its own steps (see `taught_at`).
    """
    network, last = Network(spec, given), last_ticks(spec, len(x))
    interval = spec.layers[-1].tick_interval
    lessons = {name: dict(enumerate(values.tolist())) for name, values in (teach or {}).items()}
    learned: list[NDArray[np.uint8]] = []
    words: dict[str, list[NDArray[np.uint8]]] = {layer.name: [] for layer in spec.layers}
    lost = {layer.name: 0 for layer in spec.layers if layer.policy == "once"}
    state = {layer.name: _state(network, layer.name) for layer in spec.layers}
    saturations = {layer.name: network.layers[layer.name].saturations for layer in spec.layers}
    silence = np.zeros(x.shape[1], np.uint8)
    for step in range(1, max(len(x), *last.values()) + 1):
        before = {name: network.crossings[name].lost for name in lost}
        lesson = (
            {name: rows.get(step // interval - 1, 0) for name, rows in lessons.items()}
            if step % interval == 0
            else {}
        )
        network.step(x[step - 1] if step <= len(x) else silence, lesson)
        if (
            network.plastic is not None
            and step % interval == 0
            and step <= last[spec.layers[-1].name]
        ):
            learned.append(network.outputs[PLASTIC].copy())
            state[PLASTIC] = flat(network.plastic.checkpoint())
        known = len(x)  # the last step of which a word can be in front of the layer
        for layer in spec.layers:
            if layer.policy == "once" and step <= known:
                lost[layer.name] += network.crossings[layer.name].lost != before[layer.name]
            known = last[layer.name]
            if step % layer.tick_interval == 0 and step <= known:
                words[layer.name].append(network.outputs[layer.name].copy())
            if step == known:
                state[layer.name], saturations[layer.name] = (
                    _state(network, layer.name),
                    network.layers[layer.name].saturations,
                )
    if network.plastic is not None:
        words[PLASTIC] = learned
        state.setdefault(PLASTIC, flat(network.plastic.checkpoint()))
    arrays = {
        layer.name: np.array(words[layer.name], np.uint8).reshape(-1, layer.neurons)
        for layer in spec.layers
    }
    if network.plastic is not None:
        arrays[PLASTIC] = np.array(learned, np.uint8).reshape(-1, len(network.outputs[PLASTIC]))
    return Expected(spec, arrays, lost, state, saturations)


def _state(network: Network, name: str) -> dict[str, NDArray[np.int64]]:
    """What the host must find in a layer; before its first tick its memories may hold anything."""
    layer = network.layers[name]
    ticked = network.steps >= layer.spec.tick_interval
    return {
        **layer.parameters,
        "fresh": np.array([not ticked], np.int64),
        **(layer.state if ticked else {}),
    }


@dataclass
class Findings:
    """Differences, the first of them, and bins of what has happened."""

    differences: int = 0
    first: dict[str, Any] | None = None
    bins: Counter[str] = field(default_factory=Counter)

    def differ(
        self, *, run: int, event: str, field: str, want: Any, got: Any, step: int | None = None, layer: str | None = None,
        neuron: int | None = None, count: int = 1,
    ) -> None:  # fmt: skip
        """Record a difference, or several of which this is the first."""
        self.differences += count
        if self.first is None:
            self.first = {
                "run": run, "event": event, "step": step, "layer": layer, "neuron": neuron, "field": field, "expected": want,
                "got": got,
            }  # fmt: skip


class NetworkBench:
    """Plays runs and compares them.

    Parameters
    ----------
    rtl : the verilated network.
    given : parameters.
    x : steps (T, inputs), the same in every run: under any clocks they must give the same.
    teach : what a plastic layer is taught beside each step, (T,) by name.

    Members
    -------
    findings : of all runs so far.
    """

    def __init__(
        self,
        rtl: NetworkRtl,
        given: Parameters,
        x: NDArray[np.uint8],
        teach: Teaching | None = None,
    ) -> None:
        self.rtl, self.spec, self.given, self.x = rtl, rtl.spec, given, x
        steps = (
            teach
            if teach is not None
            else {name: np.zeros(len(x), np.int64) for name in rtl.taught}
        )
        self.teach = taught_at(self.spec, steps, len(x))
        first = Network(self.spec, given).plastic
        self.plastic = first.checkpoint() if first is not None else None
        self.golden = expected(self.spec, given, x, self.teach)
        self.nothing = expected(self.spec, given, x[:0])  # what comes without a step
        self.findings = Findings()
        self.runs: list[dict[str, Any]] = []
        self.state: dict[str, dict[str, NDArray[np.int64]]] = {}
        self._declare()

    def _declare(self) -> None:
        """Bins that every network can hit."""
        bins = [f"event.{name}" for name in ("i_idle", "i_blocked", "o_idle", "o_blocked")]
        losing = [
            layer.name for index, layer in enumerate(self.spec.layers) if self._may_lose(index)
        ]
        bins += [f"crossing.{name}.lost" for name in losing]
        for layer in self.spec.layers:
            cut = ("saturated",) if self.golden.saturations[layer.name] is not None else ()
            bins += [f"layer.{layer.name}.{name}" for name in ("spike", "silent", *cut)]
        for found in self.rtl.dut.captures:
            bins += [f"crossing.{found.layer}.{name}" for name in ("word", "late", "on_time")]
        bins += ["event.together"] if len(self.rtl.dut.roles) > 1 else []
        self.findings.bins.update(dict.fromkeys(bins, 0))
        for layer in self.spec.layers:
            words = self.golden.words[layer.name]
            self.findings.bins[f"layer.{layer.name}.spike"] += int(words.sum())
            self.findings.bins[f"layer.{layer.name}.silent"] += int((words == 0).sum())
            count = self.golden.saturations[layer.name]
            if count is not None:
                self.findings.bins[f"layer.{layer.name}.saturated"] += count
        for name in losing:
            self.findings.bins[f"crossing.{name}.lost"] += self.golden.lost[name]

    def _may_lose(self, index: int) -> bool:
        """Whether more spikes can come between two ticks than can wait."""
        crossing = self.spec.crossing(index)
        return crossing.policy == "once" and crossing.most_words > 1

    def run(
        self,
        clocking: Clocking,
        seed: int,
        stall: float,
        resets: Sequence[Reset] = (),
        waves: Path | None = None,
    ) -> dict[str, Any]:
        """One run from power-on; what it did, as it stands in results."""
        number, before = len(self.runs), self.findings.differences
        start = time.perf_counter()
        self.rtl.start(clocking, seed, waves)
        played = self.rtl.play(self.given, self.x, stall, resets, seed, self.plastic, self.teach)
        self._compare(number, played)
        report = {
            **clocking.as_json(),
            "seed": seed,
            "stall": stall,
            "resets": [asdict(reset) for reset in resets],
            **self._report(played),
            "time_us": round(self.rtl.now_ps / 1e6, 3),
            "cycles": sum(self.rtl.clocks.values()),
            "differences": self.findings.differences - before,
            "wall_s": round(time.perf_counter() - start, 3),
        }
        self.rtl.close()
        self._cover(clocking, resets, played)
        self.runs.append(report)
        return report

    def _report(self, played: Played) -> dict[str, Any]:
        counts = played.counts
        lengths = np.unique(played.accepted, return_counts=True)[1]
        ticks = [last_ticks(self.spec, int(length)) for length in lengths]
        updates = {
            layer.name: sum(one[layer.name] for one in ticks) // layer.tick_interval
            for layer in self.spec.layers
        }
        between = (
            played.accepted_ps[-1] - played.accepted_ps[0] if len(played.accepted_ps) > 1 else 0
        )
        return {
            "steps": counts["accepted"],
            "epochs": played.epochs,
            "words_out": counts["o_words"],
            "synapse_steps": sum(
                updates[layer.name] * layer.columns * layer.neurons for layer in self.spec.layers
            ),
            "steps_per_s": (
                round((len(played.accepted_ps) - 1) * 1e12 / float(between), 1) if between else None
            ),
            "edges_together": counts["together"],
            "crossings": {
                found.layer: {
                    "words": counts[f"crossed_{found.layer}"],
                    "in_window": counts[f"windows_{found.layer}"],
                    "late": counts[f"late_{found.layer}"],
                    "torn": counts[f"torn_{found.layer}"],
                }
                for found in self.rtl.dut.captures
            },
        }

    def _cover(self, clocking: Clocking, resets: Sequence[Reset], played: Played) -> None:
        bins = self.findings.bins
        bins[f"clocks.{clocking.kind}"] += 1
        for reset in resets:
            bins[f"reset.{reset.role}"] += 1
        for earlier, later in pairwise(resets):
            together = (earlier.after, earlier.delay_ps) == (
                later.after,
                later.delay_ps,
            ) and earlier.role != later.role
            bins["reset.two_at_once"] += together
        for name in ("i_idle", "i_blocked", "o_idle", "o_blocked", "together"):
            if f"event.{name}" in bins:
                bins[f"event.{name}"] += played.counts[name]
        for found in self.rtl.dut.captures:
            late = played.counts[f"late_{found.layer}"]
            bins[f"crossing.{found.layer}.word"] += played.counts[f"crossed_{found.layer}"]
            bins[f"crossing.{found.layer}.late"] += late
            bins[f"crossing.{found.layer}.on_time"] += (
                played.counts[f"windows_{found.layer}"] - late
            )

    # --- comparisons ------------------------------------------------------------------------------

    def _compare(self, run: int, played: Played) -> None:
        taken = self.x[: len(played.accepted)]
        if played.epochs == 1 and len(taken) == len(self.x):
            sections, began = [self.golden], [int(played.accepted_ps[0])]
        else:
            # those without a step are in `nothing`, but for the last one
            epochs = [
                one
                for one in range(played.epochs)
                if one == played.epochs - 1 or (played.accepted == one).any()
            ]
            sections = [
                expected(self.spec, self.given, taken[played.accepted == epoch]) for epoch in epochs
            ]
            began = [
                int(played.accepted_ps[played.accepted == one].min(initial=self.rtl.now_ps))
                for one in epochs
            ]
        self._out(run, played.out, sections, began)
        for before, after in pairwise(self.spec.layers):
            if after.name in played.crossed:
                self._crossed(run, played.crossed[after.name], sections, before, after)
        if not played.finished:
            self.findings.differ(
                run=run, event="stuck", step=len(taken) + 1, field="ready", want=1, got=0
            )
        self._final(run, sections[-1], len(taken))
        self._faults(run, played)

    def _faults(self, run: int, played: Played) -> None:
        """Outputs and checks that report what must never happen, and how many spikes were lost that
        had to be.
        """
        for name, count in played.counts.items():
            if count and (name in _FAULTS or name.startswith(("torn_", "out_of_step_"))):
                layer = (
                    None
                    if name in _FAULTS
                    else name.removeprefix("torn_").removeprefix("out_of_step_")
                )
                self.findings.differ(
                    run=run, event="fault", layer=layer, field=name, want=0, got=count
                )
        for name, count in (
            self.golden.lost.items() if played.epochs == 1 and played.finished else ()
        ):
            got = played.counts[f"lost_{name}"]
            if got != count:
                self.findings.differ(
                    run=run, event="lost", layer=name, field="lost", want=count, got=got
                )

    def _out(
        self, run: int, out: Stepped, sections: Sequence[Expected], began: Sequence[int]
    ) -> None:
        """What comes between two restarts must begin a section's words; what comes after the last
        one must be all of them.
        """
        name, at, came = (
            PLASTIC if self.plastic is not None else self.spec.layers[-1].name,
            0,
            Stepped(out.steps[:0], out.bits[:0], out.epochs[:0], out.times_ps[:0]),
        )
        rows, nothing = [section.out for section in sections], self.nothing.out
        for epoch in np.unique(out.epochs):
            mine = out.epochs == epoch
            came = Stepped(out.steps[mine], out.bits[mine], out.epochs[mine], out.times_ps[mine])
            if nothing.begins(came) == len(came.steps) and epoch != out.epochs[-1]:
                continue  # restarted again before a step came
            first = came.times_ps[
                min(len(nothing.steps), len(came.steps) - 1)
            ]  # of a word that depends on a step
            able = [
                row
                for row in range(at, len(rows))
                if began[row] < first or len(came.steps) <= len(nothing.steps)
            ]
            fits = [row for row in able if rows[row].begins(came) == len(came.steps)]
            if not fits:
                row = able[-1] if able else len(rows) - 1
                self._wrong(run, "word", name, came, rows[row], rows[row].begins(came))
                return
            at = fits[0] + 1
            if len(rows) > 1:
                self.findings.bins["event.words_before_reset"] += at < len(rows)
        if len(rows[-1].steps) and not rows[-1].begins(came) == len(came.steps) == len(
            rows[-1].steps
        ):
            self._fewer(run, "word", name, rows[-1], rows[-1].begins(came))

    def _crossed(
        self,
        run: int,
        came: Stepped,
        sections: Sequence[Expected],
        before: TrainedLayerSpec,
        after: TrainedLayerSpec,
    ) -> None:
        """Words at a crossing: of each section from its first word on, of the last one all."""
        rows, nothing = [section.row(before) for section in sections], self.nothing.row(before)
        event, row, at = f"crossing into {after.name}", -1, 0
        while at < len(came.steps):
            counts = [rows[one].begins(came, at) for one in range(row + 1, len(rows))]
            count = max([nothing.begins(came, at), *counts])
            if not count:
                self._wrong(run, event, before.name, came, rows[-1], at)
                return
            if count > len(nothing.steps):
                row += 1 + counts.index(count)
            at += count
        last = rows[-1]
        tail = len(came.steps) - len(last.steps)
        if tail < 0 or last.begins(came, tail) != len(last.steps):
            self._fewer(
                run, event, before.name, last, max(0, len(came.steps) if len(rows) == 1 else 0)
            )

    def _fewer(self, run: int, event: str, layer: str, row: Row, got: int) -> None:
        """Words that did not come."""
        step = int(row.steps[min(got, len(row.steps) - 1)])
        self.findings.differ(
            run=run,
            event=event,
            layer=layer,
            step=step,
            field="words",
            want=len(row.steps),
            got=got,
        )

    def _wrong(self, run: int, event: str, layer: str, came: Stepped, row: Row, at: int) -> None:
        """A word that is not the one due."""
        place: dict[str, Any] = {
            "run": run,
            "event": event,
            "layer": layer,
            "count": max(1, len(came.steps) - at),
        }
        got = int(came.steps[at])
        if at >= len(row.steps):
            self.findings.differ(
                **place, step=got, field="words", want=len(row.steps), got=len(came.steps)
            )
        elif got != row.steps[at]:
            self.findings.differ(
                **place, step=int(row.steps[at]), field="step", want=int(row.steps[at]), got=got
            )
        else:
            neuron = int(np.argmax(came.bits[at] != row.bits[at]))
            bits = int(row.bits[at, neuron]), int(came.bits[at, neuron])
            self.findings.differ(
                **place, step=got, neuron=neuron, field="spike", want=bits[0], got=bits[1]
            )

    def _final(self, run: int, section: Expected, steps: int) -> None:
        """Everything the host can read."""
        read = self.rtl.read(0.0, self.plastic)
        if read is None:
            self.findings.differ(run=run, event="readback", field="readback.valid", want=1, got=0)
            return
        self.state = read
        for layer, want in section.state.items():
            for name, values in want.items():
                found = read[layer][name]
                wrong = np.argwhere(found != values)
                if len(wrong):
                    where = tuple(int(index) for index in wrong[0])
                    self.findings.differ(
                        run=run, event="readback", layer=layer, neuron=where[0], step=steps,
                        field=name if len(where) == 1 else f"{name}[{where[0]}, {where[1]}]", want=int(values[where]),
                        got=int(found[where]), count=len(wrong),
                    )  # fmt: skip


# --- the command ----------------------------------------------------------------------------------


def default_steps(spec: NetworkSpec) -> int:
    """Steps of a run that does not say how many."""
    updates = sum(layer.columns * layer.neurons / layer.tick_interval for layer in spec.layers)
    slowest = max(layer.tick_interval for layer in spec.layers)
    return max(TICKS * slowest, min(MOST_STEPS, max(LEAST_STEPS, round(DEFAULT_UPDATES / updates))))


def clockings(rtl: NetworkRtl, seed: int) -> list[Clocking]:
    """Those of a co-simulation: as declared, then one of each kind; with one domain only one more,
    for its stalls.
    """
    declared = {str(domain["role"]): float(domain["mhz"]) for domain in rtl.dut.manifest["domains"]}
    return [nominal(declared), *drawn(rtl.dut.roles, seed, len(KINDS) if len(declared) > 1 else 1)]


def simulate_network(request: Request) -> dict[str, Any]:
    """Run a request on a network; the results are also written to its file. Raises as
    `sim.harness.simulate` does.
    """
    start = time.perf_counter()
    rtl = NetworkRtl(request.folder, build_network_library(request.folder, request.waves))
    spec, rng = rtl.spec, np.random.default_rng(request.seed)
    recording: NetworkRecording | None = None
    if request.events is not None:
        recording = load_network_recording(request.events, spec)
        x, given, teach = recording.x.astype(np.uint8), recording.parameters, dict(recording.teach)
        if request.steps is not None and request.steps > len(x):
            raise ValueError(
                f"steps must be <= {len(x)}, those of recording {request.events}, not"
                f" {request.steps}"
            )
        x = x[: request.steps]
        teach = {name: values[: request.steps] for name, values in teach.items()}
    else:
        x = spikes(
            rng,
            request.steps if request.steps is not None else default_steps(spec),
            spec.layers[0].inputs,
        )
        given, teach = parameters(spec, rng, x), lessons(rtl, rng, len(x))
    bench, draws = NetworkBench(rtl, given, x, teach), random.Random(request.seed)
    plans: list[tuple[Clocking, float, list[Reset]]] = []
    for number, clocking in enumerate(clockings(rtl, request.seed)):
        plans.append((clocking, request.stall if number else 0.0, []))
    # a recording is replayed undisturbed; what a plastic layer holds is not as in the beginning
    # after a reset
    if recording is None and spec.plastic is None:
        for clocking in drawn(rtl.dut.roles, request.seed + 1, RESET_RUNS):
            plans.append((clocking, request.stall, pulses(rtl.dut.roles, len(x), clocking, draws)))
    seeds = [draws.getrandbits(48) for _ in plans]
    for (clocking, stall, resets), seed in zip(plans, seeds, strict=True):
        bench.run(clocking, seed, stall, resets)
    runs, findings = list(bench.runs), bench.findings
    out = request.out if request.out is not None else request.folder / "sim" / "results.json"
    state = {
        f"{layer}.{name}": values
        for layer, fields in bench.state.items()
        for name, values in fields.items()
    }
    arrays = write_arrays(out.with_name("final_state.npz"), state)
    waves = out.with_name("waves.vcd")
    differences, first, bins = (
        findings.differences,
        findings.first,
        dict(sorted(findings.bins.items())),
    )
    if request.waves:  # the run that differs, or else the first one, once more
        shown = 0 if first is None else int(first["run"])
        clocking, stall, resets = plans[shown]
        bench.run(clocking, seeds[shown], stall, resets, waves)
    seconds, cycles = sum(run["wall_s"] for run in runs), sum(run["cycles"] for run in runs)
    results = {
        "schema_version": COSIM_SCHEMA,
        "build_id": rtl.dut.manifest["id"],
        "verilog_sha256": hashlib.sha256(rtl.dut.verilog.read_bytes()).hexdigest(),
        "block": "network",
        "synapses": int(rtl.dut.manifest["design"]["synapses"]),
        "steps": len(x),
        "synapse_steps": sum(run.get("synapse_steps", 0) for run in runs),
        "cycles": cycles,
        "differences": differences,
        "first_difference": first,
        "passed": differences == 0,
        "seed": request.seed,
        "stall": request.stall,
        "recording": recorded(request.events) if request.events is not None else None,
        "cycles_per_sweep": None,
        "throughput": {"steps_per_s": runs[0].get("steps_per_s"), "clocks": "as declared"},
        "final_state": str(arrays.resolve()),
        "trajectory": None,
        "waves": str(waves.resolve()) if request.waves else None,
        "coverage": {"bins": bins, "missed": [name for name, count in bins.items() if not count]},
        "cycles_per_s": round(cycles / seconds) if seconds else None,
        "wall_s": round(time.perf_counter() - start, 3),
        "simulator": {"verilator": tool_versions()["verilator"]},
        "crossings": totals(runs),
        "runs": runs,
    }
    write_json(out, results)
    return results


def recorded(events: Path) -> dict[str, str]:
    """What results say of a recording."""
    return {"name": events.name, "sha256": hashlib.sha256(events.read_bytes()).hexdigest()}


def totals(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Words, and bits that changed at an edge, of each crossing over all runs."""
    sums: dict[str, dict[str, int]] = {}
    for run in runs:
        for layer, counts in run.get("crossings", {}).items():
            into = sums.setdefault(layer, dict.fromkeys(counts, 0))
            for name, count in counts.items():
                into[name] += count
    return sums
