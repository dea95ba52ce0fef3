"""Plays runs of a network under given clockings, and compares each with the golden network."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.golden.network.network import Network
from sc_sim.benches.network.comparison import Comparison
from sc_sim.benches.network.expected import Expected, expected, last_ticks, own_lessons
from sc_sim.benches.network.findings import Findings
from sc_sim.benches.network.stimulus import Parameters, Teaching
from sc_sim.blocks.network.records import Part, Played, Reset, parts_of
from sc_sim.blocks.network.rtl import NetworkRtl
from sc_sim.clocks import Clocking
from sc_sim.layer_words import State

STREAM_EVENTS = ("i_idle", "i_blocked", "o_idle", "o_blocked")


@dataclass(frozen=True)
class Start:
    """What a part of a run begins with.

    Members
    -------
    teach : what the plastic layer is taught in each of its own steps, by name.
    plastic : the plastic layer's state at its beginning; None without one.
    """

    teach: Teaching
    plastic: State | None


class NetworkBench:
    """Plays runs and compares them.

    Parameters
    ----------
    rtl : the verilated network.
    parameters : of its layers, by `<layer>.<name>`.
    x : steps (T, inputs), the same in every run: they must give the same under any clocks.
    teach : what a plastic layer is taught beside each step, (T,) by name.

    Members
    -------
    findings : of all runs so far.
    runs : a report of each run.
    state : what the host has read after the last one, by layer and name.
    """

    def __init__(
        self,
        rtl: NetworkRtl,
        parameters: Parameters,
        x: NDArray[np.uint8],
        teach: Teaching | None = None,
    ) -> None:
        self.rtl, self.spec, self.parameters, self.x = rtl, rtl.spec, parameters, x
        if teach is None:
            teach = {name: np.zeros(len(x), np.int64) for name in rtl.lesson_formats}
        self.lessons, self.teach = teach, own_lessons(self.spec, teach, len(x))
        plastic = Network(self.spec, parameters).plastic
        self.plastic = plastic.checkpoint() if plastic is not None else None
        self.golden = expected(self.spec, parameters, x, self.teach)
        self.nothing = expected(self.spec, parameters, x[:0])  # what comes without a step
        self.findings = Findings()
        self.runs: list[dict[str, Any]] = []
        self.state: dict[str, dict[str, NDArray[np.int64]]] = {}
        self._declare_bins()

    def _declare_bins(self) -> None:
        """Bins that this network can hit, and what the golden network says of them."""
        bins = self.findings.bins
        bins.update(dict.fromkeys((f"event.{name}" for name in STREAM_EVENTS), 0))
        for index, layer in enumerate(self.spec.layers):
            crossing = self.spec.crossing(index)
            # more spikes can come between two ticks than can wait
            if crossing.policy == "once" and crossing.most_words > 1:
                bins[f"crossing.{layer.name}.lost"] += self.golden.lost[layer.name]
            words = self.golden.words[layer.name]
            bins[f"layer.{layer.name}.spike"] += int(words.sum())
            bins[f"layer.{layer.name}.silent"] += int((words == 0).sum())
            saturations = self.golden.saturations[layer.name]
            if saturations is not None:
                bins[f"layer.{layer.name}.saturated"] += saturations
        for capture in self.rtl.dut.captures:
            for name in ("word", "late", "on_time"):
                bins[f"crossing.{capture.layer}.{name}"] += 0
        if len(self.rtl.dut.roles) > 1:
            bins["event.together"] += 0

    def run(
        self,
        clocking: Clocking,
        seed: int,
        stall: float,
        resets: Sequence[Reset] = (),
        waves: Path | None = None,
    ) -> dict[str, Any]:
        """One run from power-on.

        Parameters
        ----------
        clocking : clocks of all domains.
        seed : of idle clocks, jitter, and bits that miss an edge.
        stall : probability of an idle clock on every stream.
        resets : pulses.
        waves : file for all signals, or None.

        Returns the run's report, as it stands in results.
        """
        number, before = len(self.runs), self.findings.differences
        start = time.perf_counter()
        self.rtl.start(clocking, seed, waves)
        played = self._play(number, stall, resets, seed)
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

    def _play(self, number: int, stall: float, resets: Sequence[Reset], seed: int) -> Played:
        """Play the steps and compare them, with a plastic layer part by part; all that was played.

        A reset in the midst of its step leaves a plastic layer with some synapses updated and
        others not: then its state is loaded again. One between steps keeps its memories.
        """
        whole: Played | None = None
        state, load = self.plastic, self.plastic
        spaces: tuple[str, ...] = ()
        parts = [Part(0, len(self.x), tuple(resets))]
        if self.plastic is not None and resets:
            parts = parts_of(len(self.x), resets)
        for part in parts:
            x, teach = self.x[part.steps], self.teach
            if len(parts) > 1:
                lessons = {name: values[part.steps] for name, values in self.lessons.items()}
                teach = own_lessons(self.spec, lessons, len(x))
            played = self.rtl.play(
                self.parameters if whole is None else None,
                x,
                stall,
                part.resets,
                seed,
                load,
                teach,
                spaces,
            )
            checkpoint = self._compare(number, played, Start(teach, state))
            whole = played if whole is None else whole.followed_by(played)
            state = load = self.plastic
            spaces = ()
            words = self.rtl.plastic_words
            if (
                words is not None
                and state is not None
                and checkpoint is not None
                and not part.resets
            ):
                state, spaces = words.after_reset(checkpoint, state)
                load = state if spaces else None
                self.findings.bins["reset.between_learning_steps"] += part is not parts[-1]
        if whole is None:
            raise ValueError("a run must have a part")
        return whole

    def _compare(self, run: int, played: Played, start: Start) -> State | None:
        """Compare words, crossings, the final state and counts; the plastic layer's state by then.

        Where a pulse has come, the plastic layer's spikes are compared up to the first one, and
        its state is not.
        """
        inputs, accepted, times = played.taken.inputs, played.taken.epochs, played.taken.times
        steps = len(inputs)
        undisturbed = played.epochs == 1
        if undisturbed and steps == len(self.x):  # the whole run
            sections, begins = [self.golden], [int(times[0])]
        else:
            # epochs without a step are in `nothing`, but for the last one
            epochs = [
                epoch
                for epoch in range(played.epochs)
                if epoch == played.epochs - 1 or (accepted == epoch).any()
            ]
            in_epoch = [accepted == epoch for epoch in epochs]
            sections = [self._expected(inputs[mask], start) for mask in in_epoch]
            begins = [int(times[mask].min(initial=self.rtl.now_ps)) for mask in in_epoch]
        comparison = Comparison(self.findings, run, self.spec, self.nothing, sections, begins)
        learns = self.plastic is not None
        if learns and played.reset_ps is not None:
            first = self._expected(inputs[accepted == 0], start).out
            comparison.output_until(played.out, played.reset_ps, first)
            lessons = int((played.taught_ps < played.reset_ps).sum())
            answered = int((played.out.times_ps < played.reset_ps).sum())
            self.findings.bins["reset.in_a_learning_step"] += lessons > answered
        comparison.output(played.out, bits=not learns or played.reset_ps is None)
        comparison.crossings(played.crossed)
        if not played.finished:
            comparison.stuck(steps)
        readings = self.rtl.read(0.0, self.plastic)
        comparison.final_state(readings, steps, plastic=played.reset_ps is None)
        self.state = readings if readings is not None else self.state
        comparison.faults(played, sections[-1].lost if undisturbed and played.finished else {})
        return sections[-1].plastic

    def _expected(self, x: NDArray[np.uint8], start: Start) -> Expected:
        """What the golden network makes of some steps of a part, from a reset on."""
        return expected(self.spec, self.parameters, x, start.teach, start.plastic)

    def _report(self, played: Played) -> dict[str, Any]:
        """What a run did, as it stands in results."""
        counts, times = played.counts, played.taken.times
        lengths = np.unique(played.taken.epochs, return_counts=True)[1]
        ticks = [last_ticks(self.spec, int(length) * self.spec.shown_steps) for length in lengths]
        updates = sum(
            sum(one[layer.name] for one in ticks) // layer.tick_interval * layer.synapse_count
            for layer in self.spec.layers
        )
        between_ps = float(times[-1] - times[0]) if len(times) > 1 else 0.0
        return {
            "steps": counts["accepted"],
            "epochs": played.epochs,
            "words_out": counts["o_words"] // self.rtl.output.transfers,
            "synapse_steps": updates,
            "steps_per_s": round((len(times) - 1) * 1e12 / between_ps, 1) if between_ps else None,
            "edges_together": counts["together"],
            "crossings": {
                capture.layer: {
                    "words": counts[f"crossed_{capture.layer}"],
                    "in_window": counts[f"windows_{capture.layer}"],
                    "late": counts[f"late_{capture.layer}"],
                    "torn": counts[f"torn_{capture.layer}"],
                }
                for capture in self.rtl.dut.captures
            },
        }

    def _cover(self, clocking: Clocking, resets: Sequence[Reset], played: Played) -> None:
        """Count what a run has been through."""
        bins, counts = self.findings.bins, played.counts
        bins[f"clocks.{clocking.kind}"] += 1
        for reset in resets:
            bins[f"reset.{reset.role}"] += 1
        for one, other in pairwise(resets):
            same_time = (one.after, one.delay_ps) == (other.after, other.delay_ps)
            bins["reset.two_at_once"] += same_time and one.role != other.role
        for name in (*STREAM_EVENTS, "together"):
            if f"event.{name}" in bins:
                bins[f"event.{name}"] += counts[name]
        for capture in self.rtl.dut.captures:
            layer = capture.layer
            late = counts[f"late_{layer}"]
            bins[f"crossing.{layer}.word"] += counts[f"crossed_{layer}"]
            bins[f"crossing.{layer}.late"] += late
            bins[f"crossing.{layer}.on_time"] += counts[f"windows_{layer}"] - late


def totals(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Words, and bits that changed at an edge, of each crossing over all runs."""
    sums: dict[str, dict[str, int]] = {}
    for run in runs:
        for layer, counts in run.get("crossings", {}).items():
            layer_sums = sums.setdefault(layer, dict.fromkeys(counts, 0))
            for name, count in counts.items():
                layer_sums[name] += count
    return sums
