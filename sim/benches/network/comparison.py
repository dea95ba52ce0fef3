"""Comparisons of a network's run with the golden network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.spec import PLASTIC, SLICE, NetworkSpec, TrainedLayerSpec
from sc_sim.benches.network.expected import Expected, Row
from sc_sim.benches.network.findings import Findings
from sc_sim.blocks.network.records import Played, Stepped

# Counts that must be 0: words that changed while they waited, and words taken during a restart
FAULTS = ("unstable", "taken_in_restart")
FAULT_OUTPUTS = ("torn_", "out_of_step_")  # begin the names of such counts of one layer


@dataclass(frozen=True)
class Comparison:
    """Compares one run.

    Members
    -------
    findings : where differences go.
    run : number of the run.
    spec : the network.
    nothing : what comes out of the network, and crosses in it, without a step.
    sections : what the golden network makes of the steps between two restarts of the input, of
        those that a step was taken in, and of the last one.
    begins : times in ps of the first step of each section.
    """

    findings: Findings
    run: int
    spec: NetworkSpec
    nothing: Expected
    sections: Sequence[Expected]
    begins: Sequence[int]

    def crossings(self, crossed: Mapping[str, Stepped]) -> None:
        """Words, or slices of words, at every crossing between two clocks."""
        for index, (before, after) in enumerate(pairwise(self.spec.layers), 1):
            if after.name in crossed:
                rows = [section.row(before) for section in (self.nothing, *self.sections)]
                if slices := self.spec.slices(index):
                    order = self.spec.place_order(index)
                    rows = [row.in_slices(slices, order) for row in rows]
                self._crossing(crossed[after.name], before, after, rows[0], rows[1:])

    def faults(self, played: Played, lost: Mapping[str, int]) -> None:
        """Counts of what must never happen, and of spikes that had to be lost.

        `lost`: by layer, how many words had to lose a spike; empty where that is not known.
        """
        for name, count in played.counts.items():
            if count and (name in FAULTS or name.startswith(FAULT_OUTPUTS)):
                layer = name
                for prefix in FAULT_OUTPUTS:
                    layer = layer.removeprefix(prefix)
                self.findings.differ(
                    run=self.run,
                    event="fault",
                    layer=None if name in FAULTS else layer,
                    field=name,
                    want=0,
                    got=count,
                )
        for name, count in lost.items():
            spikes = played.counts[f"lost_{name}"]
            if spikes != count:
                self.findings.differ(
                    run=self.run, event="lost", layer=name, field="lost", want=count, got=spikes
                )

    @property
    def _last(self) -> str:
        """The layer whose words leave the network."""
        return PLASTIC if self.spec.plastic is not None else self.spec.layers[-1].name

    def output_until(self, out: Stepped, end_ps: int, row: Row) -> None:
        """Words of stream `o` before a time: they must be the first ones of a row."""
        words = out.where(out.times_ps < end_ps)
        count = row.match_length(words)
        if count < len(words.steps):
            self._wrong("word", self._last, words, row, count)

    def output(self, out: Stepped, *, bits: bool = True) -> None:
        """Transfers of stream `o`; without `bits` the numbers of their steps alone.

        Between two restarts they must be the first ones of a section; after the last restart they
        must be all of the last section.
        """
        name = self._last
        rows, nothing = [section.transfers for section in self.sections], self.nothing.transfers
        if not bits:
            rows, nothing = [row.without_bits() for row in rows], nothing.without_bits()
            out = out.without_bits()
        next_row, words = 0, out.where(np.zeros(len(out.steps), np.bool_))
        for epoch in np.unique(out.epochs):
            words = out.where(out.epochs == epoch)
            count = len(words.steps)
            if nothing.match_length(words) == count and epoch != out.epochs[-1]:
                continue  # restarted again before a step came
            # time of the first word that depends on a step
            first_ps = words.times_ps[min(len(nothing.steps), count - 1)]
            possible = [
                row
                for row in range(next_row, len(rows))
                if self.begins[row] < first_ps or count <= len(nothing.steps)
            ]
            fitting = [row for row in possible if rows[row].match_length(words) == count]
            if not fitting:
                row = rows[possible[-1] if possible else -1]
                self._wrong("word", name, words, row, row.match_length(words))
                return
            next_row = fitting[0] + 1
            if len(rows) > 1:
                self.findings.bins["event.words_before_reset"] += next_row < len(rows)
        last = rows[-1]
        complete = last.match_length(words) == len(words.steps) == len(last.steps)
        if len(last.steps) and not complete:
            self._fewer("word", name, last, last.match_length(words))

    def _crossing(
        self,
        words: Stepped,
        before: TrainedLayerSpec,
        after: TrainedLayerSpec,
        nothing: Row,
        rows: Sequence[Row],
    ) -> None:
        """Words at a crossing: of each section from its first word on, of the last one all.

        The first words of some sections, in their order, one after the other; a section may have
        been ended by a reset before any of its words crossed, or without a step (`nothing`). What
        a few words match may be more than one section, so all ways to part them are followed.
        """
        event, end = f"crossing into {after.name}", len(words.steps)
        first = before.tick_interval % (1 << self.spec.step_bits)
        begins = [0, *(np.flatnonzero(words.steps[1:] == first) + 1).tolist(), end]
        # Of each position at which a section may begin: the least section of the words before.
        reached, furthest = {0: -1}, (0, rows[-1], 0)
        for position in begins[:-1]:
            if position not in reached:
                continue
            row = reached[position]
            following = [(row, nothing), *enumerate(rows[row + 1 :], row + 1)]
            for number, section in following:
                last = position + section.match_length(words, position)
                if last > furthest[0]:
                    furthest = (last, section, position)
                for begin in begins:
                    if position < begin <= last:
                        reached[begin] = min(reached.get(begin, number), number)
        if end not in reached:
            self._wrong(event, before.name, words, furthest[1], furthest[0], furthest[2])
            return
        last_row = rows[-1]
        tail = end - len(last_row.steps)
        if tail < 0 or last_row.match_length(words, tail) != len(last_row.steps):
            self._fewer(event, before.name, last_row, end if len(rows) == 1 else 0)

    def _fewer(self, event: str, layer: str, row: Row, count: int) -> None:
        """Record that words are missing."""
        step = int(row.steps[min(count, len(row.steps) - 1)])
        self.findings.differ(
            run=self.run,
            event=event,
            layer=layer,
            step=step,
            field="words",
            want=len(row.steps),
            got=count,
        )

    def _wrong(
        self, event: str, layer: str, words: Stepped, row: Row, position: int, begin: int = 0
    ) -> None:
        """Record that the word at a position is not the one due in a row that begins at `begin`."""
        place: dict[str, Any] = {
            "run": self.run,
            "event": event,
            "layer": layer,
            "count": max(1, len(words.steps) - position),
            "time_ps": int(words.times_ps[position]),
        }
        number = int(words.steps[position])
        due = position - begin
        if due >= len(row.steps):
            self.findings.differ(
                **place, step=number, field="words", want=len(row.steps), got=len(words.steps)
            )
        elif number != row.steps[due]:
            want = int(row.steps[due])
            self.findings.differ(**place, step=want, field="step", want=want, got=number)
        else:
            wrong = int(np.argmax(row.differing(words.bits[position], due)))
            want, bit = int(row.bits[due, wrong]), int(words.bits[position, wrong])
            last = self.spec.layers[-1]
            answer = wrong - (last.neurons if row.slices == 1 else SLICE)
            if self.spec.readout is not None and layer == last.name and answer >= 0:
                self.findings.differ(
                    **place, step=number, field=f"winner, bit {answer}", want=want, got=bit
                )
                return
            neuron = row.neuron(due, wrong)
            self.findings.differ(
                **place, step=number, neuron=neuron, field="spike", want=want, got=bit
            )

    def stuck(self, steps: int) -> None:
        """Record that the network has not taken all steps."""
        self.findings.differ(
            run=self.run, event="stuck", step=steps + 1, field="ready", want=1, got=0
        )

    def final_state(
        self,
        readings: Mapping[str, Mapping[str, NDArray[np.int64]]] | None,
        steps: int,
        *,
        plastic: bool = True,
    ) -> None:
        """Everything that the host can read; None where the network did not answer.

        `plastic`: whether the plastic layer's state is known, too.
        """
        if readings is None:
            self.findings.differ(
                run=self.run, event="readback", field="readback.valid", want=1, got=0
            )
            return
        for layer, fields in self.sections[-1].state.items():
            if layer == PLASTIC and not plastic:
                continue
            for name, values in fields.items():
                wrong = np.argwhere(readings[layer][name] != values)
                if len(wrong):
                    index = tuple(int(axis) for axis in wrong[0])
                    self.findings.differ(
                        run=self.run,
                        event="readback",
                        layer=layer,
                        neuron=index[0],
                        step=steps,
                        field=name if len(index) == 1 else f"{name}[{index[0]}, {index[1]}]",
                        want=int(values[index]),
                        got=int(readings[layer][name][index]),
                        count=len(wrong),
                    )
