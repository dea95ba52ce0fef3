"""Memories with a write for each part of a word: compared write by write."""

from __future__ import annotations

from typing import Any

import pytest
from support import new_terms

from sc_hw.proof.blocks.network.wiring.instances import _claim_equal
from sc_hw.proof.blocks.network.wiring.memories import differences_by_write, writes_of
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.graph.smt import K, Terms

PART_BITS, ADDRESS_BITS = 8, 8


class Words:
    """A memory of words with a part for each lane, of which one part is written in a clock.

    Yosys writes so: where a part is not written its address and data are undefined.
    """

    def __init__(self, lanes: int) -> None:
        self.terms = new_terms()
        self.lanes, self.width = lanes, lanes * PART_BITS
        sorts = (self.terms.tm.mk_bv_sort(bits) for bits in (ADDRESS_BITS, self.width))
        self.memory = self.terms.tm.mk_const(self.terms.tm.mk_array_sort(*sorts), "memory")
        self.address = self.terms.var("address", ADDRESS_BITS)
        self.part = self.terms.var("part", PART_BITS)
        self.enabled = self.terms.var("enabled", lanes)

    def next(self, name: str, wrong: int | None = None) -> Any:
        """The memory in the next clock; `name` tells its undefined bits, `wrong` is a lane."""
        memory = self.memory
        for lane in range(self.lanes):
            memory = self._written(memory, lane, f"{name}{lane}", lane == wrong)
        return memory

    def _written(self, memory: Any, lane: int, name: str, wrong: bool) -> Any:
        terms: Terms = self.terms
        on = terms.is_one(terms(K.BV_EXTRACT, self.enabled, indices=(lane, lane)))
        here = ((1 << PART_BITS) - 1) << lane * PART_BITS
        mask = terms(K.ITE, on, terms.const(here, self.width), terms.const(0, self.width))
        kept = terms(K.BV_NOT, mask)
        address = terms(K.ITE, on, self.address, terms.var(f"{name} address", ADDRESS_BITS))
        spread = terms(K.BV_ZERO_EXTEND, self.part, indices=(self.width - PART_BITS,))
        data = terms(K.BV_SHL, spread, terms.const(lane * PART_BITS + wrong, self.width))
        data = terms(K.ITE, on, data, terms.var(f"{name} data", self.width))
        word = terms(K.ARRAY_SELECT, memory, address)
        word = terms(K.BV_OR, terms(K.BV_AND, data, mask), terms(K.BV_AND, word, kept))
        changed = terms.differ(mask, terms.const(0, self.width))
        return terms(K.ITE, changed, terms(K.ARRAY_STORE, memory, address, word), memory)


def test_memories_of_many_lanes_are_equal() -> None:
    """As a whole this ends as `unknown`, as in the proof of a layer of 64 lanes."""
    words = Words(48)
    prover = Prover(words.terms, limit_s=5.0)
    _claim_equal(prover, "", "", {"words": (words.next("a"), words.next("b"))})
    assert prover.claims[0].verdict == PROVED


@pytest.mark.parametrize("wrong", [0, 31])
def test_a_wrong_write_is_refuted(wrong: int) -> None:
    words = Words(32)
    prover = Prover(words.terms)
    _claim_equal(prover, "", "", {"words": (words.next("a"), words.next("b", wrong))})
    claim = prover.claims[0]
    assert (claim.verdict, claim.counterexample) == (REFUTED, {"words differs": 1})


def test_writes_that_do_not_go_with_each_other_are_left_alone() -> None:
    words = Words(3)
    left = words.next("a")
    writes, before = writes_of(words.terms, left)
    assert (len(writes), before) == (3, words.memory)
    assert differences_by_write(words.terms, left, writes[0].before) == []
    other = words.terms.tm.mk_const(words.memory.sort(), "other")
    assert differences_by_write(words.terms, words.memory, other) == []
    always = words.terms(K.ARRAY_STORE, words.memory, words.address, words.terms.var("w", 24))
    assert len(differences_by_write(words.terms, always, always)) == 1
