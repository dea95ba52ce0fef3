"""A sweep that has begun ends, and one that waits begins: no clock is lost but in known places.

The sequencer passes through `groups` x `slots` places (see `distances`). The rank of a state is the
pair of the groups and of the slots that are left; it falls in the order of dictionaries, since no
place lasts longer than a clock. So a sweep takes as many clocks as there are pairs, at most; no
product is needed to say so.
"""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.sequencer.frames import SequencerClock, SequencerFrames
from sc_model.graph.smt import K


class _Places:
    """The groups and slots that are left until the first row of a sweep is due."""

    def __init__(self, frames: SequencerFrames) -> None:
        self.prover, self.t, self.sizes = frames.prover, frames.prover.terms, frames.sizes

    def at_start(self, clock: SequencerClock) -> Any:
        """Whether a sweep is in its first group, in front of or behind its first row only."""
        return self.prover.both(
            clock.bit("first"),
            self.prover.no(clock.bit("pausing")),
            self.t(K.BV_ULE, clock.value("row"), self.sizes.const(1)),
        )

    def waits(self, clock: SequencerClock) -> Any:
        """Whether `going` is low outside a pause: it waits for `open`, or for one clock."""
        return self.prover.both(
            self.prover.no(clock.bit("going")), self.prover.no(clock.bit("pausing"))
        )

    def left(self, clock: SequencerClock) -> tuple[Any, Any]:
        """Groups and slots that are left, this one included. A wait counts as one more slot."""
        t, s = self.t, self.sizes
        paused = t(K.BV_ADD, s.rows, clock.value("pause"))
        slot = t(K.ITE, clock.bit("pausing"), paused, clock.value("row"))
        slots = t(K.BV_SUB, s.slots, slot)
        waiting = t(K.ITE, self.waits(clock), s.plus(slots, 1), slots)
        return t(K.BV_SUB, s.groups, clock.value("group")), waiting

    def falls(self, present: SequencerClock, following: SequencerClock) -> Any:
        """Whether the pair falls in the order of dictionaries, and is within its limits."""
        t, s, prover = self.t, self.sizes, self.prover
        groups, slots = self.left(present)
        next_groups, next_slots = self.left(following)
        return prover.both(
            t(K.BV_ULE, groups, s.groups),
            t(K.BV_ULE, slots, s.slots),
            prover.either(
                t(K.BV_ULT, next_groups, groups),
                prover.both(t(K.EQUAL, next_groups, groups), t(K.BV_ULT, next_slots, slots)),
            ),
        )


def prove_liveness(frames: SequencerFrames) -> None:
    """Add the claims that a transfer is taken in time, and that a sweep ends in time."""
    prover, holds, places = frames.prover, frames.assumptions, _Places(frames)
    present, following = frames.clocks[:2]
    offered = [clock.bit("i_valid") for clock in (present, following)]
    is_open = [clock.bit("open") for clock in (present, following)]
    # A sweep that waits at its first rows is ready a clock later, and needs no rank.
    waits = prover.both(places.at_start(present), places.waits(present))
    ready_next = following.bit("i_ready")
    frames.claim(
        "liveness: transfer",
        "a transfer that is offered is taken within groups * slots + 1 clocks, while `open` is"
        " high",
        prover.both(
            prover.no(present.bit("i_ready")),
            prover.either(
                prover.both(waits, prover.no(ready_next)),
                prover.both(
                    prover.no(waits),
                    prover.no(prover.either(ready_next, places.falls(present, following))),
                ),
            ),
        ),
        [*holds, *offered, *is_open],
    )
    # Behind the first row one clock may be lost (see `waits`): a slot more than there are.
    frames.claim(
        "liveness: sweep",
        "a sweep that has begun is over within groups * slots + 1 clocks, if every transfer is"
        " offered when it is due",
        prover.both(
            prover.no(present.bit("at_start")),
            prover.no(prover.either(following.bit("at_start"), places.falls(present, following))),
        ),
        [*holds, *offered],
    )
