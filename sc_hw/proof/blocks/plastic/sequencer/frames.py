"""The sequencer of a plastic layer over three clocks, and the invariant of its registers.

Names of signals are those of `sc_hw.plastic.sequencer.LayerSequencer`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sc_hw.proof.blocks.plastic.sequencer.sizes import SIZE_PORTS, Sizes
from sc_hw.proof.frames import Frames, no_reset
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import low_bits
from sc_model.graph.smt import K

# Signals that a counterexample shows, in each clock.
_WITNESS = ("row", "pause", "group", "address", "going", "pausing", "at_start", "issue", "end")


@dataclass
class SequencerClock:
    """The sequencer in one clock, its counters extended to `Sizes.width`.

    Members
    -------
    prover, frames, sizes : prover, unrolled netlist and the layer's sizes, as in
        `SequencerFrames`.
    number : number of the clock, 0 to 2.
    """

    prover: Prover
    frames: Frames
    sizes: Sizes
    number: int

    def bit(self, name: str) -> Any:
        """Whether a signal is high."""
        return self.prover.on(self.frames.at(self.number, name))

    def value(self, name: str) -> Any:
        """A counter as a vector of `Sizes.width` bits."""
        return self.sizes.wide(self.frames.at(self.number, name))

    def invariant(self) -> list[Any]:
        """What holds in every clock after a reset: the value of each register.

        The counters are `row`, `pause` and `group`. All other registers are flags that the hardware
        keeps in step with them, in place of comparisons, which would lengthen its longest path. So
        most lines say which comparison of the counters a flag stands for.
        """
        prover, t, s, bit = self.prover, self.prover.terms, self.sizes, self.bit
        row, pause, group = self.value("row"), self.value("pause"), self.value("group")
        zero = s.const(0)

        def same(left: Any, right: Any) -> Any:
            return t(K.EQUAL, left, right)

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
        """Address of the next word to issue: group * rows + row.

        In a pause that is row 0 of the group to come, which is group 0 after the last one.
        """
        t, s = self.prover.terms, self.sizes
        group = self.value("group")
        next_group = t(K.ITE, self.bit("at_last_group"), s.const(0), s.plus(group, 1))
        current = t(K.ITE, self.bit("pausing"), next_group, group)
        return t(K.BV_ADD, s.of_rows(current), self.value("row"))


class SequencerFrames:
    """A sequencer whose sizes and state are arbitrary, but for what `assumptions` say.

    Parameters
    ----------
    prover : gets the claims.
    net : netlist of the sequencer.
    label : widths of the sequencer's ports, for the names of claims.

    Members
    -------
    clocks : the sequencer in clocks 0, 1 and 2; its state in clock 0 is arbitrary.
    sizes : the layer's sizes, free inputs that keep their values.
    size_limits : assumption that there are at least two rows and two groups, as in every layer.
    assumptions : `size_limits`, no reset in clocks 0 and 1, and the invariant in clock 0.
    """

    def __init__(self, prover: Prover, net: Netlist, label: str) -> None:
        self.prover, self.label = prover, label
        frames = Frames(net, 2, constant=SIZE_PORTS)  # clock 0, and 2 after it
        self.sizes = sizes = Sizes(prover, frames)
        # Clocks 0 and 1 are those of the claims; a counterexample also shows clock 2.
        self.clocks = [SequencerClock(prover, frames, sizes, number) for number in range(3)]
        t = prover.terms
        # A sequencer compares with `last_row` - 1 and `last_group` - 1, so it needs two of each.
        self.size_limits = [
            t(K.BV_UGE, sizes.last_row, sizes.const(1)),
            t(K.BV_UGE, sizes.last_group, sizes.const(1)),
        ]
        self.assumptions = [
            *self.size_limits,
            *no_reset(prover, frames, 1),
            *self.clocks[0].invariant(),
        ]
        self._witness = {name: frames.inputs[0][name] for name in SIZE_PORTS}
        self._witness |= {
            f"{name}@{clock}": frames.at(clock, name) for name in _WITNESS for clock in range(3)
        }

    def claim(self, name: str, statement: str, bad: Any, assumptions: list[Any]) -> None:
        """Add a claim.

        Parameters
        ----------
        name, statement : name of the claim, behind the sequencer's; what it says in words.
        bad : condition that must be impossible.
        assumptions : conditions under which it must be. The laws of all products that `bad` and
            `assumptions` contain are assumed too (see `Multiples`).
        """
        laws = [*self.sizes.of_rows.laws_in_use, *self.sizes.of_slots.laws_in_use]
        self.prover.claim(
            f"layer sequencer, {self.label}: {name}",
            statement,
            bad,
            [*assumptions, *laws],
            self._witness,
        )
