"""Bits of packed words and addresses as SMT vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sc_hw.proof.facts import Field
from sc_hw.proof.prover import Prover, number
from sc_model.graph.smt import K, SmtInt, Terms


def low_bits(terms: Terms, vector: Any, width: int) -> Any:
    """The lowest `width` bits of a vector that has at least as many."""
    return terms(K.BV_EXTRACT, vector, indices=(width - 1, 0))


def resize_unsigned(terms: Terms, vector: Any, width: int) -> Any:
    """A vector as an unsigned number of `width` bits: cut, or extended by zeros, where needed."""
    extra = width - terms.width(vector)
    if extra > 0:
        return terms(K.BV_ZERO_EXTEND, vector, indices=(extra,))
    return low_bits(terms, vector, width) if extra < 0 else vector


def slices(prover: Prover, word: Any, fields: Sequence[Field]) -> dict[str, Any]:
    """The fields of a packed word, as vectors by name."""
    return {
        f.name: prover.terms(K.BV_EXTRACT, word, indices=(f.offset + f.width - 1, f.offset))
        for f in fields
    }


def numbers_in(prover: Prover, word: Any, fields: Sequence[Field]) -> dict[str, SmtInt]:
    """The fields of a packed word, as the integers that they mean, by name."""
    vectors = slices(prover, word, fields)
    return {f.name: number(prover.terms, vectors[f.name], f.signed) for f in fields}


def pack(terms: Terms, vectors: Sequence[Any]) -> Any:
    """One word of vectors, the first in the lowest bits."""
    # The solver's concatenation takes the highest bits first, and at least two vectors.
    return terms(K.BV_CONCAT, *reversed(vectors)) if len(vectors) > 1 else vectors[0]


def word_at(terms: Terms, memory: Any, address: Any) -> Any:
    """The word of a memory at an address, which may have more or fewer bits than the memory takes.

    A memory of 2^n words looks at the lowest n bits of its address.
    """
    return terms(K.ARRAY_SELECT, memory, resize_unsigned(terms, address, address_width(memory)))


def word_behind(terms: Terms, memory: Any, address: Any) -> Any:
    """The word of a memory at an address, told from the writes that the memory's term is made of.

    A memory with a write for each lane is a term of as many stores, each of which changes a part of
    the word that the one before has left. Where a store is to this address, so is its read. What
    comes out has one read, of the memory before all stores.
    """

    at = resize_unsigned(terms, address, address_width(memory))
    memo: dict[Any, Any] = {}

    def word(array: Any) -> Any:
        if array not in memo:
            memo[array] = word_in(array)
        return memo[array]

    def word_in(array: Any) -> Any:
        if array.kind() == K.ITE:
            condition, one, other = array.children()
            return terms(K.ITE, condition, word(one), word(other))
        if array.kind() == K.ARRAY_STORE:
            before, where, value = array.children()
            word_before = word(before)
            old_word = terms(K.ARRAY_SELECT, before, where)
            new_value = terms.tm.substitute_term(value, {old_word: word_before})
            return terms(K.ITE, terms(K.EQUAL, at, where), new_value, word_before)
        return terms(K.ARRAY_SELECT, array, at)

    return word(memory)


def address_width(memory: Any) -> int:
    """Bits of an address of a memory."""
    return int(memory.sort().array_index().bv_size())
