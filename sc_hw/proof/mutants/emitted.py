"""Trials of mutants that exist as emitted Verilog: of a whole design, or of one of its parts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from sc_hw.build.elaborate import Build, sha256
from sc_hw.files import write_json, write_text
from sc_hw.proof.blocks.parts import PARTS
from sc_hw.proof.mutants.mutant import Mutant, MutantError, Trial, always, no_comparison
from sc_hw.proof.processes import Source, compare_netlists, decide
from sc_model.spec import Design

Row = Mapping[str, Any]  # of `parts.json`
Edits = Sequence[tuple[str, str]]  # regular expressions, and what each match is replaced by


@dataclass(frozen=True)
class Part:
    """A part of a design as the proof reads it.

    Members
    -------
    row : its row of `parts.json`: kind, name of its module, and what the proof knows of it.
    text : Verilog of its file.
    """

    row: Row
    text: str


def part_of(build: Build, kind: str, **facts: Any) -> Part:
    """The first part of a kind in a build, with the given facts.

    Raises MutantError where the build has no such part.
    """
    rows: list[Row] = json.loads((build.folder / "proof" / PARTS).read_text(encoding="utf-8"))[
        "parts"
    ]
    for row in rows:
        if row["part"] == kind and facts.items() <= row["facts"].items():
            return Part(row, (build.folder / row["verilog"]).read_text(encoding="utf-8"))
    raise MutantError(
        f"design '{build.design.name}' must have a part of kind '{kind}' for a mutant that applies"
        " to it; mend the `applies` of the mutant"
    )


def apply_edits(text: str, edits: Edits, mutant: str, file: str) -> str:
    """A text with each pattern replaced wherever it matches.

    Parameters
    ----------
    text : Verilog.
    edits : each pattern must match at least once.
    mutant, file : named in the error.

    Raises MutantError where a pattern does not match.
    """
    for pattern, replacement in edits:
        text, count = re.subn(pattern, replacement, text)
        # An edit that matches nothing would leave the design correct. The solver would call that
        # mutant equivalent, and the certificate would pass without having tried the fault.
        if not count:
            raise MutantError(
                f"mutant '{mutant}' must find the pattern {pattern!r} in {file}, but nothing there"
                " matches; mend the pattern, or name in the mutant's `applies` the designs that"
                " lack this hardware"
            )
    return text


def part_trial(
    build: Build, folder: Path, original: Part, mutated: Part, *, compared: bool = True
) -> Trial:
    """The trial of a mutated part, by the proof of that part alone.

    Parameters
    ----------
    build : of the correct design.
    folder : the mutant's.
    original, mutated : the part without and with the fault.
    compared : compare the netlists of the two first; not for a fault in what the proof knows of
        the part, since the netlists are then the same.
    """
    write_json(folder / "manifest.json", build.manifest)
    path = write_text(folder / "part.v", mutated.text)
    # The list has the mutated part alone, so that no other part is proved again.
    row = {**mutated.row, "verilog": path.name}
    write_json(folder / "proof" / PARTS, {"parts": [row]})
    original_path = write_text(folder / "original.v", original.text)
    compare = partial(
        compare_netlists,
        Source((str(original_path),), original.row["top"]),
        Source((str(path),), mutated.row["top"]),
        folder,
    )
    return Trial(compare if compared else no_comparison, partial(decide, folder))


def edited_part(
    block: str,
    part: str,
    name: str,
    bug: str,
    *edits: tuple[str, str],
    applies: Callable[[Design], str | None] = always,
) -> Mutant:
    """A mutant of a part whose Verilog is edited.

    Parameters
    ----------
    block : of the designs that have the part.
    part : its kind.
    name, bug, applies : of the mutant.
    edits : patterns, each of which must match, and replacements.
    """

    def make(build: Build, folder: Path) -> Trial:
        original = part_of(build, part)
        text = apply_edits(original.text, edits, name, f"module {original.row['top']}")
        return part_trial(build, folder, original, replace(original, text=text))

    return Mutant(name, bug, (block,), make, applies)


def design_files(folder: Path, manifest: Mapping[str, Any], text: str) -> Source:
    """Write a mutated design's Verilog and the manifest that its proof reads.

    The manifest names the mutated text as the emitted one: a mutant stands for a fault in the
    generator, which the claims about the design must find without an original to compare with.
    """
    path = write_text(folder / "top.v", text)
    write_json(folder / "manifest.json", {**manifest, "verilog_sha256": sha256(text)})
    return Source((str(path),), manifest["top"])
