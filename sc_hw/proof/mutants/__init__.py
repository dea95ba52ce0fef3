"""Mutants: faults put in on purpose, which the proof of the correct design must refute.

One file for each group of mutants, found by looking into this folder: a file that defines
``MUTANTS``, a tuple of :class:`~sc_hw.proof.mutants.mutant.Mutant`, adds them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sc_model.spec.catalogue import by_name, modules_of

if TYPE_CHECKING:
    from sc_hw.proof.mutants.mutant import Mutant


@cache
def mutants_of(block: str) -> tuple[Mutant, ...]:
    """All mutants for designs of a block, in the order of files and of each file's entries.

    Raises ConfigError where two mutants of a block have the same name.
    """
    entries = (
        (mutant.name, mutant, module.__name__)
        for module in modules_of(__name__, __path__)
        for mutant in getattr(module, "MUTANTS", ())
        if block in mutant.blocks
    )
    return tuple(by_name("mutant", entries).values())


__all__ = ["mutants_of"]
