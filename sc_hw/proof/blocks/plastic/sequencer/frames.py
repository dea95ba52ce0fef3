"""A sequencer unrolled over a few clocks, and its invariant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sc_hw.proof.blocks.plastic.sequencer.sizes import SIZE_PORTS, Sizes
from sc_hw.proof.frames import Frames, no_reset
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import low_bits
from sc_model.graph.smt import K

_WITNESS = ("row", "pause", "group", "address", "going", "pausing", "at_start", "issue", "end")


@dataclass
class SequencerClock:
    """The sequencer in one clock, its counters at full width.

    Members
    -------
    prover, frames, sizes : those of the proof.
    number : of the clock.
    """

    prover: Prover
    frames: Frames
    sizes: Sizes
    number: int

    def bit(self, name: str) -> Any:
        """Whether a signal is high."""
        return self.prover.on(self.frames.at(self.number, name))

    def value(self, name: str) -> Any:
        """A counter, at full width."""
        return self.sizes.wide(self.frames.at(self.number, name))

    def invariant(self) -> list[Any]:
        """What holds in every clock after a reset: each register, in terms of the counters.

        The counters are `row`, `pause` and `group`; all other registers are flags that go with
        them, so that no comparison is in a critical path.
        """
        prover, t, s, bit = self.prover, self.prover.terms, self.sizes, self.bit
        row, pause, group = self.value("row"), self.value("pause"), self.value("group")
        zero = s.const(0)

        def same(fact: Any, other: Any) -> Any:
            return t(K.EQUAL, fact, other)

        address = self.frames.at(self.number, "address")
        return [
            t(K.BV_ULE, row, s.last_row),
            same(bit("at_last_row"), same(row, s.last_row)),
            same(address, low_bits(t, self.next_word(), t.width(address))),
            # Outside a pause `going` is low only where a sweep waits for `open` at its first row,
            # or one clock behind that row: it is a register, so that it acts a clock late.
            prover.either(
                bit("pausing"),
                bit("going"),
                prover.both(bit("first"), t(K.BV_ULE, row, s.const(1))),
            ),
            same(
                bit("at_start"),
                prover.both(prover.no(bit("pausing")), same(row, zero), same(group, zero)),
            ),
            t(K.BV_ULE, pause, s.last_pause),
            t(K.BV_ULE, group, s.last_group),
            same(bit("at_end"), prover.both(bit("at_last_row"), bit("at_last_group"))),
            same(bit("at_last_pause"), prover.both(bit("pausing"), same(pause, s.last_pause))),
            same(bit("at_last_group"), same(group, s.last_group)),
            same(bit("first"), same(group, zero)),
            prover.implies(
                bit("pausing"), prover.both(same(row, zero), prover.no(bit("at_start")))
            ),
            prover.implies(prover.no(bit("pausing")), same(pause, zero)),
            prover.implies(bit("pausing"), prover.no(bit("going"))),
            same(bit("end"), prover.both(bit("pausing"), same(pause, zero))),
        ]

    def next_word(self) -> Any:
        """Address of the next synapse to issue: group * rows + row.

        In the pause behind a group that is row 0 of the next group; behind the last group, of the
        first.
        """
        t, s = self.prover.terms, self.sizes
        group = self.value("group")
        next_group = t(K.ITE, self.bit("at_last_group"), s.const(0), s.plus(group, 1))
        current = t(K.ITE, self.bit("pausing"), next_group, group)
        return t(K.BV_ADD, s.of_rows(current), self.value("row"))


class SequencerFrames:
    """A sequencer with arbitrary sizes, in a state in which its invariant holds.

    Members
    -------
    clocks : three of them, the first from an arbitrary state.
    sizes : of the layer.
    label : the widths of the ports, for the names of claims.
    legal : assumption that there are at least two rows and two groups, as in every layer.
    holds : `legal`, no reset, and the invariant in clock 0.
    """

    def __init__(self, prover: Prover, net: Netlist, label: str) -> None:
        self.prover, self.label = prover, label
        frames = Frames(net, 2, constant=SIZE_PORTS)
        self.sizes = sizes = Sizes(prover, frames)
        # Clocks 0 and 1 are those of the claims; a counterexample also shows clock 2.
        self.clocks = [SequencerClock(prover, frames, sizes, number) for number in range(3)]
        t = prover.terms
        # A sequencer compares with `last_row` - 1 and `last_group` - 1, so it needs two of each.
        self.legal = [
            t(K.BV_UGE, sizes.last_row, sizes.const(1)),
            t(K.BV_UGE, sizes.last_group, sizes.const(1)),
        ]
        self.holds = [*self.legal, *no_reset(prover, frames, 1), *self.clocks[0].invariant()]
        self._witness = {name: frames.inputs[0][name] for name in SIZE_PORTS}
        self._witness |= {
            f"{name}@{clock}": frames.at(clock, name) for name in _WITNESS for clock in range(3)
        }

    def claim(self, name: str, statement: str, bad: Any, assumptions: list[Any]) -> None:
        """Add a claim; it may use the laws of the products that have been asked for so far."""
        laws = [*self.sizes.of_rows.laws_in_use, *self.sizes.of_slots.laws_in_use]
        self.prover.claim(
            f"layer sequencer, {self.label}: {name}",
            statement,
            bad,
            [*assumptions, *laws],
            self._witness,
        )
