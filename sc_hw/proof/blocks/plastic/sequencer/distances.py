"""How many clocks lie between two visits of the same row, and of the same synapse.

A group has `slots` slots: its rows, then the clocks of its pause. A sequencer passes from slot to
slot, one a clock, or waits. Let it visit slot `first_slot` of group `first_group`. From then on
three ghosts count:

* `distance`: slots passed since;
* `wraps`: changes from one group to the next since;
* `age`: clocks since, with a ceiling.

An induction ties them to the sequencer's counters: ``first_slot + distance = wraps * slots +
slot``, so that being at `first_slot` again means that a multiple of `slots` has been passed, in at
least as many clocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sc_hw.proof.blocks.plastic.sequencer.frames import SequencerClock, SequencerFrames
from sc_hw.proof.frames import violation
from sc_model.graph.smt import K


@dataclass(frozen=True)
class _Ghosts:
    """Counters of the proof, as vectors; see the module."""

    distance: Any
    wraps: Any
    age: Any


class _Visit:
    """A visit of a slot in a group, and what holds until the same place is visited again."""

    def __init__(self, frames: SequencerFrames) -> None:
        self.prover, self.sizes, self.t = frames.prover, frames.sizes, frames.prover.terms
        names = ("first_slot", "first_group", "distance", "wraps", "age")
        self.first_slot, self.first_group, *ghosts = (
            self.t.var(name, self.sizes.width) for name in names
        )
        self.ghosts = _Ghosts(*ghosts)

    def slot(self, clock: SequencerClock) -> Any:
        """The slot that the sequencer is at: a row, or behind the rows a clock of the pause."""
        paused = self.t(K.BV_ADD, self.sizes.rows, clock.value("pause"))
        return self.t(K.ITE, clock.bit("pausing"), paused, clock.value("row"))

    def invariant(self, clock: SequencerClock, ghosts: _Ghosts) -> list[Any]:
        """What ties ghosts and counters together in a clock."""
        t, sizes, prover = self.t, self.sizes, self.prover
        slots_passed = t(K.BV_ADD, self.first_slot, ghosts.distance)
        groups_passed = t(K.BV_ADD, self.first_group, ghosts.wraps)
        group, slot = clock.value("group"), self.slot(clock)
        return [
            # A slot takes one clock at least.
            t(K.BV_ULE, ghosts.distance, ghosts.age),
            # first_slot + distance = wraps * slots + slot
            t(K.EQUAL, slots_passed, t(K.BV_ADD, sizes.of_slots(ghosts.wraps), slot)),
            # first_group + wraps = group, or a sweep later group + groups
            prover.either(
                t(K.EQUAL, group, groups_passed),
                t(K.EQUAL, t(K.BV_ADD, group, sizes.groups), groups_passed),
            ),
            t(K.BV_ULE, ghosts.wraps, sizes.groups),
            prover.either(
                t(K.BV_UGE, slot, self.first_slot), t(K.BV_UGE, ghosts.wraps, sizes.const(1))
            ),
        ]

    def next_ghosts(self, clock: SequencerClock) -> _Ghosts:
        """The ghosts one clock later."""
        t, sizes, prover, ghosts = self.t, self.sizes, self.prover, self.ghosts
        one = sizes.const(1)
        moves = prover.either(clock.bit("issue"), clock.bit("pausing"))
        # Far above all that an age is compared with; it stays there, so that it can't wrap around.
        ceiling = sizes.const(1 << (sizes.width - 2))
        older = t(K.BV_ADD, ghosts.age, one)
        return _Ghosts(
            t(K.ITE, moves, t(K.BV_ADD, ghosts.distance, one), ghosts.distance),
            t(K.ITE, self.leaves_group(clock), t(K.BV_ADD, ghosts.wraps, one), ghosts.wraps),
            t(K.ITE, t(K.BV_ULT, ghosts.age, ceiling), older, ceiling),
        )

    def leaves_group(self, clock: SequencerClock) -> Any:
        """Whether the next clock is in the next group."""
        at_last_pause = self.t(K.EQUAL, clock.value("pause"), self.sizes.last_pause)
        return self.prover.both(clock.bit("pausing"), at_last_pause)


def prove_distances(frames: SequencerFrames) -> None:
    """Add the claims that the ghosts count rightly, then those about distances."""
    prover, t, sizes, holds = frames.prover, frames.prover.terms, frames.sizes, frames.assumptions
    visit, (present, following) = _Visit(frames), frames.clocks[:2]
    ghosts, first_slot, zero, one = visit.ghosts, visit.first_slot, sizes.const(0), sizes.const(1)
    leaves = visit.leaves_group(present)
    next_ghosts = visit.next_ghosts(present)
    legal = [t(K.BV_ULT, first_slot, sizes.slots), t(K.BV_ULE, visit.first_group, sizes.last_group)]
    # The place has not been passed by again: a full sweep of groups has not been left.
    sweep_passed = prover.both(t(K.EQUAL, ghosts.wraps, sizes.groups), leaves)
    counting = visit.invariant(present, ghosts)
    frames.claim(
        "count begins",
        "when a place is visited, the count holds with nothing passed",
        violation(prover, visit.invariant(present, _Ghosts(zero, zero, zero))),
        [
            *holds,
            t(K.EQUAL, first_slot, visit.slot(present)),
            t(K.EQUAL, visit.first_group, present.value("group")),
        ],
    )
    frames.claim(
        "count kept",
        "if the count holds in a clock it holds in the next one, until the sequencer leaves the"
        " place's group for the second time",
        violation(prover, visit.invariant(following, next_ghosts)),
        [*holds, *legal, prover.no(sweep_passed), *counting],
    )
    frames.claim(
        "count ends",
        "the sequencer does not leave the place's group for the second time before it has visited"
        " the place again",
        prover.both(
            t(K.EQUAL, ghosts.wraps, sizes.groups),
            leaves,
            t(K.BV_ULT, visit.slot(present), first_slot),
        ),
        [*holds, *legal, *counting],
    )
    # A clock after the visit at least one slot has been passed: this excludes the visit itself.
    assumptions = [*holds, *legal, *counting, t(K.BV_UGE, ghosts.distance, one)]
    again = t(K.EQUAL, visit.slot(present), first_slot)
    frames.claim(
        "slots",
        "from a row's synapse to the next synapse of that row, in whatever group, it is at least"
        " `slots` clocks; so it is from `end` to `end`",
        prover.both(again, t(K.BV_ULT, ghosts.age, sizes.slots)),
        assumptions,
    )
    frames.claim(
        "sweep",
        "from a synapse to the same synapse again it is at least groups * slots clocks",
        prover.both(
            again,
            t(K.EQUAL, present.value("group"), visit.first_group),
            t(K.BV_ULT, ghosts.age, sizes.of_slots(sizes.groups)),
        ),
        assumptions,
    )
