"""The order of a sweep: which synapse is issued when, and what the flags beside it mean."""

from __future__ import annotations

from sc_hw.proof.blocks.plastic.sequencer.frames import SequencerFrames
from sc_hw.proof.words import low_bits
from sc_model.graph.smt import K


def prove_order(frames: SequencerFrames) -> None:
    """Add the claims about counters, flags and transfers. Each spans at most one clock."""
    _prove_counters(frames)
    _prove_flags(frames)
    _prove_transfers(frames)


def _prove_counters(frames: SequencerFrames) -> None:
    """Add the claims about address, row and group."""
    prover, t, sizes, holds = frames.prover, frames.prover.terms, frames.sizes, frames.assumptions
    present, following = frames.clocks[:2]
    issue, row, group = present.bit("issue"), present.value("row"), present.value("group")
    address = present.frames.at(0, "address")
    # A product that is known by its laws alone (see `Multiples`).
    word = t(K.BV_ADD, sizes.of_rows(group), row)
    frames.claim(
        "address",
        "the address of a synapse is group * rows + row (modulo the width of an address)",
        prover.both(issue, t.differ(address, low_bits(t, word, t.width(address)))),
        holds,
    )
    at_last_row = t(K.EQUAL, row, sizes.last_row)
    next_row = t(K.ITE, at_last_row, sizes.const(0), sizes.plus(row, 1))
    frames.claim(
        "rows",
        "row r is followed by r + 1, the last row by row 0",
        prover.both(issue, t.differ(following.value("row"), next_row)),
        holds,
    )
    # A stalled transfer in the first group, or a pause.
    frames.claim(
        "rows wait",
        "while no synapse is issued the row stays",
        prover.both(prover.no(issue), t.differ(following.value("row"), row)),
        holds,
    )
    next_group = t(K.ITE, present.bit("last"), sizes.const(0), sizes.plus(group, 1))
    pause_ends = prover.both(
        present.bit("pausing"), t(K.EQUAL, present.value("pause"), sizes.last_pause)
    )
    frames.claim(
        "groups",
        "the next group begins at the end of a pause, and at no other time; the last group is"
        " followed by the first",
        t.differ(following.value("group"), t(K.ITE, pause_ends, next_group, group)),
        holds,
    )


def _prove_flags(frames: SequencerFrames) -> None:
    """Add the claims about `first`, `last`, `end`, and that no clock is lost."""
    prover, t, sizes, holds = frames.prover, frames.prover.terms, frames.sizes, frames.assumptions
    present, following = frames.clocks[:2]
    issue, row, group = present.bit("issue"), present.value("row"), present.value("group")
    frames.claim(
        "first and last",
        "`first` is high in the first group only, `last` in the last group only",
        prover.either(
            prover.no(t(K.EQUAL, present.bit("first"), t(K.EQUAL, group, sizes.const(0)))),
            prover.no(t(K.EQUAL, present.bit("last"), t(K.EQUAL, group, sizes.last_group))),
        ),
        holds,
    )
    # Of any group, not only of a sweep's last one.
    ends = prover.both(issue, t(K.EQUAL, row, sizes.last_row))
    # `end` is a register, so that it comes one clock behind the row.
    frames.claim(
        "end",
        "`end` is high exactly in the clock after a group's last row",
        prover.no(t(K.EQUAL, following.bit("end"), ends)),
        holds,
    )
    # Sums are handed over a fixed time behind `end`: no weight may be on its way then.
    frames.claim(
        "end without a synapse",
        "no synapse is issued while `end` is high",
        prover.both(issue, present.bit("end")),
        holds,
    )
    frames.claim(
        "no clock lost",
        "a synapse is issued in every clock outside pauses; only the first group, which takes the"
        " transfers, may wait",
        prover.both(
            prover.no(present.bit("pausing")), prover.no(present.bit("first")), prover.no(issue)
        ),
        holds,
    )


def _prove_transfers(frames: SequencerFrames) -> None:
    """Add the claims about the stream of transfers, and about `start` and `open`."""
    prover, t, sizes, holds = frames.prover, frames.prover.terms, frames.sizes, frames.assumptions
    present, following = frames.clocks[:2]
    issue, first = present.bit("issue"), present.bit("first")
    transfer = prover.both(present.bit("i_valid"), present.bit("i_ready"))
    frames.claim(
        "transfers",
        "in the first group a synapse is issued exactly when a transfer is taken",
        prover.both(first, prover.no(t(K.EQUAL, issue, transfer))),
        holds,
    )
    frames.claim(
        "no other transfers",
        "no transfer is taken in any other group",
        prover.both(prover.no(first), present.bit("i_ready")),
        holds,
    )
    zero = sizes.const(0)
    first_of_sweep = prover.both(
        issue,
        t(K.EQUAL, present.value("row"), zero),
        t(K.EQUAL, present.value("group"), zero),
    )
    frames.claim(
        "start",
        "`start` is high exactly with the first synapse of a sweep",
        prover.no(t(K.EQUAL, present.bit("start"), first_of_sweep)),
        holds,
    )
    # `open` is registered in the sequencer, so it acts one clock later.
    frames.claim(
        "closed",
        "no sweep begins in the clock after one in which `open` is low",
        prover.both(following.bit("start"), prover.no(present.bit("open"))),
        holds,
    )
    frames.claim(
        "open",
        "a sweep that waits for its start is ready for a transfer in the clock after one in which"
        " `open` is high",
        prover.both(
            present.bit("open"), following.bit("at_start"), prover.no(following.bit("i_ready"))
        ),
        holds,
    )
