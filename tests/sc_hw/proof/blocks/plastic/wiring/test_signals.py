"""Signals are followed clock by clock, to registers that are free and to where delays come from."""

from __future__ import annotations

import pytest

from sc_hw.proof.blocks.plastic.wiring.signals import Signals
from sc_hw.proof.hierarchy import Cut, HierarchyError
from sc_hw.proof.netlist import parse_btor
from sc_model.graph.smt import Terms

# `i` passes `a`; `a` passes `b`, which is the output `o`. A second register is called `b$3`.
TEXT = """1 sort bitvec 1
2 input 1 part/i
3 state 1 a
4 state 1 b
5 output 4 o
6 next 1 3 2
7 next 1 4 3
"""
SECOND = """8 state 1 b$3
9 next 1 8 8
"""


_KEPT: list[Terms] = []


def kept(terms: Terms) -> Terms:
    """Terms that live to the end: the solver crashes where a term outlives its manager."""
    _KEPT.append(terms)
    return terms


def signals(text: str, *registers: str) -> Signals:
    terms = kept(Terms())
    net = parse_btor(text, terms)
    return Signals(net, Cut({}, {"part.i": [("part/i", 0)]}, ["o"], []), registers)


def test_a_delay_is_followed_to_its_source() -> None:
    found = signals(TEXT)
    assert found.at("o", 3) == found.at("part.i", 1)
    assert found.read == {"a", "b"}


def test_a_register_of_a_claim_is_free_in_every_clock() -> None:
    found = signals(TEXT, "a")
    assert found.at("o", 3) == found.at("a", 2)
    assert found.next("a", 1) == found.at("part.i", 1)


def test_a_register_that_is_gone_is_not_mistaken_for_the_output_of_its_name() -> None:
    assert not signals(TEXT.replace("state 1 a", "state 1 z"), "o").has("a")
    assert not signals("1 sort bitvec 1\n2 one 1\n3 output 2 o\n", "o").has("o")


def test_two_registers_of_one_name_are_refused() -> None:
    with pytest.raises(HierarchyError, match="must have one register 'b'"):
        signals(TEXT + SECOND, "b")
    assert signals(TEXT + SECOND, "a").registers == {"a": "a"}
