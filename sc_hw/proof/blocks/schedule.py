"""What is proved of a sequencer: no synapse is read again before its new word is in memory."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.frames import Frames, no_reset, violation
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import resize_unsigned
from sc_model.graph.smt import K


def sequencer_invariant(
    prover: Prover, frames: Frames, clock: int, last: Any, span: int, prefix: str = ""
) -> list[Any]:
    """What holds of a sequencer in every clock after a reset.

    Parameters
    ----------
    prover, frames : the prover, and the unrolled netlist.
    clock : number of the clock that the facts are about.
    last : address of the last synapse, as a vector.
    span : clocks from a read of a synapse to its next safe read.
    prefix : what the names of the sequencer's signals begin with in the netlist.

    Returns the facts, as formulas that are all true in a reachable state.
    """
    t = prover.terms

    def at(name: str) -> Any:
        return frames.at(clock, prefix + name)

    def bit(name: str) -> Any:
        return prover.on(at(name))

    # `address` is the port: 0 at the start of a sweep, whatever the counter behind it holds. So the
    # invariant says nothing about a counter that has not been reset.
    position, age = at("address"), at("age")
    zero = prover.equals(position, 0)
    # `age` is 0 two clocks after the latest issue. It is span - 3 one clock before that synapse may
    # be issued again; there `landing` makes `empty` rise with the next clock.
    counting = prover.both(prover.no(bit("empty")), prover.no(bit("issued")))
    end = span - 3
    before_last = t(K.BV_SUB, last, t.const(1, t.width(last)))
    between_sweeps = prover.both(bit("closed"), bit("at_start"), bit("empty"))
    return [
        t(K.BV_ULE, position, last),
        t(K.EQUAL, bit("at_start"), zero),
        # A sequencer waits nowhere but at the start of a sweep.
        prover.implies(bit("closed"), bit("at_start")),
        # The comparison with the last address is split into bits, a clock ahead.
        prover.implies(
            prover.no(zero),
            t(K.EQUAL, prover.equals(at("matches"), -1), t(K.EQUAL, position, before_last)),
        ),
        prover.implies(prover.no(zero), t(K.EQUAL, bit("at_last"), t(K.EQUAL, position, last))),
        prover.implies(bit("issued"), prover.no(bit("empty"))),
        # Without an upper limit for `age` the counter could run past `end`, `landing` would not
        # come, and nothing would be known of when the pipeline is empty.
        prover.implies(counting, t(K.BV_ULE, age, t.const(end, t.width(age)))),
        prover.implies(counting, t(K.EQUAL, bit("landing"), prover.equals(age, end))),
        # The host has the memory only between sweeps and with nothing in flight: that is why a
        # transfer and an access of the host never meet.
        prover.implies(bit("host_grant"), prover.both(between_sweeps, prover.no(bit("host_busy")))),
        prover.implies(bit("host_busy"), between_sweeps),
    ]


def prove_schedule(prover: Prover, net: Netlist, span: int, address_width: int) -> None:
    """Add the claims about a sequencer by itself, for every depth of a given address width.

    The depth is an input (`last`) that is left free. An invariant holds after reset and is kept by
    every clock; from any state in which it holds, `span` clocks are unrolled. By induction the
    claims hold for all time.
    """
    t = prover.terms
    # One free value in all clocks: the depth of a bank is any, but does not change.
    frames = Frames(net, span, constant=("last", "short"))
    last, short = frames.inputs[0]["last"], frames.inputs[0]["short"]
    # Wide enough for the depth, last + 1, and for the span.
    wide = resize_unsigned(t, last, address_width + max(1, span.bit_length() + 1))
    depth = t(K.BV_ADD, wide, t.const(1, t.width(wide)))
    is_short = t(K.BV_ULT, depth, t.const(span, t.width(wide)))
    # A bank ties `short` to this comparison (`SynapseBank`); so must the proof.
    depths = [t(K.EQUAL, prover.on(short), is_short)]
    host = _host_assumptions(prover, frames, span)
    per_clock = 3  # assumptions about the host in each clock
    no_resets = no_reset(prover, frames, span)
    witness = {"last": last} | {
        f"{name}@{clock}": frames.at(clock, name)
        for clock in range(span + 1)
        for name in ("issue", "address", "closed", "empty", "age")
    }
    label = f"{address_width}-bit addresses"
    # The invariant of clock 1 speaks of `host_busy`, which is an input here. So the assumptions
    # about the host are needed for clock 1 too, in the induction's base as well as in its step.
    holds = sequencer_invariant(prover, frames, 0, last, span)
    next_violation = violation(prover, sequencer_invariant(prover, frames, 1, last, span))
    prover.claim(
        f"schedule, {label}: invariant after reset",
        "reset leads to a state in which the invariant holds",
        next_violation,
        [*depths, prover.on(frames.at(0, "rst")), *host[per_clock : 2 * per_clock]],
        witness,
    )
    prover.claim(
        f"schedule, {label}: invariant kept",
        "if the invariant holds in a clock, it holds in the next one",
        next_violation,
        [*depths, *holds, *no_resets, *host[: 2 * per_clock]],
        witness,
    )
    assumptions = [*depths, *holds, *no_resets, *host]
    again = [
        prover.both(
            prover.on(frames.at(0, "issue")),
            prover.on(frames.at(clock, "issue")),
            t(K.EQUAL, frames.at(0, "address"), frames.at(clock, "address")),
        )
        for clock in range(1, span)
    ]
    prover.claim(
        f"schedule, {label}: no early read",
        f"no synapse is issued again within {span} clocks, for every depth up to"
        f" {1 << address_width}",
        prover.either(*again),
        assumptions,
        witness,
    )
    address = frames.at(0, "address")
    following = t(
        K.ITE,
        t(K.EQUAL, address, last),
        t.const(0, address_width),
        t(K.BV_ADD, address, t.const(1, address_width)),
    )
    prover.claim(
        f"schedule, {label}: order",
        "synapse k is followed by k + 1, the last one by 0",
        prover.both(prover.on(frames.at(0, "issue")), t.differ(frames.at(1, "address"), following)),
        assumptions,
        witness,
    )


def _host_assumptions(prover: Prover, frames: Frames, span: int) -> list[Any]:
    """What the claims assume of the bank around the sequencer: three assumptions for each clock.

    While the host is busy no sweep is under way and nothing is in flight. A grant, which is decided
    a clock ahead, finds a host that is not busy: that a bank keeps to both is a claim about the
    bank (`order: invariant kept`). A grant also finds a request: a stream does not withdraw one.
    """

    def bit(clock: int, name: str) -> Any:
        return prover.on(frames.at(clock, name))

    assumptions = []
    for clock in range(span + 1):
        between_sweeps = prover.both(*(bit(clock, n) for n in ("closed", "at_start", "empty")))
        busy, granted = bit(clock, "host_busy"), bit(clock, "host_grant")
        assumptions += [
            prover.implies(busy, between_sweeps),
            prover.implies(granted, prover.no(busy)),
            prover.implies(granted, bit(clock, "host_request")),
        ]
    return assumptions
