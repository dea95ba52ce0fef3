"""Claims about the memory of a swept layer's columns: slices in their places, and values."""

from __future__ import annotations

from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.addresses import Clocks, prove_memory, same, violated
from sc_hw.proof.blocks.network.facts import ColumnFacts
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import word_at
from sc_model.graph.smt import K
from sc_model.spec import SLICE, NetworkSpec

_PLACE = SLICE.bit_length() - 1  # bits of a place in a slice


def prove_columns(prover: Prover, net: Netlist, network: NetworkSpec, facts: ColumnFacts) -> None:
    """Add the claims about the memory of a layer's columns to the prover."""
    label = f"layer {network.layers[facts.layer].name}, columns"
    _prove_slices(prover, net, facts, label)
    _prove_values(prover, net, facts, label)
    prove_memory(prover, net, label, "memory", latency=1)


def _prove_slices(prover: Prover, net: Netlist, facts: ColumnFacts, label: str) -> None:
    clocks = Clocks(prover, net, 1)
    part, write = clocks.at(0, "part"), clocks.at(0, "write")
    is_last = part.equals(facts.slices - 1)
    prover.claim(
        f"{label}: each slice in its place",
        f"the {facts.slices} slices of a tick are written in turn, each whole and at its number,"
        " and nothing else is; behind the last one the first is due again",
        violated(
            same(clocks.at(0, "last"), is_last),
            same(clocks.at(1, "part"), mux(write, (part + 1).gated(~is_last), part)),
            clocks.at(1, "part").below(facts.slices),
            same(clocks.at(0, "memory.write__en"), write),
            same(clocks.at(0, "memory.write__addr").wide(len(part)), part),
            same(clocks.at(0, "memory.write__data"), clocks.at(0, "slice")),
        ),
        [*clocks.quiet, part.below(facts.slices).holds],
        {"part": part.term},
    )
    prover.claim(
        f"{label}: after a reset",
        "the first slice behind a reset is the first one of a tick",
        violated(~clocks.at(1, "part").any()),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


def _prove_values(prover: Prover, net: Netlist, facts: ColumnFacts, label: str) -> None:
    clocks, t = Clocks(prover, net, facts.memory), prover.terms
    column = clocks.at(0, "column")
    words = clocks.frames.memory(0, "memory.words")
    number = column[_PLACE:] if len(column) > _PLACE else clocks.const(0, 1)
    word = Bits(t, word_at(t, words, number.term))
    width = facts.width
    own_request = clocks.const(1, 1)
    if outside := facts.inputs < facts.columns - facts.constant:
        behind = ~column.below(facts.inputs)
        own = clocks.at(1, "own")
        word = mux(behind, cat([own[place].wide(width) for place in range(SLICE)]), word)
        bits = len(number) + _PLACE
        first = number.wide(bits) - facts.inputs // SLICE
        of_memory = behind & column.below(facts.columns - facts.constant)
        own_request = of_memory.implies(same(clocks.at(0, "own_slice").wide(bits), first))
    bits = max(len(word), (SLICE * width).bit_length())
    place = column[: min(_PLACE, len(column))].wide(bits).times(width)
    value = Bits(t, t(K.BV_SHR, word.wide(bits).term, place.term))[:width]
    constant = column.equals(facts.columns - 1) if facts.constant else clocks.const(0, 1)
    one = clocks.const(1, width)
    prover.claim(
        f"{label}: a column's value",
        f"{facts.memory} clocks after a column's number its value is there: its bits of the slices"
        " that were written"
        + (" or, behind the inputs, of the slice that is asked for" if outside else "")
        + (", and 1 for the last column, whatever its slice says" if facts.constant else ""),
        violated(same(clocks.at(facts.memory, "value"), mux(constant, one, value)), own_request),
        [*clocks.quiet, column.below(facts.columns).holds],
        {"column": column.term},
    )
