# amaranth: UnusedElaboratable=no
"""Mutants that hang, that starve the host, or that wake up in another state than a reset leaves.

Each keeps every promise about what is computed: only the claims that nobody waits for ever, about
`idle` and about power-on tell them from the correct design.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sc_hw.build.elaborate import Build
from sc_hw.proof.mutants.emitted import Edits, apply_edits, design_files
from sc_hw.proof.mutants.mutant import Mutant, Trial
from sc_hw.proof.mutants.plastic import text_mutant
from sc_hw.proof.processes import Source, compare_netlists, decide


def bank_mutant(name: str, bug: str, *edits: tuple[str, str]) -> Mutant:
    """A mutant of the Verilog of a bank.

    Parameters
    ----------
    name, bug : see :class:`~sc_hw.proof.mutants.mutant.Mutant`.
    edits : regular expressions, each of which must match in `top.v`, and their replacements.
    """
    return Mutant(name, bug, ("bank",), partial(_bank_trial, name, edits))


def _bank_trial(name: str, edits: Edits, build: Build, folder: Path) -> Trial:
    text = apply_edits(build.verilog.read_text(encoding="utf-8"), edits, name, build.verilog.name)
    mutated = design_files(folder, build.manifest, text)
    original = Source((str(build.verilog),), build.manifest["top"])
    return Trial(partial(compare_netlists, original, mutated, folder), partial(decide, folder))


MUTANTS: tuple[Mutant, ...] = (
    bank_mutant(
        "idle at all times",
        "`idle` says that nothing is in flight, whatever is",
        (r"assign idle = .*;", "assign idle = 1'h1;"),
    ),
    # It still opens while updates are under way, so that a short bank goes on.
    bank_mutant(
        "closed for ever",
        "once the host has been let in between two sweeps, no sweep begins",
        (r"\bclosed <= (.*);", r"closed <= \1 | (closed & empty);"),
    ),
    bank_mutant(
        "host not let in",
        "the host waits for a grant that never comes",
        (r"\bhost_grant <= .*;", "host_grant <= 1'h0;"),
    ),
    bank_mutant(
        "closed at power-on",
        "a register begins with another value than a reset gives it",
        (r"reg closed = 1'h0;", "reg closed = 1'h1;"),
    ),
    text_mutant(
        "drained for nobody",
        "the host port waits for a register that stays low when nothing is in flight",
        "host",
        (r"\bmay <= .*;", "may <= 1'h0;"),
    ),
    text_mutant(
        "sweep does not begin",
        "a sweep that is at its start is not ready for its first transfer",
        "sequencer",
        (r"\bgoing <= (.*);", r"going <= \1 & ~at_start;"),
    ),
)
