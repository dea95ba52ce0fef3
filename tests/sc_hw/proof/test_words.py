"""Bits of words: fields, widths and addresses, against their values."""

from __future__ import annotations

from typing import Any

import pytest
from support import new_terms

from sc_hw.proof.facts import Field
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_hw.proof.words import (
    address_width,
    low_bits,
    numbers_in,
    pack,
    resize_unsigned,
    slices,
    word_at,
    word_behind,
)
from sc_model.graph.smt import K

FIELDS = (Field("low", 0, 3, False), Field("middle", 3, 4, True), Field("high", 7, 1, False))


def same(prover: Prover, a: Any, b: Any) -> bool:
    return prover.claim("same", "", prover.terms.differ(a, b)).verdict == PROVED


def test_fields_of_a_word() -> None:
    prover = Prover(new_terms())
    t = prover.terms
    word = t.const(0b1_1101_010, 8)
    vectors = slices(prover, word, FIELDS)
    assert [t.width(vectors[f.name]) for f in FIELDS] == [3, 4, 1]
    assert same(prover, vectors["middle"], t.const(0b1101, 4))
    numbers = numbers_in(prover, word, FIELDS)
    for name, value in {"low": 2, "middle": -3, "high": 1}.items():
        assert prover.claim(name, "", (numbers[name] != value).term).verdict == PROVED


def test_a_word_is_packed_lowest_first() -> None:
    prover = Prover(new_terms())
    t = prover.terms
    word = t.var("word", 8)
    assert same(prover, pack(t, list(slices(prover, word, FIELDS).values())), word)
    assert pack(t, [word]) == word


@pytest.mark.parametrize(("width", "value"), [(2, 0b01), (4, 0b1101), (6, 0b001101)])
def test_vectors_are_cut_or_extended_with_zeros(width: int, value: int) -> None:
    prover = Prover(new_terms())
    t = prover.terms
    vector = t.const(0b1101, 4)
    assert same(prover, resize_unsigned(t, vector, width), t.const(value, width))
    assert same(prover, low_bits(t, vector, 3), t.const(0b101, 3))


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_memory_takes_the_lowest_bits_of_an_address(bits: int) -> None:
    prover = Prover(new_terms())
    t = prover.terms
    sort = t.tm.mk_array_sort(t.tm.mk_bv_sort(2), t.tm.mk_bv_sort(8))
    memory = t.tm.mk_const(sort, "memory")
    assert address_width(memory) == 2
    address = t.const(0b1101, bits)
    wanted = t(K.ARRAY_SELECT, memory, t.const(0b1101 & ((1 << bits) - 1), 2))
    assert same(prover, word_at(t, memory, address), wanted)


def test_a_word_behind_many_writes_is_that_of_the_memory() -> None:
    prover = Prover(new_terms())
    t = prover.terms
    bits = t.tm.mk_bv_sort(4)
    before = memory = t.tm.mk_const(t.tm.mk_array_sort(bits, bits), "memory")
    written, read = t.var("written", 4), t.var("read", 4)
    for lane in range(4):  # each write changes a bit of the word that the one before has left
        keeps = t.const(0b1111 ^ 1 << lane, 4)
        kept = t(K.BV_AND, t(K.ARRAY_SELECT, memory, written), keeps)
        new = t(K.BV_OR, kept, t(K.BV_AND, t.var(f"value_{lane}", 4), t.const(1 << lane, 4)))
        enable = t(K.EQUAL, t.var(f"enable_{lane}", 1), t.const(1, 1))
        memory = t(K.ITE, enable, t(K.ARRAY_STORE, memory, written, new), memory)
    found = word_behind(t, memory, read)
    assert same(prover, found, word_at(t, memory, read))
    assert prover.claim("other", "", t.differ(found, word_at(t, before, read))).verdict == REFUTED
