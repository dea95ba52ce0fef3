"""Two memories that are written in several places, compared one write at a time.

A memory whose words have parts has a write for each of them, behind each other: of 64 lanes 64
writes of words of 512 bits. Of all of them at once the solver finds no end; each by itself is easy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sc_hw.proof.prover import Piece
from sc_model.graph.smt import K, Terms


@dataclass(frozen=True)
class Write:
    """A write of a memory.

    Members
    -------
    after, before : the memory behind the write, and in front of it.
    idle : that it is not made.
    """

    after: Any
    before: Any
    idle: Any


def writes_of(terms: Terms, memory: Any) -> tuple[list[Write], Any]:
    """The writes of a memory's next value, the last one first, and the memory before all."""
    writes = []
    while (write := _last_write(terms, memory)) is not None:
        writes.append(write)
        memory = write.before
    return writes, memory


def _last_write(terms: Terms, memory: Any) -> Write | None:
    """The last write; None where `memory` is none's."""
    if memory.kind() == K.ARRAY_STORE:
        return Write(memory, memory.children()[0], terms.tm.mk_false())
    if memory.kind() == K.ITE:
        condition, first, second = memory.children()
        for store, before, idle in (
            (first, second, terms(K.NOT, condition)),
            (second, first, condition),
        ):
            if store.kind() == K.ARRAY_STORE and store.children()[0] == before:
                return Write(memory, before, idle)
    return None


def differences_by_write(terms: Terms, left: Any, right: Any) -> list[Piece]:
    """For each write of two memories, that it makes different memories of the same one.

    Where none of these can be, the memories are the same: they are the same before the first write,
    and each write keeps them so. A counterexample is looked for where a write is the only one. The
    list is empty where their writes do not go with each other.
    """
    (ours, before), (theirs, their_before) = (writes_of(terms, each) for each in (left, right))
    if before != their_before or len(ours) != len(theirs):
        return []
    pieces = []
    for number, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        others = [write.idle for each in (ours, theirs) for write in _without(each, number)]
        alone = [_differ(terms, our, their, before), *others]
        any_memory = terms.tm.mk_const(before.sort(), "any memory")
        fault = _differ(terms, our, their, any_memory)
        pieces.append(Piece(fault, _conjunction(terms, alone)))
    return pieces


def _without(writes: list[Write], number: int) -> list[Write]:
    return [*writes[:number], *writes[number + 1 :]]


def _conjunction(terms: Terms, formulas: list[Any]) -> Any:
    return formulas[0] if len(formulas) == 1 else terms(K.AND, *formulas)


def _differ(terms: Terms, left: Write, right: Write, memory: Any) -> Any:
    """That two writes make different memories of `memory`."""
    return terms.differ(
        *(terms.tm.substitute_term(write.after, {write.before: memory}) for write in (left, right))
    )
