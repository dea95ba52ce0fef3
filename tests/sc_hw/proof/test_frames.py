"""A netlist unrolled: signals clock by clock, constant and split inputs, memories, cuts."""

from __future__ import annotations

import re

import pytest
from support import new_terms

from sc_hw.proof.facts import Field, NamedSignal
from sc_hw.proof.frames import Frames, no_reset, violation
from sc_hw.proof.netlist import Netlist, parse_btor
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.graph.smt import K

# q <= rst ? 0 : q + i, four bits; a memory of two words that keeps its contents.
ADDER = """1 sort bitvec 1
2 sort bitvec 4
3 input 1 rst
4 input 2 i
5 state 2 q
6 add 2 5 4
7 zero 2
8 ite 2 3 7 6
9 next 2 5 8
10 sort array 1 2
11 state 10 words
12 next 10 11 11
13 output 5 o
"""


def adder() -> tuple[Prover, Netlist]:
    terms = new_terms()
    return Prover(terms), parse_btor(ADDER, terms)


def test_a_register_follows_its_inputs() -> None:
    prover, net = adder()
    t, frames = prover.terms, Frames(net, 2)
    total = t(K.BV_ADD, t(K.BV_ADD, frames.at(0, "q"), frames.at(0, "i")), frames.at(1, "i"))
    wrong = t.differ(frames.at(2, "o"), total)
    running = no_reset(prover, frames, 1)
    assert len(running) == 2
    assert prover.claim("two clocks", "the sum of both inputs", wrong, running).verdict == PROVED
    assert prover.claim("reset", "not with a reset", wrong).verdict == REFUTED
    assert len(no_reset(prover, frames, 2, first=1)) == 2


def test_a_constant_input_has_one_value() -> None:
    prover, net = adder()
    t, frames = prover.terms, Frames(net, 2, constant=("i",))
    assert frames.at(0, "i") == frames.at(2, "i")
    assert frames.at(0, "rst") != frames.at(1, "rst")
    twice = t(K.BV_SHL, frames.at(0, "i"), t.const(1, 4))
    wrong = t.differ(frames.at(2, "q"), t(K.BV_ADD, frames.at(0, "q"), twice))
    assert prover.claim("twice", "", wrong, no_reset(prover, frames, 1)).verdict == PROVED


def test_a_split_port_is_put_together_lowest_field_first() -> None:
    prover, net = adder()
    t = prover.terms
    fields = (Field("low", 0, 1, False), Field("high", 1, 3, True))
    frames = Frames(net, 1, split=("i", fields))
    assert list(frames.fields) == ["low", "high"]
    high = t(K.BV_EXTRACT, frames.at(0, "i"), indices=(3, 1))
    assert prover.claim("high", "", t.differ(high, frames.fields["high"])).verdict == PROVED


def test_memories_are_found_by_name() -> None:
    _, net = adder()
    frames = Frames(net, 1)
    assert frames.memory(0) == frames.memory(0, "wo") == frames.states[0]["words"]
    text = "Netlist must have one memory named 'other', not []"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        frames.memory(0, "other")


def test_cuts_are_signals_that_are_still_there() -> None:
    _, net = adder()
    frames = Frames(net, 2)
    rows = [
        NamedSignal("sum", "q", 4, 0, 15, 1),
        NamedSignal("narrowed", "q", 5, 0, 31, 1),
        NamedSignal("gone", "update.gone", 4, 0, 15, 1),
        NamedSignal("unplaced", "q", 4, 0, 15, None),
    ]
    assert frames.cuts(rows, 1) == {"sum": (frames.at(2, "q"), 0, 15)}


def test_a_signal_that_has_lost_bits_is_no_cut() -> None:
    """Yosys makes an input without a name of bits whose register only a wire had used."""
    half = "14 sort bitvec 2\n15 input 14\n16 slice 14 5 3 2\n17 concat 2 16 15\n18 uext 2 17 0 v\n"
    text = ADDER.replace("13 output", f"{half}13 output")
    net = parse_btor(text, new_terms())
    assert "v" in net.signals
    named = [NamedSignal(name, name, 4, 0, 15, 0) for name in ("q", "v")]
    assert list(Frames(net, 1, ()).cuts(named, 0)) == ["q"]


def test_broken_is_the_negation_of_all_facts() -> None:
    prover, net = adder()
    t, frames = prover.terms, Frames(net, 0)
    q = frames.at(0, "q")
    facts = [t(K.BV_ULE, q, t.const(3, 4)), prover.no(prover.equals(q, 2))]
    assert prover.claim("", "", violation(prover, facts), facts).verdict == PROVED
    assert prover.claim("", "", violation(prover, facts), facts[:1]).verdict == REFUTED
