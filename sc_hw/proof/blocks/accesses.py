"""Claims about a host port: an access at a time, and what a read is answered with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from amaranth.lib import data

from sc_hw.parts.space import Space
from sc_hw.proof.bits import Bits, cat
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover

# From the fields of a read, the clocks, and the clock in which the memories give its word, what the
# answer is of each space.
Words = Callable[[Mapping[str, Bits], Clocks, int], Mapping[Space, Bits]]


def fields_of(access: Bits, layout: data.StructLayout) -> dict[str, Bits]:
    """Space, lane, word and data of an access."""
    return {name: access[one.offset : one.offset + one.width] for name, one in layout}


def lane_of(vector: Bits, lane: Bits, lanes: int, size: int, used: int) -> Bits:
    """The low `used` bits of a lane out of lanes of `size` bits; 0 of one that there is not."""
    word = Bits.const(vector.terms, 0, used)
    for number in range(lanes):
        value = vector[number * size : number * size + used]
        word = word | value.gated(lane.equals(number))
    return word


def prove_course(prover: Prover, clocks: Clocks, flags: tuple[str, ...]) -> None:
    """An access at a time; `flags` : registers of which one is high while it is under way."""
    at = clocks.at
    load, read = at(0, "load__payload"), at(0, "read__payload")
    takes_load = at(0, "load__valid") & at(0, "load__ready")
    takes_read = at(0, "read__valid") & at(0, "read__ready")
    access, then = at(0, "access"), at(1, "access")
    busy = cat([at(0, flag) for flag in flags]).any()
    request = at(0, "load__valid") | at(0, "read__valid")
    prover.claim(
        "host: one access at a time",
        "an access is taken while the memories are the host's and none is under way, a load before"
        " a read; until it is over it stands, and the host asks",
        violated(
            (takes_load | takes_read).implies(at(0, "serves") & ~busy),
            ~(takes_load & takes_read),
            takes_load.implies(same(then, load)),
            takes_read.implies(same(then[: len(read)], read)),
            (busy & ~takes_load & ~takes_read).implies(same(then, access)),
            same(at(0, "asks"), request | busy),
        ),
        clocks.quiet,
    )


def prove_answers(
    prover: Prover,
    net: Netlist,
    layout: data.StructLayout,
    fetch: int,
    words: Words,
    lanes: Mapping[Space, int],
) -> None:
    """The answer to a read.

    Parameters
    ----------
    layout : of an access.
    fetch : clocks from an access's first clock to the one in which the memories give its word.
    words : what is read.
    lanes : of the words of a space, where there are fewer than an access can name.
    """
    answered = fetch + 2
    clocks = Clocks(prover, net, answered)
    takes = clocks.at(0, "read__valid") & clocks.at(0, "read__ready")
    fields = fields_of(clocks.at(1, "access"), layout)
    expected = words(fields, clocks, answered - 1)
    answer, quiet = clocks.at(answered, "readback__payload"), list(clocks.quiet)

    def only_then(clock: int) -> Bits:
        """No answer is under way but that of an access."""
        coming = clocks.at(clock, "arriving").any() | clocks.at(clock, "answered")
        return coming.implies(clocks.at(clock, "reading"))

    # One bit of `arriving` is set by each read, so an answer that is over leaves none behind.
    under_way = cat([clocks.at(0, "arriving"), clocks.at(0, "answered")])
    alone = same(under_way & (under_way - 1), clocks.const(0, len(under_way)))
    then = cat([clocks.at(1, "arriving"), clocks.at(1, "answered")])
    prover.claim(
        "host: answers",
        "an answer is under way while a read is, and one at a time",
        violated(only_then(1), same(then & (then - 1), clocks.const(0, len(then)))),
        [*quiet, only_then(0).holds, alone.holds],
    )
    facts: list[Any] = [clocks.at(answered, "readback__valid")]
    for space, value in expected.items():
        addressed = fields["space"].equals(int(space.value))
        if space in lanes:
            addressed = addressed & fields["lane"].below(lanes[space])
        facts.append(addressed.implies(same(answer, value)))
    prover.claim(
        "host: what is read",
        "a read is answered with the lane that it names of the word that it names, or with the"
        " registers, and the host keeps the memories meanwhile",
        violated(*facts, *(clocks.at(clock, "asks") for clock in range(1, answered + 1))),
        [*quiet, takes.holds, only_then(0).holds, alone.holds],
    )
