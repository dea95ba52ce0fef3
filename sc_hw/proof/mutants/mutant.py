"""A mutant: the correct hardware with one fault put in on purpose.

A proof that can't fail proves nothing. So each mutant goes through the proof of the design, whose
claims stay those of the correct design, and the proof must refute it (R. DeMillo, R. Lipton and
F. Sayward, "Hints on test data selection", Computer 11(4), 1978).

A mutant can also be *equivalent*: in a rule whose sum never overflows, a sum that is one bit short
is correct too. No proof can refute that, so the solver compares mutant and original first.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sc_hw.progress import Progress, silent
from sc_hw.proof.verdicts import (
    DIFFERENT,
    EQUIVALENT,
    NO_PLACE,
    UNKNOWN,
    mutant_row,
    unrefutable_row,
)
from sc_model.spec import Design

if TYPE_CHECKING:
    from sc_hw.build.elaborate import Build

SAME_FUNCTION = (
    "no place for it: the solver has shown that it computes the same as the original for every"
    " state and input"
)


class MutantError(RuntimeError):
    """A mutant can't be made of a design that it applies to: the mutant is out of date."""


@dataclass(frozen=True)
class Trial:
    """A mutant that has been made, ready to be compared and proved.

    Members
    -------
    compare : asks the solver whether mutant and original differ, within seconds; gives
        ``equivalent``, ``different`` or ``unknown``.
    prove : the claims about the mutant, as a certificate holds them, within seconds for each.
    """

    compare: Callable[[float], str]
    prove: Callable[[float], list[dict[str, Any]]]


def no_comparison(limit_s: float) -> str:
    """For a mutant that changes when a part is used, not the part: the netlists are the same."""
    return DIFFERENT


def always(design: Design) -> None:
    """For a mutant of hardware that every design of its blocks has."""
    return


@dataclass(frozen=True)
class Mutant:
    """One fault, and how to make hardware that has it.

    A file in the folder `sc_hw/proof/mutants` that defines ``MUTANTS``, a tuple of these, adds its
    mutants to the proofs of their blocks.

    Members
    -------
    name : unique among the mutants of a block.
    bug : what is wrong, in words.
    blocks : the blocks of designs that it is put into.
    make : makes the mutant. Its arguments are the build of the correct design, with the parts that
        the proof reads already written, and an empty folder. Mutants that need no build (those of
        crossings) accept None.
    applies : the reason why a design has no hardware for this fault, or None where it has.
    """

    name: str
    bug: str
    blocks: tuple[str, ...]
    make: Callable[[Any, Path], Trial]
    applies: Callable[[Design], str | None] = always


def run_mutant(mutant: Mutant, build: Build | None, root: Path, limit_s: float) -> dict[str, Any]:
    """The row of a certificate about a mutant.

    Parameters
    ----------
    build : the correct design; None only for mutants that need none.
    root : folder under which the mutant's files go.
    limit_s : seconds for the comparison, and for each claim.

    A mutant that applies to a design but can't be made of it is undecided, with the reason: that
    fails the certificate, and keeps what else has been proved.
    """
    reason = None if build is None else mutant.applies(build.design)
    if reason is not None:
        return unrefutable_row(mutant.name, mutant.bug, NO_PLACE, f"no place for it: {reason}")
    folder = root / "mutants" / re.sub(r"\W", "_", mutant.name)
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier run
    folder.mkdir(parents=True)
    try:
        trial = mutant.make(build, folder)
    except MutantError as error:
        return {**mutant_row(mutant.name, mutant.bug, [{"verdict": UNKNOWN}]), "reason": str(error)}
    # The comparison comes first: the proof of an equivalent mutant succeeds, which would count
    # against the claims although they have missed nothing.
    answer = trial.compare(limit_s)
    if answer == EQUIVALENT:
        return unrefutable_row(mutant.name, mutant.bug, EQUIVALENT, SAME_FUNCTION)
    # An undecided comparison is no excuse: the mutant has to be refuted all the same.
    row = mutant_row(mutant.name, mutant.bug, trial.prove(limit_s))
    return row if answer == DIFFERENT else {**row, "comparison": answer}


def start_mutants(
    mutants: Sequence[Mutant], build: Build | None, root: Path, limit_s: float, pool: Executor
) -> list[Future[dict[str, Any]]]:
    """Hand mutants to a pool; the parameters are those of :func:`run_mutant`."""
    return [pool.submit(run_mutant, mutant, build, root, limit_s) for mutant in mutants]


def finish_mutants(
    running: Sequence[Future[dict[str, Any]]], progress: Progress = silent
) -> list[dict[str, Any]]:
    """Wait for mutants that :func:`start_mutants` has started, and return their rows in order."""
    rows = []
    for future in running:
        row = future.result()
        progress(f"mutant {row['name']}: {row['verdict']}")
        rows.append(row)
    return rows
